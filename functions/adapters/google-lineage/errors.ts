import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'

const Failure = z.object({ error: z.object({ status: z.string(), message: z.string() }) })

/** The library's own message may quote a response of the token server. */
export function noAccount(cause: unknown): DaybreakError {
  return new DaybreakError('CATALOG_REFUSED', 'Data Lineage: Google knows no account of this process', { cause })
}

/** An answer other than success, with what Google says of it. */
export function failureOf(status: number, body: string): DaybreakError {
  const parsed = Failure.safeParse(jsonOf(body))
  const told = parsed.success ? `: ${parsed.data.error.status}, ${parsed.data.error.message}` : ''
  const isPassing = status === 408 || status === 429 || status >= 500
  const message = `Data Lineage answered ${status}${told}`
  return new DaybreakError(isPassing ? 'CATALOG_UNREACHABLE' : 'CATALOG_REFUSED', message)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
