import { DaybreakError } from '../functions/errors.ts'

/** A port of a flag. @throws {DaybreakError} USAGE_INVALID. */
export function readPort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new DaybreakError('USAGE_INVALID', `${flag} ${JSON.stringify(text)} is no port; expected 0 to 65535`)
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
