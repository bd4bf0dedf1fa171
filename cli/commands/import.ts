import { createFolderConnector } from '../../functions/adapters/folder/connector.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { timeZoneProblem } from '../../functions/lib/time-zone.ts'
import { discover, type Tree, withGuests } from '../../functions/pipeline/import.ts'
import { command } from '../command.ts'
import { createLog } from '../log.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { SCOPE_ARGS, toScope } from '../scope.ts'
import { readDate, readFolder } from '../values.ts'
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
      description: 'IANA zone of locations that config/locations.yaml does not know.',
    },
    force: { type: 'boolean', description: 'Publish also what a check or the reject budget holds back.' },
  },
  examples: ['daybreak import ./exports', 'daybreak import ./exports --time-zone America/Chicago --date 2025-02-05'],
  async run(call) {
    const { args, context, options, output } = call
    const root = readFolder('FOLDER', args.folder, context.cwd)
    const timeZone = args['time-zone'] === undefined ? null : readTimeZone(args['time-zone'])
    const log = createLog(context.stderr, options, context.clock.now)
    const connector = createFolderConnector({ root, maxFileBytes: MAX_FILE_BYTES }, { log })
    const source = await connector.connect()
    const tree = await discover(source, root).finally(() => source.close())
    if (tree.ignored.length > 0)
      await output.text(`Ignored, since they are no <exportId>/<YYYYMMDD>: ${tree.ignored.slice(0, 10).join(', ')}`)
    const project = await loadProject({
      projectDir: options.projectDir,
      environment: options.environment,
      env: context.env,
    })
    const days = narrow(tree.days, { locations: args.location ?? [], dates: args.date ?? [] })
    const locations = days.map(({ location }) => location)
    const known = withGuests(project.locations.locations, locations, { timeZone, pipeline: args.pipeline ?? 'toast' })
    return await withDaybreak(
      call,
      async (daybreak) => {
        const definition = findPipeline(daybreak, args.pipeline)
        const streams = toScope({ stream: args.stream }, definition)
        const scope = { ...streams, days, locations, ...(args.force && { force: true }) }
        return await runNow({ pipeline: definition.name, trigger: 'import', scope }, daybreak, call)
      },
      { source: { connector, root, minimumAge: 0 }, locations: known },
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

function readTimeZone(zone: string): string {
  const problem = timeZoneProblem(zone)
  if (problem === null) return zone
  throw new DaybreakError('USAGE_INVALID', `--time-zone: ${problem}`)
}
