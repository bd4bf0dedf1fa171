import type { ApiAnswer, ApiClient } from '../functions/api/contract/client.ts'
import { DaybreakError } from '../functions/errors.ts'
import { gravest } from '../functions/pipeline/steps/verdict.ts'
import type { Cell } from './cell.ts'
import { exitCodeOf } from './exit-code.ts'
import type { Output } from './output.ts'

type Table = NonNullable<ApiAnswer<'GET /api/status'>['tables']>[number]

/** @throws {DaybreakError} USAGE_INVALID for flags about days, which windows of tables are not. */
export function expectNoDays(flags: Readonly<Record<string, unknown>>, pipeline: string): void {
  const flag = ['from', 'to', 'verify'].find((name) => flags[name] !== undefined && flags[name] !== false)
  if (flag === undefined) return
  const message = `--${flag} is about days, and ${pipeline} copies tables, whose windows are no days`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: `daybreak compare ${pipeline}` } })
}

/**
 * Prints the last loaded window of each table of a pipeline, and a newer one that is not loaded. Gives the exit code of `--check`.
 */
export async function printTableStatus(pipeline: string, api: ApiClient, output: Output): Promise<number> {
  const { tables, nextAt } = await api('GET /api/status', { query: { pipeline } })
  const known = (tables ?? []).filter(({ standing }) => standing !== 'new')
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
    rows: known.flatMap(rowsOf),
    empty: `Nothing of it was read yet. Start with \`daybreak run ${pipeline}\`.`,
  })
  const late = known.filter(({ standing }) => standing === 'late').map(({ stream }) => stream)
  if (output.format === 'table' && late.length > 0) await output.text(`\nLate: ${late.join(', ')}.`)
  if (output.format === 'table' && nextAt !== null) await output.text(`\nThe schedule reads them next at ${nextAt}.`)
  const open = known.filter(({ standing }) => standing !== 'loaded')
  const reason = gravest(open.flatMap((table) => table.open?.reason ?? []))
  return known.length > 0 && open.length === 0 ? 0 : exitCodeOf({ state: 'partial', reason })
}

/** The newest window where it is not loaded, then the newest that is. */
function rowsOf({ stream, open, loaded }: Table) {
  const windows = [...(open ? [open] : []), ...(loaded ? [{ ...loaded, reason: null }] : [])]
  return windows.map(({ window, state, rows, rejected, at, updatedAt, reason }) => ({
    ...{ stream, window, state, rows, rejected, at: updatedAt ?? at },
    reason: reason?.message ?? null,
  }))
}
