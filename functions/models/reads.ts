import type { DaybreakError } from '../errors.ts'
import { refused } from './compile/compilation.ts'
import { conjuncts } from './compile/keys.ts'
import type { DateRange } from './compiled.ts'
import type { Source } from './place.ts'
import { type Expression, expressionsOf, inputsOf, operandsOf, type Query, type Scan, type TableScan } from './tree.ts'

/** A query with the facts that decide which dates it reads. */
export interface ReadsInput {
  readonly source: Source
  readonly query: Query
  /** Output column with the date of a partition. */
  readonly partitionBy: string
  /** Date column of a table; null for a table without partitions. */
  readonly dateColumn: (table: string) => string | null
  /** By alias, as the YAML says. */
  readonly declared: Readonly<Record<string, { readonly dates: DateRange }>>
}

/** Ranges of days, relative to the built date, that matter of a column. */
type Known = ReadonlyMap<number, DateRange>

/**
 * Dates that one partition needs of each partitioned table, by the first byte of its name in the text. They follow from
 * equalities and ranges between the date columns: narrowing a table to them cannot change the result.
 * @throws {DaybreakError} MODEL_REFUSED for a table whose dates do not follow, or differ from `reads`.
 */
export function datesOf(input: ReadsInput): ReadonlyMap<number, DateRange> {
  const { query, partitionBy } = input
  const output = query.output.find(({ name }) => name === partitionBy)
  const known: Known = new Map(output ? [[output.column.id, { from: 0, to: 0 }] as const] : [])
  const found = new Map<number, DateRange>()
  visit({ input, found, withs: new Map() }, query.scan, known)
  return found
}

interface Visit {
  readonly input: ReadsInput
  readonly found: Map<number, DateRange>
  /** Ranges that references to a name of a WITH agree on, by place of the column; filled before the name is visited. */
  readonly withs: Map<string, readonly (DateRange | null)[]>
}

function visit(visiting: Visit, scan: Scan, above: Known): void {
  if (scan.kind === 'table') {
    table(visiting, scan, above)
    return
  }
  if (scan.kind === 'with_reference') {
    reference(visiting, scan, above)
    return
  }
  if (scan.kind === 'with') {
    visit(visiting, scan.query, above)
    for (const { name, scan: entry } of scan.entries.toReversed()) {
      const ranges = visiting.withs.get(name) ?? []
      visit(
        visiting,
        entry,
        withColumns(
          above,
          entry.columns.map(({ id }, at) => [id, ranges[at] ?? null]),
        ),
      )
    }
    return
  }
  const known = through(scan, above)
  for (const expression of expressionsOf(scan)) visitSubqueries(visiting, expression, known)
  if (scan.kind === 'set') {
    for (const { scan: input, columns } of scan.inputs) {
      const ranges = columns.map(({ id }, at) => [id, above.get(scan.columns[at]?.id ?? Number.NaN) ?? null] as const)
      visit(visiting, input, withColumns(above, ranges))
    }
    return
  }
  for (const input of inputsOf(scan)) visit(visiting, input, known)
}

function visitSubqueries(visiting: Visit, expression: Expression, known: Known): void {
  if (expression.kind === 'subquery') visit(visiting, expression.of, known)
  for (const operand of operandsOf(expression)) visitSubqueries(visiting, operand, known)
}

function withColumns(known: Known, columns: readonly (readonly [number, DateRange | null])[]): Known {
  return new Map([...known, ...columns.flatMap(([id, range]) => (range === null ? [] : [[id, range] as const]))])
}

/** Ranges of the columns below a scan, from those of the columns that it gives. */
function through(scan: Scan, known: Known): Known {
  switch (scan.kind) {
    case 'project':
      return withComputed(known, scan.computed)
    case 'aggregate':
    case 'pivot':
      return withComputed(known, scan.groupBy)
    case 'unpivot':
      return withComputed(known, scan.kept)
    case 'filter':
      return propagate(known, conjuncts(scan.condition).flatMap(constraintsOf), () => true)
    case 'join': {
      const constraints = scan.condition === null ? [] : conjuncts(scan.condition).flatMap(constraintsOf)
      const [left, right] = [scan.left, scan.right].map(({ columns }) => new Set(columns.map(({ id }) => id)))
      // Rows of the kept side stay whether the condition holds or not.
      const narrowed = {
        INNER: () => true,
        LEFT: (id: number) => right?.has(id),
        RIGHT: (id: number) => left?.has(id),
        FULL: () => false,
      }
      return propagate(known, constraints, (id) => narrowed[scan.join](id) === true)
    }
    case 'window': {
      // A window over several dates needs them all, unless each date is a partition of its own.
      const kept = scan.groups.map(({ partitionBy }) => new Set(partitionBy.map(({ id }) => id)))
      return without(known, scan.input, (id) => kept.every((ids) => ids.has(id)))
    }
    case 'limit':
      return without(known, scan.input, () => false)
    default:
      return known
  }
}

function without(known: Known, input: Scan, isKept: (id: number) => boolean): Known {
  const own = new Set(input.columns.map(({ id }) => id))
  return new Map([...known].filter(([id]) => !own.has(id) || isKept(id)))
}

function withComputed(known: Known, computed: Extract<Scan, { kind: 'project' }>['computed']): Known {
  return withColumns(
    known,
    computed.flatMap(({ column, expression }) => {
      const [range, of] = [known.get(column.id), shifted(expression)]
      return range && of ? [[of.id, { from: range.from - of.days, to: range.to - of.days }] as const] : []
    }),
  )
}

/** A date column and days added to it. */
interface Shifted {
  readonly id: number
  readonly days: number
}

const DAYS: Readonly<Record<string, number>> = { DAY: 1, WEEK: 7 }

function shifted(expression: Expression): Shifted | null {
  if (expression.kind === 'column') return { id: expression.column.id, days: 0 }
  if (expression.kind !== 'call' || !['date_add', 'date_sub'].includes(expression.name)) return null
  const [of, count, part] = expression.args
  const base = of ? shifted(of) : null
  const unit = part?.kind === 'literal' ? DAYS[part.value ?? ''] : undefined
  if (!base || count?.kind !== 'literal' || unit === undefined) return null
  const days = Number(count.value) * unit
  return { id: base.id, days: base.days + (expression.name === 'date_add' ? days : -days) }
}

/** `of` is at least `low` and at most `high` days after `than`. */
interface Constraint {
  readonly of: number
  readonly than: number
  readonly low: number
  readonly high: number
}

function constraintsOf(condition: Expression): readonly Constraint[] {
  if (condition.kind !== 'call') return []
  const [a, b, c] = condition.args.map(shifted)
  if (!a || !b) return []
  const between = (left: Shifted, right: Shifted, [low, high]: readonly [number, number]): readonly Constraint[] => {
    const offset = right.days - left.days
    return [
      { of: left.id, than: right.id, low: low + offset, high: high + offset },
      { of: right.id, than: left.id, low: -high - offset, high: -low - offset },
    ]
  }
  switch (condition.name) {
    case '$equal':
      return between(a, b, [0, 0])
    case '$greater_or_equal':
      return between(a, b, [0, Number.POSITIVE_INFINITY])
    case '$greater':
      return between(a, b, [1, Number.POSITIVE_INFINITY])
    case '$less_or_equal':
      return between(a, b, [Number.NEGATIVE_INFINITY, 0])
    case '$less':
      return between(a, b, [Number.NEGATIVE_INFINITY, -1])
    case '$between':
      return c ? [...between(a, b, [0, Number.POSITIVE_INFINITY]), ...between(a, c, [Number.NEGATIVE_INFINITY, 0])] : []
    default:
      return []
  }
}

function propagate(known: Known, constraints: readonly Constraint[], isNarrowed: (id: number) => boolean): Known {
  const ranges = new Map(known)
  // Each round fixes one more column at least; more rounds than constraints change nothing.
  for (let round = 0; round < constraints.length; round++) {
    for (const { of, than, low, high } of constraints) {
      const base = ranges.get(than)
      if (!base || !isNarrowed(of)) continue
      const { from, to } = ranges.get(of) ?? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
      ranges.set(of, { from: Math.max(from, base.from + low), to: Math.min(to, base.to + high) })
    }
  }
  return ranges
}

function reference({ withs }: Visit, scan: Extract<Scan, { kind: 'with_reference' }>, known: Known): void {
  const ranges = scan.columns.map(({ id }) => known.get(id) ?? null)
  const before = withs.get(scan.name)
  withs.set(scan.name, before ? ranges.map((range, at) => hull(range, before[at] ?? null)) : ranges)
}

function hull(a: DateRange | null, b: DateRange | null): DateRange | null {
  return a === null || b === null ? null : { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}

function table({ input, found }: Visit, scan: TableScan, known: Known): void {
  const name = input.dateColumn(scan.table)
  if (name === null || scan.span === null) return
  const column = scan.columns.find((each) => each.name.toLowerCase() === name)
  const range = column ? known.get(column.id) : undefined
  if (!range || !Number.isFinite(range.from) || !Number.isFinite(range.to)) throw untied(input, scan, name)
  const declared = input.declared[scan.alias]?.dates ?? { from: 0, to: 0 }
  if (declared.from !== range.from || declared.to !== range.to) throw undeclared(input, scan, { range, declared })
  found.set(scan.span.start, range)
}

function untied({ source, partitionBy }: ReadsInput, scan: TableScan, date: string): DaybreakError {
  return refused({ source }, scan.span, {
    what: `the dates of ${scan.alias} do not follow from ${partitionBy} of the partition`,
    instead: `Equate ${scan.alias}.${date} with it in WHERE, ON, GROUP BY or PARTITION BY, or write \`kind: whole\` in the YAML`,
  })
}

function undeclared(
  { source }: ReadsInput,
  scan: TableScan,
  { range, declared }: { readonly range: DateRange; readonly declared: DateRange },
): DaybreakError {
  const text = ({ from, to }: DateRange) => (from === to ? `${from}d` : `${from}d..${to}d`)
  return refused({ source }, scan.span, {
    what: `the query reads ${text(range)} of ${scan.alias}, and its YAML says ${text(declared)}`,
    instead: `Write \`reads: { ${scan.alias}: { dates: ${text(range)} } }\` in the YAML, or correct the query`,
  })
}
