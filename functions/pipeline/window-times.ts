import { DATES_ONLY, isDated, type WindowTimes } from '../lib/window-time.ts'
import type { Ledger } from './ports.ts'

/** Asks the ledger for the instants of those windows that are no dates; for nothing where all are. */
export async function readTimes(
  pipeline: string,
  windows: readonly string[],
  ledger: Pick<Ledger, 'windows'>,
): Promise<WindowTimes> {
  const others = [...new Set(windows)].filter((window) => !isDated(window))
  if (others.length === 0) return DATES_ONLY
  return new Map((await ledger.windows({ pipeline, windows: others })).map(({ window, at }) => [window, at]))
}
