import type { PipelineDefinition } from '../definition.ts'
import { filesReader } from './files-reader.ts'
import { nightlyReader } from './nightly-reader.ts'
import type { ShardReader } from './reader.ts'

/** The reader of a pipeline, by its `kind`. */
export function readerOf({ config, root }: Pick<PipelineDefinition, 'config' | 'root'>): ShardReader {
  switch (config.kind) {
    case 'files':
      return filesReader(root, config.path)
    case 'table':
      throw new TypeError(`${config.pipeline} has no files`)
    case 'nightly':
    case undefined:
      return nightlyReader(root)
  }
}
