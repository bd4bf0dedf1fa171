import type { ScriptHook } from '../../config/hooks-config.ts'
import type { TablePipeline } from '../../config/table-pipeline.ts'
import { DaybreakError } from '../../errors.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { TableEngine, TableReader } from './ports.ts'

/** Readers and engine of pipelines of tables. */
export interface TableTools {
  /** The source of a pipeline, by the pipeline's name. */
  readonly reader: (pipeline: string) => Promise<TableReader>
  readonly engine: () => Promise<TableEngine>
  /** Kind of the connection that a pipeline reads. */
  readonly sourceKind: (pipeline: string) => string
  /** Kind of the connection that a pipeline writes to. */
  readonly destinationKind: (pipeline: string) => string
  /** Schema of tables that are written and that name none. */
  readonly schema: (pipeline: string) => string
  /** A hash of the script of a hook and its arguments. */
  readonly hashHook?: (hook: ScriptHook) => Promise<string>
}

/** A pipeline of tables with its definition. */
export interface TableDefinition extends PipelineDefinition {
  readonly config: TablePipeline
}

/** True for a pipeline of tables. */
export function isTables(definition: PipelineDefinition): definition is TableDefinition {
  return definition.config.kind === 'table'
}

/** The tools of a worker. @throws {DaybreakError} CONFIG_MISSING where it has none. */
export function expectTools(tools: TableTools | undefined): TableTools {
  if (tools) return tools
  throw new DaybreakError('CONFIG_MISSING', 'this service has no connections for pipelines of tables')
}
