import type { ColumnType } from '../contract/contract.ts'

/** Module that scripts import their `defineModel` from; the runner has it. */
export const SCRIPT_MODULE = 'daybreak/models'

/** A script with all that it imports, as JavaScript. */
export interface Script {
  /** Name of the module that defines the model. */
  readonly entry: string
  /** Source by name: paths below config/models. */
  readonly modules: Readonly<Record<string, string>>
}

/** A table that a script reads, and the columns that its rows have. */
export interface ScriptRead {
  readonly table: string
  readonly columns: readonly string[]
}

/** Rows of one table for a script, each value as text or null. */
export interface ScriptRows {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** One partition that a script builds. */
export interface ScriptTask {
  /** Null for a model that is one table. */
  readonly date: string | null
  /** By the name that the script gives the table. */
  readonly inputs: Readonly<Record<string, ScriptRows>>
}

/** A row as a script gives it. */
export type ScriptRow = Readonly<Record<string, unknown>>

/** Runs scripts in processes without network, files, environment or clock. */
export interface ScriptRunner {
  /** Tables that a script reads. @throws {DaybreakError} MODEL_INVALID for one that defines no model. */
  describe(script: Script): Promise<Readonly<Record<string, ScriptRead>>>
  /** Rows in the order of the script. @throws {DaybreakError} MODEL_FAILED when it throws, or takes too long or too much. */
  build(script: Script, task: ScriptTask): Promise<readonly ScriptRow[]>
}
