import { equalDecimals } from '../../lib/decimal.ts'
import type { BusinessDate, Delivery, Override, ShardTotals, Slice, SliceState } from '../entities.ts'

/** One line of the reconciliation sheet: the same rows and money counted in the file, in the part and in the table. */
export interface SheetRow {
  readonly shard: string
  readonly window: BusinessDate
  readonly stream: string
  readonly state: SliceState
  /** Rows of the file, its header excluded, or rows that were read of a table; counted by the scanner, before anything parsed the file. */
  readonly records: number
  readonly accepted: number
  readonly rejected: number
  readonly partRows: number
  /** Null where rows of the table do not say their shard. */
  readonly tableRows: number | null
  readonly money: readonly MoneyLine[]
  /** records = accepted + rejected, accepted = part = table, and every total equal; the table where it can be asked. */
  readonly balanced: boolean
  /** `forced`, `released` or `confirmed` when it is published although something held it back; null when nothing did. */
  readonly override: Override['how'] | null
}

/** Sum of one column, in the part and in the table. */
interface MoneyLine {
  readonly column: string
  readonly part: string
  /** Null as `tableRows`. */
  readonly table: string | null
}

const NOTHING = { rows: 0, totals: {} }

/** Pure. Slices that never became a part have no line: there is nothing to reconcile, and `status` says why. */
export function reconciliationSheet(
  slices: readonly Slice[],
  tables: ReadonlyMap<string, readonly ShardTotals[] | null>,
  { headers = 1 }: { readonly headers?: 0 | 1 } = {},
): readonly SheetRow[] {
  return slices.flatMap((slice) => {
    if (slice.delivery === null) return []
    const counted = tables.get(`${slice.stream}/${slice.window}`)
    const inTable = counted === null ? null : (counted?.find(({ shard }) => shard === slice.shard) ?? NOTHING)
    return [toSheetRow(slice, { ...slice.delivery, headers }, inTable)]
  })
}

function toSheetRow(
  { shard, window, stream, state }: Slice,
  { counts, part, totals, override, headers }: Delivery & { readonly headers: 0 | 1 },
  inTable: Pick<ShardTotals, 'rows' | 'totals'> | null,
): SheetRow {
  const { records, accepted, rejected } = counts
  const tableRows = inTable?.rows ?? null
  const money = Object.entries(totals).map(([column, value]) => ({
    column,
    part: value,
    table: inTable === null ? null : (inTable.totals[column] ?? '0'),
  }))
  const balanced =
    records === headers + accepted + rejected &&
    accepted === part.rows &&
    (tableRows === null || part.rows === tableRows) &&
    money.every((line) => line.table === null || equalDecimals(line.part, line.table))
  return {
    shard,
    window,
    stream,
    state,
    records: records - headers,
    accepted,
    rejected,
    partRows: part.rows,
    tableRows,
    money,
    balanced,
    override: override?.how ?? null,
  }
}
