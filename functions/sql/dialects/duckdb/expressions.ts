import { MAX_PRECISION, MAX_SCALE } from '../../../contract/expression/value.ts'
import type { ExpressionSql } from '../../dialect.ts'
import { castTo, decimal, divide, exact, float, integer, negateInteger } from './arithmetic.ts'
import { FUNCTIONS } from './functions.ts'
import { tried } from './tried.ts'

/** SQL that expressions compile to. */
export const EXPRESSIONS: ExpressionSql = {
  // DuckDB takes the type of a bare NULL from its neighbours; a decimal one is cast to the shape they share.
  nullOf: (type) => (type === 'int64' ? 'CAST(NULL AS BIGINT)' : 'NULL'),
  decimal,
  castTo,
  widen: (sql) => `TRY_CAST(${sql} AS DECIMAL(38,9))`,
  toFloat: (sql) => `CAST(${sql} AS DOUBLE)`,
  // DuckDB multiplies before it rounds, which loses digits; its text of a number has all that matter.
  floatToNumeric: (sql) => tried(`CAST(format('{:.12f}', ${sql}) AS DECIMAL(${MAX_PRECISION},${MAX_SCALE}))`),
  rounded: (cast) => cast,
  toDate: (sql) => `CAST(${sql} AS DATE)`,
  absOfInteger: (sql) => tried(`abs(CAST(${sql} AS BIGINT))`),
  negateInteger,
  float,
  integer,
  exact,
  divide,
  functions: FUNCTIONS,
}
