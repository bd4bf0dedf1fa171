import type { Dialect } from '../dialect.ts'
import { BIGQUERY } from './bigquery/dialect.ts'
import { DUCKDB } from './duckdb/dialect.ts'

/** Every dialect by its name. */
export const DIALECTS = { duckdb: DUCKDB, bigquery: BIGQUERY } as const satisfies Readonly<Record<string, Dialect>>

/** Values that `--dialect` takes. */
export const DIALECT_NAMES = ['duckdb', 'bigquery'] as const satisfies readonly (keyof typeof DIALECTS)[]
