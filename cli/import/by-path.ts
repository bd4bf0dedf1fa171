import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import type { FilesPipeline } from '../../functions/config/config.ts'
import { fileOf } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { RunScope } from '../../functions/pipeline/entities.ts'
import { placeFiles, scopeOfFiles } from '../../functions/pipeline/work/by-path.ts'
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

const MAX_FILE_BYTES = 4_294_967_296

/**
 * Loads files of this disk into a pipeline whose `path` says their shard and window. A shard and window is taken whole: with the
 * other files that the path has for it.
 */
export async function importByPath({ config, paths, asked, scope }: ByPath, call: Call): Promise<number> {
  const { context, options } = call
  const found = paths.flatMap((path) => filesBelow(resolve(context.cwd, path)))
  const contracts = await contractsOf(config.pipeline, call)
  const { root, places } = placeFiles(found, config, contracts.map(fileOf))
  const log = createLog(context.stderr, options, context.clock.now)
  const connector = openFolderSource({ root, maxFileBytes: MAX_FILE_BYTES, log })
  return await withDaybreak(
    call,
    async (daybreak) => {
      const definition = findPipeline(daybreak, config.pipeline)
      const narrowed = toScope(asked, definition)
      const ofFiles = scopeOfFiles(places, narrowed)
      toScope({ location: ofFiles.shards }, definition)
      const { streams } = narrowed
      const all = { ...scope, ...(streams && { streams }), ...ofFiles }
      return await runNow({ pipeline: definition.name, trigger: 'import', scope: all }, daybreak, call)
    },
    { source: { connector, root, minimumAge: 0 } },
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
