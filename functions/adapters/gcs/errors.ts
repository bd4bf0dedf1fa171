import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'

/** Common fields of the client's errors: some are `ApiError`s, some of the transport, some the plain document. */
export interface Problem {
  /** HTTP status; null when no answer came. */
  readonly status: number | null
  readonly reason: string
  readonly message: string
}

const Status = z.union([z.int(), z.string().regex(/^\d{3}$/)]).pipe(z.coerce.number<number | string>())
const Reasons = z.array(z.object({ reason: z.string() }))
const Failure = z.object({
  code: z.unknown(),
  status: z.unknown(),
  message: z.string().catch(''),
  errors: z.unknown(),
})
const Document = z.object({ error: z.object({ message: z.string(), errors: Reasons.optional() }) })

/** Reads an error of the client, of any shape. */
export function readProblem(error: unknown): Problem {
  // The fields of an Error are not its own, which zod would not see.
  const { code, status, message, errors } = Failure.parse({
    code: fieldOf(error, 'code'),
    status: fieldOf(error, 'status'),
    message: fieldOf(error, 'message'),
    errors: fieldOf(error, 'errors'),
  })
  const document = readDocument(message)
  const reasons = Reasons.safeParse(errors)
  return {
    status: Status.safeParse(code).data ?? Status.safeParse(status).data ?? null,
    reason: reasons.data?.[0]?.reason ?? document?.error.errors?.[0]?.reason ?? '',
    message: withoutAddresses(document?.error.message ?? message) || String(code ?? 'no reason was given'),
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** A failed download has the whole document for its message. */
function readDocument(message: string): z.infer<typeof Document> | undefined {
  try {
    return Document.safeParse(JSON.parse(message)).data
  } catch {
    return undefined
  }
}

/** The address of an upload session lets anybody write to it, so no address is ever told. */
function withoutAddresses(message: string): string {
  return message.replace(/https?:\/\/[^\s"']+/g, 'Cloud Storage').slice(0, 500)
}

/** True for the answer that the bucket, not the object, does not exist. */
function isNoBucket({ status, message }: Problem): boolean {
  return status === 404 && /bucket does not exist/i.test(message)
}

const LIMITS = ['rateLimitExceeded', 'userRateLimitExceeded']

/** True when the caller may not: neither now nor at another try. */
export function isDenied({ status, reason, message }: Problem): boolean {
  if (status === 401 || (status === 403 && !LIMITS.includes(reason))) return true
  return status === null && /could not load the default credentials|invalid_grant/i.test(message)
}

/**
 * The error of something that was tried on an object: STORAGE_DENIED, CONFIG_MISSING for a bucket, OBJECT_MISSING, INTERNAL
 * for a request that Cloud Storage cannot understand, else STORAGE_FAILED.
 */
export function storageError(error: unknown, { what, bucket }: { what: string; bucket: string }): DaybreakError {
  if (error instanceof DaybreakError) return error
  const problem = readProblem(error)
  const { status, message } = problem
  const why = `cannot ${what} in bucket ${bucket}: ${message}`
  const make = (code: DaybreakError['code']) =>
    // Without the client's error as the cause: it carries the request, and with it the token.
    new DaybreakError(code, why, { details: { bucket, status } })
  if (isDenied(problem)) return make('STORAGE_DENIED')
  if (isNoBucket(problem)) return make('CONFIG_MISSING')
  if (status === 404) return make('OBJECT_MISSING')
  // Bytes that were damaged on their way are refused with 400 too, and may arrive whole the next time.
  if (status === 400 && !/doesn't match calculated/.test(message)) return make('INTERNAL')
  return make('STORAGE_FAILED')
}
