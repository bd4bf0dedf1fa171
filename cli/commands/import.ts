import { createFolderConnector } from '../../functions/adapters/folder/connector.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { discover, guestsOf, type Tree } from '../../functions/pipeline/import.ts'
import { command } from '../command.ts'
import { createLog } from '../log.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { SCOPE_ARGS, toScope } from '../scope.ts'
import { readCount, readDate, readFolder } from '../values.ts'
import { readTimeZone } from './locations.ts'
import { runNow } from './run.ts'

const MAX_FILE_BYTES = 4_294_967_296

/** Loads a tree of exports that is already on this disk, on the same path as a night from the server. */
export const importFolder = command({
  name: 'import',
  description: 'Load a folder of exports on this disk: <exportId>/<YYYYMMDD>/<File>.csv.',
  args: {
    folder: { type: 'positional', description: 'Folder that holds one folder per location.' },
    pipeline: { type: 'string', valueHint: 'NAME', description: 'A file of config/pipelines; the only one if absent.' },
    ...SCOPE_ARGS,
    'time-zone': {
      type: 'string',
      valueHint: 'ZONE',
      description: 'IANA zone of locations that are not known yet. It is remembered.',
    },
    'closeout-hour': {
      type: 'string',
      valueHint: 'N',
      description: 'Hour at which their business date ends; 4 if absent. It is remembered.',
    },
    force: { type: 'boolean', description: 'Publish also what a check or the reject budget holds back.' },
  },
  examples: ['daybreak import ./exports', 'daybreak import ./exports --time-zone America/Chicago --date 2025-02-05'],
  async run(call) {
    const { args, context, options, output } = call
    const root = readFolder('FOLDER', args.folder, context.cwd)
    const timeZone = args['time-zone'] === undefined ? null : readTimeZone('--time-zone', args['time-zone'])
    const log = createLog(context.stderr, options, context.clock.now)
    const connector = createFolderConnector({ root, maxFileBytes: MAX_FILE_BYTES }, { log })
    const source = await connector.connect()
    const tree = await discover(source, root).finally(() => source.close())
    if (tree.ignored.length > 0)
      await output.text(`Ignored, since they are no <exportId>/<YYYYMMDD>: ${tree.ignored.slice(0, 10).join(', ')}`)
    const days = narrow(tree.days, { locations: args.location ?? [], dates: args.date ?? [] })
    const locations = days.map(({ location }) => location)
    const closeoutHour =
      args['closeout-hour'] === undefined
        ? null
        : readCount('--closeout-hour', args['closeout-hour'], { min: 0, max: 11 })
    return await withDaybreak(
      call,
      async (daybreak) => {
        const definition = findPipeline(daybreak, args.pipeline)
        const guests = guestsOf(definition, locations, { timeZone, closeoutHour })
        await daybreak.rememberLocations(guests.map((guest) => ({ ...guest, at: context.clock.now() })))
        const streams = toScope({ stream: args.stream }, definition)
        const scope = { ...streams, days, locations, ...(args.force && { force: true }) }
        return await runNow({ pipeline: definition.name, trigger: 'import', scope }, daybreak, call)
      },
      { source: { connector, root, minimumAge: 0 } },
    )
  },
})

type Days = Tree['days']

/** The days that were asked for; all of them when nothing was. @throws {DaybreakError} USAGE_INVALID */
function narrow(days: Days, asked: { readonly locations: readonly string[]; readonly dates: readonly string[] }): Days {
  const dates = asked.dates.map((date) => readDate('--date', date))
  expectFound(
    '--location',
    asked.locations,
    days.map(({ location }) => location),
  )
  expectFound(
    '--date',
    dates,
    days.flatMap((day) => day.dates),
  )
  return days
    .filter(({ location }) => asked.locations.length === 0 || asked.locations.includes(location))
    .map((day) => ({ ...day, dates: day.dates.filter((date) => dates.length === 0 || dates.includes(date)) }))
    .filter((day) => day.dates.length > 0)
}

function expectFound(flag: string, asked: readonly string[], found: readonly string[]): void {
  const stray = asked.find((value) => !found.includes(value))
  if (stray === undefined) return
  const some = [...new Set(found)].slice(0, 12).join(', ')
  throw new DaybreakError('USAGE_INVALID', `${flag} ${stray} is not in the folder; it holds ${some}`)
}
