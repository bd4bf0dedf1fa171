import type { ExpressionSql } from '../../dialect.ts'
import { tried } from './tried.ts'

const elapsed = (microseconds: number) => (a: string, b: string) =>
  tried(`(epoch_us(${b}) - epoch_us(${a})) // ${microseconds}`)

/** The functions of the expression language. */
export const FUNCTIONS: ExpressionSql['functions'] = {
  lower: (a) => `lower(${a})`,
  upper: (a) => `upper(${a})`,
  trim: (a) => `trim(${a}, ' ')`,
  length: (a) => `length(${a})`,
  starts_with: (a, b) => `starts_with(${a}, ${b})`,
  ends_with: (a, b) => `suffix(${a}, ${b})`,
  contains: (a, b) => `contains(${a}, ${b})`,
  hour: (a) => `hour(${a})`,
  datetime: (a, b) => tried(`(${a} + ${b})`),
  add_days: (a, b) => {
    const day = tried(`${a} + CAST(${b} AS INTEGER)`)
    return `CASE WHEN ${day} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN ${day} END`
  },
  days_between: (a, b) => tried(`(${b} - ${a})`),
  minutes_between: elapsed(60_000_000),
  seconds_between: elapsed(1_000_000),
}
