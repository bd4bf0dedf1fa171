import { rmSync, statSync, writeFileSync } from 'node:fs'
import { firstLine } from './errors.ts'

// Of two tries of a writer. A mark that is older is of a writer that died.
const FRESH = 1_000

/** Milliseconds between two tries to open a file that another process holds. */
export const PAUSE = 100

// Readers of a file share it. When they follow each other closely, the file is never free, and a writer would wait for ever.
const markOf = (path: string) => `${path}.wanted`

/** Asks readers to let a writer in before they open the file. Is said again with each try. */
export function wantFile(path: string): void {
  try {
    writeFileSync(markOf(path), '')
  } catch {
    // A full disk: the writer waits as one of many.
  }
}

/** Tells readers that no writer waits any more. */
export function wantFileNoMore(path: string): void {
  rmSync(markOf(path), { force: true })
}

/** True while a writer waits for the file. */
export function isWanted(path: string): boolean {
  const mark = statSync(markOf(path), { throwIfNoEntry: false })
  return mark !== undefined && Math.abs(Date.now() - mark.mtimeMs) < FRESH
}

/** Process that holds the file which could not be opened, as DuckDB names it; undefined for another failure. */
export function holderOf(error: unknown): string | undefined {
  return /Could not set lock on file .*?: (.*?)\. See/.exec(firstLine(error))?.[1]
}
