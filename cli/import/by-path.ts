import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import type { FilesPipeline } from '../../functions/config/config.ts'
import { fileOf } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { quoteName } from '../../functions/lib/plain-name.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { RunScope } from '../../functions/pipeline/entities.ts'
import { type NamedPlace, readPath } from '../../functions/pipeline/read/path-pattern.ts'
import type { Call } from '../command.ts'
import { runNow } from '../commands/run.ts'
import { createLog } from '../log.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { toScope } from '../scope.ts'

interface ByPath {
  readonly config: FilesPipeline
  readonly paths: readonly string[]
  /** Flags that narrow what is taken. */
  readonly asked: Parameters<typeof toScope>[0]
  readonly scope: Pick<RunScope, 'force' | 'reload' | 'by'>
}

interface Located extends NamedPlace {
  /** Folder that stands for the root of the source. */
  readonly root: string
}

const MAX_FILE_BYTES = 4_294_967_296
const NAMED = 5

/**
 * Loads files of this disk into a pipeline whose `path` says their shard and window. A shard and window is taken whole: with the
 * other files that the path has for it.
 */
export async function importByPath({ config, paths, asked, scope }: ByPath, call: Call): Promise<number> {
  const { context, options } = call
  const found = paths.flatMap((path) => filesBelow(resolve(context.cwd, path)))
  const contracts = await contractsOf(config.pipeline, call)
  const layout = { path: config.path, files: contracts.map(fileOf) }
  const located = found.flatMap((file) => locate(file, layout))
  const [first] = located
  if (!first) throw noneFits(config, found)
  const other = located.find(({ root }) => root !== first.root)
  if (other) {
    const message = `the files lie below several folders, ${first.root} and ${other.root}; import one at a time`
    throw new DaybreakError('USAGE_INVALID', message)
  }
  const log = createLog(context.stderr, options, context.clock.now)
  const connector = openFolderSource({ root: first.root, maxFileBytes: MAX_FILE_BYTES, log })
  return await withDaybreak(
    call,
    async (daybreak) => {
      const definition = findPipeline(daybreak, config.pipeline)
      const narrowed = toScope(asked, definition)
      const places = located.filter(({ shard, window }) => isAsked({ shard, window }, narrowed))
      if (places.length === 0) throw new DaybreakError('NOT_FOUND', 'the flags name none of the files')
      toScope({ location: [...new Set(places.map(({ shard }) => shard))] }, definition)
      const perShard = [...Map.groupBy(places, ({ shard }) => shard)].map(([shard, own]) => ({
        shard,
        windows: [...new Set(own.map(({ window }) => window))].toSorted(),
      }))
      const shards = perShard.map(({ shard }) => shard)
      const { streams } = narrowed
      const all = { ...scope, ...(streams && { streams }), perShard, shards }
      return await runNow({ pipeline: definition.name, trigger: 'import', scope: all }, daybreak, call)
    },
    { source: { connector, root: first.root, minimumAge: 0 } },
  )
}

async function contractsOf(pipeline: string, call: Pick<Call, 'options' | 'context'>) {
  const definition = await withDaybreak(
    call,
    async (daybreak): Promise<PipelineDefinition> => findPipeline(daybreak, pipeline),
  )
  return [...definition.contracts.values()]
}

function filesBelow(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found)
    throw new DaybreakError('USAGE_INVALID', `${JSON.stringify(path)} is neither a file nor a folder that exists`)
  if (!found.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted()
}

/** The place of a file, by the end of its path; none where it is of another layout. */
function locate(file: string, layout: Parameters<typeof readPath>[1]): readonly Located[] {
  const names = file.split('/')
  const depth = layout.path.split('/').length
  const place = readPath(names.slice(-depth).join('/'), layout)
  return place ? [{ ...place, root: names.slice(0, -depth).join('/') || '/' }] : []
}

function isAsked({ shard, window }: Pick<NamedPlace, 'shard' | 'window'>, { shards, windows }: RunScope): boolean {
  return (shards?.includes(shard) ?? true) && (windows?.includes(window) ?? true)
}

function noneFits({ pipeline, path }: FilesPipeline, found: readonly string[]): DaybreakError {
  const some = found.slice(0, NAMED).map((file) => quoteName(file))
  const what = found.length === 0 ? 'the folders hold no files' : `found ${some.join(', ')}`
  return new DaybreakError('NOT_FOUND', `no file is one that ${pipeline} reads: ${what}; expected ${path}`)
}
