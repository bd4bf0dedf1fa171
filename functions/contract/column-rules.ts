import { Temporal } from 'temporal-polyfill'
import type { ColumnRule } from '../sql/relation.ts'
import type { Column, Contract, RowCheck } from './contract.ts'
import type { Issue } from './issue.ts'

/** A bound as a contract has it. */
type Bound = number | string

/**
 * Conditions of single values as checks of rows, in the order of the columns: another value makes the row a reject. A check
 * of the name of a column and its rule, e.g. `amount_range`.
 */
export function columnChecks({ columns }: Pick<Contract, 'columns'>): readonly RowCheck[] {
  return columns.flatMap((column) =>
    boundRules(column).map((rule) => ({
      name: `${column.name}_${rule.kind}`,
      effect: 'quarantine' as const,
      that: expressionOf(rule, column),
      within: 0,
    })),
  )
}

/** Every rule that the values of a column meet in its table. A hash meets none of the rules of its text. */
export function columnRules(column: Column): readonly ColumnRule[] {
  if (column.privacy !== 'keep') return []
  const { pattern } = column
  return [...(pattern === undefined ? [] : [{ kind: 'pattern' as const, pattern }]), ...boundRules(column)]
}

/** Rules that are checks of rows. A pattern is none: it decides whether a text is a value of the column at all. */
function boundRules({ values, closed, min, max, minLength, maxLength }: Column): readonly ColumnRule[] {
  return [
    ...(values && closed ? [{ kind: 'values' as const, values }] : []),
    ...(min === undefined && max === undefined ? [] : [{ kind: 'range' as const, min: textOf(min), max: textOf(max) }]),
    ...(minLength === undefined && maxLength === undefined
      ? []
      : [{ kind: 'length' as const, min: minLength ?? null, max: maxLength ?? null }]),
  ]
}

const textOf = (bound: Bound | undefined): string | null => (bound === undefined ? null : String(bound))

function expressionOf(rule: ColumnRule, { name, type }: Column): string {
  switch (rule.kind) {
    case 'values':
      return `${name} in (${rule.values.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')})`
    case 'length':
      return sides(`length(${name})`, [rule.min, rule.max].map(String))
    case 'range':
      return sides(
        name,
        [rule.min, rule.max].map((bound) => (bound === null ? 'null' : boundOf(bound, type))),
      )
    case 'pattern':
      throw new TypeError(`the pattern of ${name} is no check of rows`)
  }
}

function sides(value: string, [min = 'null', max = 'null']: readonly string[]): string {
  return [...(min === 'null' ? [] : [`${value} >= ${min}`]), ...(max === 'null' ? [] : [`${value} <= ${max}`])].join(
    ' and ',
  )
}

function boundOf(bound: string, type: Column['type']): string {
  if (type === 'date') return `date('${bound}')`
  return type === 'float64' ? `float64(${bound})` : bound
}

/** Digits that every engine keeps of a bound. */
const EXACT = /^-?[0-9]{1,15}(\.[0-9]{1,9})?$/

/** Problems of the conditions of a column. Paths start at the column. */
export function ruleIssues(column: Column): readonly Issue[] {
  const { type, privacy, values, closed, min, max, minLength, maxLength } = column
  const issues: Issue[] = []
  if (closed !== undefined && values === undefined)
    issues.push({ path: ['closed'], message: '`closed` is about a list of `values`, and there is none' })
  if (boundRules(column).length > 0 && privacy !== 'keep')
    issues.push({ path: ['privacy'], message: `a value with privacy: ${privacy} cannot be held to a rule` })
  if ((minLength !== undefined || maxLength !== undefined) && type !== 'string')
    issues.push({ path: ['type'], message: `only a string has a length, this is a ${type}` })
  if ((minLength ?? 0) > (maxLength ?? Number.POSITIVE_INFINITY))
    issues.push({ path: ['max_length'], message: `no text is longer than ${minLength} and shorter than ${maxLength}` })
  const bounds = [
    ['min', min],
    ['max', max],
  ] as const
  for (const [key, bound] of bounds) issues.push(...boundIssues(column, key, bound))
  const isOrdered = min === undefined || max === undefined || typeof min !== typeof max || min <= max
  if (issues.length === 0 && !isOrdered)
    issues.push({ path: ['max'], message: `no value is at least ${min} and at most ${max}` })
  return issues
}

function boundIssues({ type }: Column, key: 'min' | 'max', bound: Bound | undefined): readonly Issue[] {
  if (bound === undefined) return []
  const text = String(bound)
  const given = JSON.stringify(bound)
  if (type === 'date')
    return isDay(text) ? [] : [{ path: [key], message: `expected a day such as 2026-01-31, found ${given}` }]
  if (type !== 'int64' && type !== 'numeric' && type !== 'float64')
    return [{ path: [key], message: `only a number or a date has bounds, this is a ${type}` }]
  if (typeof bound === 'number' && EXACT.test(text)) return []
  return [{ path: [key], message: `expected a number of at most 15 digits and 9 decimal places, found ${given}` }]
}

function isDay(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text).toString() === text
  } catch {
    return false
  }
}
