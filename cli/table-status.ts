import type { ApiClient } from '../functions/api/contract/client.ts'
import { DaybreakError, type ErrorCode } from '../functions/errors.ts'
import { gravest } from '../functions/pipeline/steps/verdict.ts'
import { eachPage, type Item } from './api.ts'
import type { Cell } from './cell.ts'
import { exitCodeOf } from './exit-code.ts'
import type { Output } from './output.ts'

type Slice = Item<'GET /api/slices', 'slices'>

interface TableWindow {
  readonly stream: string
  readonly window: string
  readonly state: string
  /** Null while nothing of the window is a part. */
  readonly rows: number | null
  readonly rejected: number
  readonly at: string
  readonly reason: { readonly code: ErrorCode; readonly message: string } | null
}

/** @throws {DaybreakError} USAGE_INVALID for flags about days, which windows of tables are not. */
export function expectNoDays(flags: Readonly<Record<string, unknown>>, pipeline: string): void {
  const flag = ['from', 'to', 'verify'].find((name) => flags[name] !== undefined && flags[name] !== false)
  if (flag === undefined) return
  const message = `--${flag} is about days, and ${pipeline} copies tables, whose windows are no days`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: `daybreak compare ${pipeline}` } })
}

/**
 * Prints the last loaded window of each stream of a pipeline of tables, and a newer one that is not loaded. Gives the exit code of
 * `--check`.
 */
export async function printTableStatus(pipeline: string, api: ApiClient, output: Output): Promise<number> {
  const windows = await shownWindows(pipeline, api)
  await output.rows({
    columns: [
      'stream',
      'window',
      { key: 'state', tone: (value: Cell) => (value === 'loaded' ? 'good' : 'bad') },
      { key: 'rows', align: 'right' },
      { key: 'rejected', align: 'right' },
      'at',
      'reason',
    ],
    rows: windows.map(({ reason, ...window }) => ({ ...window, reason: reason?.message ?? null })),
    empty: `Nothing of it was read yet. Start with \`daybreak run ${pipeline}\`.`,
  })
  const open = windows.filter(({ state }) => state !== 'loaded')
  const reason = gravest(open.flatMap((window) => window.reason ?? []))
  return windows.length > 0 && open.length === 0 ? 0 : exitCodeOf({ state: 'partial', reason })
}

async function shownWindows(pipeline: string, api: ApiClient): Promise<readonly TableWindow[]> {
  const ask = (page: { pageSize: number; pageToken?: string }) =>
    api('GET /api/slices', { query: { pipeline, ...page } })
  const slices = (await Array.fromAsync(eachPage(ask))).flatMap((page) => page.slices)
  const windows = [...Map.groupBy(slices, ({ stream, window }) => `${stream}/${window}`).values()].flatMap(windowOf)
  return [...Map.groupBy(windows, ({ stream }) => stream)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => newestOf(own))
}

/** The last loaded window of a stream, and before it the newest one where that is not loaded. */
function newestOf(windows: readonly TableWindow[]): readonly TableWindow[] {
  // The sort keeps the order of the answer, newest first, where instants are the same.
  const sorted = windows.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const loaded = sorted.findIndex(({ state }) => state === 'loaded')
  return sorted.filter((_, at) => at === 0 || at === loaded)
}

/** The slices of a window as one row. */
function windowOf(slices: readonly Slice[]): readonly TableWindow[] {
  const [first] = slices
  if (!first) return []
  const open = slices.find(({ state }) => state !== 'loaded')
  const accepted = slices.flatMap((slice) => slice.accepted ?? [])
  const at = slices.map(({ updatedAt }) => updatedAt).reduce((a, b) => (Date.parse(a) > Date.parse(b) ? a : b))
  return [
    {
      ...{ stream: first.stream, window: first.window, state: open?.state ?? 'loaded', at },
      rows: accepted.length === 0 ? null : sum(accepted),
      rejected: sum(slices.map(({ rejected }) => rejected ?? 0)),
      reason: open?.reason ?? null,
    },
  ]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
