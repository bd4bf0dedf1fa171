import { quoteText } from '../../lib/plain-name.ts'

/** The fields that ssh2 puts on its errors. A server's own text is escaped and short. */
export function readError(error: unknown): { message: string; level: string | null; status: number | null } {
  if (!(error instanceof Error)) return { message: String(error), level: null, status: null }
  const level = 'level' in error && typeof error.level === 'string' ? error.level : null
  const status = 'code' in error && typeof error.code === 'number' ? error.code : null
  // Several addresses tried and none answered: Node leaves the message empty and lists the failures.
  const inner = error instanceof AggregateError ? error.errors.map(String).join('; ') : ''
  return { message: quoteText(error.message || inner || error.name).slice(1, -1), level, status }
}
