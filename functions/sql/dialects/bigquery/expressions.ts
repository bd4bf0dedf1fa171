import type { ExpressionSql } from '../../dialect.ts'
import { castTo, divide, exact, safe } from './arithmetic.ts'
import { FUNCTIONS } from './functions.ts'

/** SQL that expressions compile to. */
export const EXPRESSIONS: ExpressionSql = {
  nullOf: (type) => `CAST(NULL AS ${type.toUpperCase()})`,
  decimal: (literal) => `NUMERIC '${literal}'`,
  castTo,
  widen: (sql) => sql,
  toFloat: (sql) => `CAST(${sql} AS FLOAT64)`,
  floatToNumeric: (sql) => `SAFE_CAST(${sql} AS NUMERIC)`,
  rounded: (cast, scale) => `SAFE.ROUND(${cast}, ${scale})`,
  toDate: (sql) => `DATE(${sql})`,
  absOfInteger: (sql) => `SAFE.ABS(${sql})`,
  negateInteger: ({ sql }) => `SAFE_NEGATE(${sql})`,
  float: safe,
  integer: safe,
  exact,
  divide,
  functions: FUNCTIONS,
}
