import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'

/**
 * Statuses of gRPC that another try may mend, as Google's own client has it for publishing: cancelled, unknown, deadline
 * exceeded, resource exhausted, aborted, internal, unavailable.
 */
export const TRANSIENT: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 13, 14])

const GrpcError = z.object({ code: z.int(), message: z.string() })

/**
 * A failed publication as QUEUE_FAILED. Always worth another delivery of the message that led to it: what could not be
 * published is on record, and a missing topic or permission is mended outside of Daybreak.
 */
export function publishError(error: unknown, what: string): DaybreakError {
  const known = GrpcError.safeParse(error)
  const status = known.success ? known.data.code : -1
  const text = known.success ? known.data.message : error instanceof Error ? error.message : String(error)
  return new DaybreakError('QUEUE_FAILED', `Pub/Sub did not take ${what}: ${text}`, {
    details: { status },
    cause: error,
  })
}
