import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { daysWithin, discover, expectRead, guestsOf, strayOf, type Tree } from '../../functions/pipeline/work/import.ts'
import { actorOf } from '../actor.ts'
import { type Call, command } from '../command.ts'
import { importByPath } from '../import/by-path.ts'
import { importDownloads } from '../import/downloads.ts'
import { filesAt, findFiles } from '../import/files.ts'
import { createLog } from '../log.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_FLAG, RELOAD_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readCount, readDate } from '../values.ts'
import { readTimeZone } from './locations.ts'
import { runNow } from './run.ts'

const MAX_FILE_BYTES = 4_294_967_296

/** Loads files that are on this disk already, on the same path as a night from the server. */
export const importFolder = command({
  name: 'import',
  description:
    'Load files on this disk: a tree <exportId>/<YYYYMMDD>/<File>.csv, files downloaded from Toast Web, or files as the `path` of a pipeline names them.',
  args: {
    paths: {
      type: 'positional',
      many: true,
      description: 'Folder that holds one folder per location; or downloaded files, or a folder of these.',
    },
    ...PIPELINE_FLAG,
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
    reload: RELOAD_ARG,
  },
  examples: [
    'daybreak import ./exports --time-zone America/Chicago',
    'daybreak import ./downloads --location 1 --time-zone America/New_York',
    'daybreak import OrderDetails_2021_05_01-2021_05_31.csv --location 1 --time-zone America/New_York',
  ],
  async run(call) {
    const { args, context, options, output } = call
    const config = await pipelineOf(args.pipeline, call)
    if (config?.kind === 'files') {
      const { date, location, stream } = args
      const scope = {
        ...(args.force && { force: true, by: actorOf(context) }),
        ...(args.reload && { reload: true }),
      }
      return await importByPath({ config, paths: args.paths, asked: { date, location, stream }, scope }, call)
    }
    const hour = args['closeout-hour']
    const zone = {
      timeZone: args['time-zone'] === undefined ? null : readTimeZone('--time-zone', args['time-zone']),
      closeoutHour: hour === undefined ? null : readCount('--closeout-hour', hour, { min: 0, max: 11 }),
    }
    const found = findFiles(args.paths, context.cwd)
    const download = (files: readonly string[]) => importDownloads({ files, zone, ...downloadScope(args) }, call)
    if (found.kind === 'files') return await download(found.files)
    const { root } = found
    const log = createLog(context.stderr, options, context.clock.now)
    const connector = openFolderSource({ root, maxFileBytes: MAX_FILE_BYTES, log })
    const source = await connector.connect()
    const tree = await discover(source, root)
      .catch((error: unknown) => treeOrNull(error, filesAt(root)))
      .finally(() => source.close())
    if (tree === null) return await download(filesAt(root))
    if (tree.ignored.length > 0)
      await output.text(`Ignored, since they are no <exportId>/<YYYYMMDD>: ${tree.ignored.slice(0, 10).join(', ')}`)
    const days = narrow(tree.days, { locations: args.location ?? [], dates: args.date ?? [] })
    const locations = days.map(({ location }) => location)
    return await withDaybreak(
      call,
      async (daybreak) => {
        const definition = findPipeline(daybreak, args.pipeline)
        const guests = guestsOf(definition, locations, zone)
        await daybreak.rememberLocations(guests.map((guest) => ({ ...guest, at: context.clock.now() })))
        const streams = toScope({ stream: args.stream }, definition)
        const scope = {
          ...streams,
          perShard: days.map(({ location, dates }) => ({ shard: location, windows: dates })),
          shards: locations,
          ...(args.force && { force: true, by: actorOf(context) }),
          ...(args.reload && { reload: true }),
        }
        const code = await runNow({ pipeline: definition.name, trigger: 'import', scope }, daybreak, call)
        await expectRead(definition, days, daybreak.ports.ledger)
        return code
      },
      { source: { connector, root, minimumAge: 0 } },
    )
  },
})

/** The pipeline that is named, or the only one; null where the command has to ask for it. */
async function pipelineOf(name: string | undefined, { options, context }: Pick<Call, 'options' | 'context'>) {
  const { projectDir, environment } = options
  const { pipelines } = await loadProject({ projectDir, environment, env: context.env })
  const [first] = pipelines.values()
  return (name === undefined ? (pipelines.size === 1 ? first : null) : pipelines.get(name)) ?? null
}

/** A folder without day folders is one of downloads, if it has files. */
function treeOrNull(error: unknown, files: readonly string[]): null {
  if (error instanceof DaybreakError && error.code === 'NOT_FOUND' && files.length > 0) return null
  throw error
}

interface DownloadArgs {
  readonly location: readonly string[]
  readonly pipeline: string | undefined
  readonly date: readonly string[]
  readonly stream: readonly string[]
  readonly force: boolean
}

function downloadScope({ location, pipeline, date, stream, force }: DownloadArgs) {
  if (date.length > 0 || stream.length > 0)
    throw new DaybreakError(
      'USAGE_INVALID',
      '--date and --stream narrow a tree of exports; name the files to take instead',
    )
  const [id = null, second] = location
  if (second !== undefined)
    throw new DaybreakError('USAGE_INVALID', `--location names ${location.length}; downloads are of one location`)
  if (id !== null && !/^\d{1,20}$/.test(id))
    throw new DaybreakError('USAGE_INVALID', `--location is "${id}"; expected an export id of 1 to 20 digits`)
  return { location: id, pipeline, scope: force ? { force } : {} }
}

type Days = Tree['days']

/** The days that were asked for; all of them when nothing was. @throws {DaybreakError} USAGE_INVALID */
function narrow(days: Days, asked: { readonly locations: readonly string[]; readonly dates: readonly string[] }): Days {
  const scope = { locations: asked.locations, dates: asked.dates.map((date) => readDate('--date', date)) }
  const stray = strayOf(days, scope)
  if (stray === null) return daysWithin(days, scope)
  const some = stray.found.slice(0, 12).join(', ')
  throw new DaybreakError('USAGE_INVALID', `--${stray.member} ${stray.value} is not in the folder; it holds ${some}`)
}
