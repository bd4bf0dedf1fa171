import { subtractDecimals } from '../../lib/decimal.ts'
import type { Totals } from '../entities.ts'

/** Rows of a part as text. */
export interface PartRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

interface Versions {
  readonly before: PartRows
  readonly after: PartRows
  /** Columns that identify a row. */
  readonly key: readonly string[]
  readonly totals: { readonly before: Totals; readonly after: Totals }
  /** Most rows that are listed; 200 unless told. All are counted. */
  readonly most?: number
}

interface RowDiff {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly key: Record<string, string | null>
  readonly columns: Record<string, { readonly from: string | null; readonly to: string | null }>
}

const SHOWN = 200
// A load writes these into every row; they differ between any two versions.
const isOfTheLoad = (column: string): boolean => column.startsWith('_')

/** Pure: rows that were added, removed or changed, by key. Of rows with one key the first meets the first, and so on. */
export function diffRows({ before, after, key, totals, most = SHOWN }: Versions) {
  const [old, now] = [keyed(before, key), keyed(after, key)]
  const added: RowDiff[] = []
  const changed: RowDiff[] = []
  for (const [id, row] of now) {
    const known = old.get(id)
    const columns = columnsOf(known ?? {}, row)
    if (known === undefined) added.push({ kind: 'added', key: keyOf(row, key), columns })
    else if (Object.keys(columns).length > 0) changed.push({ kind: 'changed', key: keyOf(row, key), columns })
  }
  const removed = [...old].flatMap(([id, row]): readonly RowDiff[] =>
    now.has(id) ? [] : [{ kind: 'removed', key: keyOf(row, key), columns: columnsOf(row, {}) }],
  )
  const sums = new Set([...Object.keys(totals.before), ...Object.keys(totals.after)])
  const difference = [...sums].map((column) => {
    return [column, subtractDecimals(totals.after[column] ?? '0', totals.before[column] ?? '0')] as const
  })
  return {
    key: [...key],
    added: added.length,
    removed: removed.length,
    changed: changed.length,
    totals: Object.fromEntries(difference),
    rows: [...changed, ...added, ...removed].slice(0, most),
  }
}

type Row = Readonly<Record<string, string | null>>

function keyed({ columns, rows }: PartRows, key: readonly string[]): ReadonlyMap<string, Row> {
  const counts = new Map<string, number>()
  return new Map(
    rows.map((values) => {
      const row: Row = Object.fromEntries(
        columns.flatMap((column, at) => (isOfTheLoad(column) ? [] : [[column, values[at] ?? null] as const])),
      )
      const id = JSON.stringify(key.map((column) => row[column] ?? null))
      const nth = counts.get(id) ?? 0
      counts.set(id, nth + 1)
      return [`${id} ${nth}`, row] as const
    }),
  )
}

function keyOf(row: Row, key: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(key.map((column) => [column, row[column] ?? null]))
}

function columnsOf(from: Row, to: Row): RowDiff['columns'] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)])
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const [a, b] = [from[name] ?? null, to[name] ?? null]
      return a === b ? [] : [[name, { from: a, to: b }] as const]
    }),
  )
}
