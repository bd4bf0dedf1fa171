import { hasRejects, type Slice } from '../entities.ts'
import type { Ledger, SliceFilter } from '../ports.ts'
import type { RejectFilter, RejectRow } from './rejects.ts'
import type { PartRows } from './slice-diff.ts'

/** Members of a reject of a table, in the order of its part. */
export const TABLE_REJECT_PLACE = ['window', 'shard'] as const

interface RejectPorts {
  readonly ledger: Pick<Ledger, 'slices' | 'windows'>
  /** The rows of a part by the name of its object. */
  readonly partRows: (object: string) => Promise<PartRows>
}

interface TableRejects {
  readonly rows: readonly RejectRow[]
  /** Rejects of all windows that the filter matches. */
  readonly count: number
}

/**
 * Rejects of a pipeline of tables, newest window of each stream first. They are files, and no table holds them. Unless windows are
 * named, a table that is read whole has those of its newest window and of the one that it holds: earlier ones are no longer in it.
 */
export async function listTableRejects(
  { limit, line, ...filter }: RejectFilter & Pick<SliceFilter, 'pipeline' | 'from' | 'to'>,
  { ledger, partRows }: RejectPorts,
): Promise<TableRejects> {
  const slices = (await shownSlices(filter, ledger)).filter(hasRejects)
  const found: RejectRow[] = []
  for (const { rejects } of slices) {
    if (found.length >= limit) break
    if (rejects === null || rejects.rows === 0) continue
    const rows = asRows(await partRows(rejects.object))
    found.push(
      ...rows.filter((row) => line === undefined || Number(row['line']) === line).slice(0, limit - found.length),
    )
  }
  return { rows: found, count: slices.reduce((sum, { rejects }) => sum + (rejects?.rows ?? 0), 0) }
}

/** Slices whose rejects are shown, by stream, the newest window first, then by shard. */
async function shownSlices(filter: SliceFilter, ledger: RejectPorts['ledger']): Promise<readonly Slice[]> {
  const slices = await ledger.slices(filter)
  const replaced = filter.windows || filter.from ? new Set<string>() : await replacedWindows(slices, filter, ledger)
  return slices.filter((slice) => !replaced.has(windowKey(slice))).toSorted(byWindow)
}

/** Windows of tables that are read whole, except the newest that was read of each, and the newest that was loaded. */
async function replacedWindows(
  slices: readonly Slice[],
  { pipeline, streams }: SliceFilter,
  ledger: RejectPorts['ledger'],
): Promise<ReadonlySet<string>> {
  const windows = await ledger.windows({ ...(pipeline && { pipeline }), ...(streams && { streams }) })
  const read = new Set(slices.map(windowKey))
  const full = windows.filter((window) => window.mode === 'full' && read.has(windowKey(window)))
  const loaded = new Set(slices.filter(({ state }) => state === 'loaded').map(windowKey))
  const byStream = [...Map.groupBy(full, ({ stream }) => stream).values()]
  return new Set(
    byStream.flatMap((own) => {
      const sorted = own.toSorted((a, b) => b.at - a.at).map(windowKey)
      const held = sorted.findIndex((key) => loaded.has(key))
      return sorted.filter((_, at) => at !== 0 && at !== held)
    }),
  )
}

const windowKey = ({ stream, window }: Pick<Slice, 'stream' | 'window'>): string => `${stream}/${window}`

function byWindow(a: Slice, b: Slice): number {
  if (a.stream !== b.stream) return a.stream < b.stream ? -1 : 1
  if (a.window !== b.window) return a.window > b.window ? -1 : 1
  return a.shard < b.shard ? -1 : 1
}

function asRows({ columns, rows }: PartRows): readonly RejectRow[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])))
}
