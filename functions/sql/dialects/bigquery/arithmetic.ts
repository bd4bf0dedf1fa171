import { MAX_PRECISION, productShape, type Shape, type Value, WIDEST } from '../../../contract/expression/value.ts'
import type { Operation } from '../../dialect.ts'

const SAFE_FUNCTIONS = { '+': 'SAFE_ADD', '-': 'SAFE_SUBTRACT', '*': 'SAFE_MULTIPLY', '/': 'SAFE_DIVIDE' } as const

type Ring = Operation<'+' | '-' | '*'>

/** A numeric: BigQuery's NUMERIC holds every shape. */
export function castTo(_shape: Shape, { sql, type }: Value): string {
  return type === 'numeric' ? sql : `CAST(${sql} AS NUMERIC)`
}

/** `left operator right` of two int64, or of two float64. */
export function safe({ operator, left, right }: Operation): string {
  return `${SAFE_FUNCTIONS[operator]}(${left.sql}, ${right.sql})`
}

/** `left operator right` of exact numbers. What DuckDB's 38 digits cannot hold with all decimal places of a product is NULL here too. */
export function exact({ operator, left, right }: Ring): string {
  const plain = safe({ operator, left, right })
  const { digits, scale } = productShape(left, right)
  const limit = MAX_PRECISION - scale
  if (operator !== '*' || digits <= limit || limit >= WIDEST.digits) return plain
  const product = `SAFE_MULTIPLY(CAST(${left.sql} AS BIGNUMERIC), CAST(${right.sql} AS BIGNUMERIC))`
  return `IF(ABS(${product}) < BIGNUMERIC '1e${limit}', ${plain}, NULL)`
}

/** BigQuery divides any two numbers; those whose integers DuckDB could not hold are NULL here too. */
export function divide(left: Value, right: Value): string {
  const [a, b] = [castTo(WIDEST, left), castTo(WIDEST, right)]
  const below = (sql: string, digits: number): string[] =>
    digits >= WIDEST.digits ? [] : [`ABS(${sql}) < NUMERIC '1e${digits}'`]
  const fits = [
    ...below(a, WIDEST.digits - left.shape.scale - right.shape.scale),
    ...below(b, MAX_PRECISION - 2 * right.shape.scale),
  ]
  const quotient = `SAFE_DIVIDE(${a}, ${b})`
  if (fits.length === 0) return quotient
  return `CASE WHEN ${b} = 1 THEN ${a} WHEN ${fits.join(' AND ')} THEN ${quotient} END`
}
