import type { Column, Contract } from '../../functions/contract/contract.ts'
import { type Expression, parseExpression } from '../../functions/contract/expression/expression.ts'

/** A day or a local time by its parts, as text of two digits and four for the year. */
type Parts = Readonly<Record<string, string>>

const DEFAULTS = { date: 'yyyy-MM-dd', time: 'HH:mm:ss', datetime: 'yyyy-MM-dd HH:mm:ss' } as const
const LETTERS = /yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|ss|a|'T'/g

/** A local time in milliseconds as a column of the type is written in its first format. */
export function formatted(milliseconds: number, { type, format }: Pick<Column, 'type' | 'format'>): string {
  const [pattern = ''] = [format ?? (type === 'date' || type === 'time' ? DEFAULTS[type] : DEFAULTS.datetime)].flat()
  const parts = partsOf(new Date(milliseconds).toISOString())
  return pattern.replaceAll(LETTERS, (letters) => parts[letters] ?? letters)
}

function partsOf(iso: string): Parts {
  const [yyyy = '', MM = '', dd = '', HH = '', mm = '', ss = ''] = iso.split(/[-T:.]/)
  const short = (text: string): string => String(Number(text))
  const hour = Number(HH) % 12 === 0 ? 12 : Number(HH) % 12
  return {
    ...{ yyyy, yy: yyyy.slice(2), MM, M: short(MM), dd, d: short(dd), HH, H: short(HH), mm, ss, "'T'": 'T' },
    ...{ h: String(hour), hh: String(hour).padStart(2, '0'), a: Number(HH) < 12 ? 'AM' : 'PM' },
  }
}

/** A time that must not be before another, and the check that says so. */
export interface TimeRule {
  readonly check: string
  readonly later: string
  readonly earlier: string
}

/** Pairs of time columns whose order a check of rows states as `later >= earlier`. */
export function timeRules({ checks, columns }: Contract): readonly TimeRule[] {
  const times = new Set(columns.filter(({ type }) => type === 'datetime').map(({ name }) => name))
  return checks.flatMap((check) => {
    if (!('that' in check)) return []
    return comparisons(parseExpression(check.that)).flatMap(([later, earlier]) =>
      times.has(later) && times.has(earlier) ? [{ check: check.name, later, earlier }] : [],
    )
  })
}

function comparisons(expression: Expression): readonly (readonly [string, string])[] {
  if (expression.kind === 'and') return [...comparisons(expression.left), ...comparisons(expression.right)]
  if (expression.kind !== 'compare' || expression.operator !== '>=') return []
  const { left, right } = expression
  return left.kind === 'column' && right.kind === 'column' ? [[left.name, right.name]] : []
}

/** Columns of a sum such as `price + freight_value`; null for another expression. */
export function addedColumns(text: string): readonly string[] | null {
  return columnsOf(parseExpression(text))
}

function columnsOf(expression: Expression): readonly string[] | null {
  if (expression.kind === 'column') return [expression.name]
  if (expression.kind !== 'arithmetic' || expression.operator !== '+') return null
  const [left, right] = [columnsOf(expression.left), columnsOf(expression.right)]
  return left && right ? [...left, ...right] : null
}
