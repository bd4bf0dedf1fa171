import type { Typed } from '../contract/sql-type.ts'
import type { Source } from './place.ts'
import type { Query } from './tree.ts'

/** A table that a query may name. */
export interface KnownTable {
  /** `toast.order_details`. */
  readonly name: string
  readonly columns: readonly (Typed & { readonly name: string })[]
}

/** A table with rows, each value as text or null. */
export interface FilledTable extends KnownTable {
  readonly rows: readonly (readonly (string | null)[])[]
}

/** A name of a table in the text of a query: bytes from start to end. */
export interface NamedTable {
  readonly start: number
  readonly end: number
  /** False where the last word of the name is the alias. */
  readonly hasAlias: boolean
  readonly alias: string
}

/** A query as it was understood. */
export interface Analysis {
  readonly query: Query
  readonly names: readonly NamedTable[]
  /** True if the output of the query says `*`. */
  readonly hasStar: boolean
}

/** Rows of a query. */
export interface Answer {
  readonly columns: readonly string[]
  /** Values as text: decimals without trailing zeros, instants as `2026-01-05 09:30:00+00`, arrays and structs as JSON. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** An engine that runs a query over rows that are given with it. */
export interface Evaluator {
  /** Rows in no order. @throws {DaybreakError} MODEL_INVALID when the engine fails. */
  evaluate(source: Source, tables: readonly FilledTable[]): Promise<Answer>
  close(): Promise<void>
}

/** Google's own analyser and evaluator of BigQuery SQL. */
export interface Analyser extends Evaluator {
  /**
   * The tree of a query, every column and cast resolved.
   * @throws {DaybreakError} MODEL_INVALID with file:line:column when BigQuery would refuse the query.
   */
  analyse(source: Source, tables: readonly KnownTable[]): Promise<Analysis>
}
