import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'

// The numbers of gRPC.
const INVALID_ARGUMENT = 3
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const FAILED_PRECONDITION = 9
const UNAUTHENTICATED = 16

const Code = z.object({ code: z.int() })

/**
 * A failed call as an operator should read it. Of the client's error only the number is kept: it carries the request, its
 * credentials, and the server's answer.
 */
export function secretError(error: unknown, reference: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  const code = codeOf(error)
  const failed = (kind: DaybreakError['code'], why: string) => new DaybreakError(kind, `The secret ${reference} ${why}`)
  if (code === NOT_FOUND) return failed('CONFIG_MISSING', 'does not exist in Secret Manager, or has no such version')
  if (code === FAILED_PRECONDITION)
    return failed('SECRET_DISABLED', 'is there, but its version is disabled or destroyed')
  if (code === INVALID_ARGUMENT)
    return failed('CONFIG_INVALID', 'has a name or version that Secret Manager cannot have')
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED)
    return failed('SECRET_DENIED', 'may not be read by this service account, or does not exist')
  if (code === null && hasNoCredentials(error))
    return failed('SECRET_DENIED', 'cannot be read: this process has no credentials of Google')
  return failed('SECRET_UNREACHABLE', `cannot be read now (gRPC status ${code ?? 'unknown'})`)
}

function codeOf(error: unknown): number | null {
  // A field of an Error is not its own, which zod would not see.
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : null
  return Code.safeParse({ code }).data?.code ?? null
}

function hasNoCredentials(error: unknown): boolean {
  return error instanceof Error && /could not load the default credentials|invalid_grant/i.test(error.message)
}
