import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../functions/pipeline/ports.ts'

/** Everything ambient that a command may look at, so that a test can bring its own. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal in characters; null when stdout is none. */
  readonly columns: number | null
  readonly cwd: string
  /** The command that starts this program again, without arguments, for work that needs a process of its own. */
  readonly program: readonly string[]
  /** Aborts at the first Ctrl-C or SIGTERM; its reason is a DaybreakError whose details name the signal. */
  readonly signal: AbortSignal
  readonly clock: Clock
}
