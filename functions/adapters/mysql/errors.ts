import { DaybreakError } from '../../errors.ts'

/** An error as `mysql2` throws it: that of the server has a number. */
interface ServerError extends Error {
  readonly errno?: number
  readonly code?: string
}

const LOST_SOCKET = [
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EAI_AGAIN',
    'ENOTFOUND',
    'ENOENT',
  ],
  ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_SSL_ERROR'],
]
// Server gone, lost during a query, shut down, too many connections, killed.
const LOST = [2006, 2013, 1053, 1040, 1203, 1927, 1317]
// Waited too long for a lock, deadlock, too many locks.
const BUSY = [1205, 1213, 1206]
// Wrong password, no right to the database, host not allowed.
const LOGIN = [1045, 1044, 1698, 1130, 1251]

function serverError(error: unknown): ServerError | null {
  return error instanceof Error ? error : null
}

/** True when the connection is gone or was never made. */
export function isLost(error: unknown): boolean {
  const found = serverError(error)
  if (found === null) return false
  if (LOST.includes(found.errno ?? 0) || LOST_SOCKET.includes(found.code ?? '')) return true
  return /closed state|Connection lost|certificate|self-signed/i.test(found.message)
}

/** True when the same call may succeed later with nothing changed. */
export function isBusy(error: unknown): boolean {
  return isLost(error) || BUSY.includes(serverError(error)?.errno ?? 0)
}

/** True for a refusal of the server that will be the same at the next time. */
export function isOfServer(error: unknown): boolean {
  const found = serverError(error)
  return found !== null && !(found instanceof DaybreakError) && (found.errno ?? 0) > 0 && !isBusy(error)
}

/** True where a table or database does not exist. */
export function isAbsent(error: unknown): boolean {
  return [1146, 1049].includes(serverError(error)?.errno ?? 0)
}

/** True where a key is there already. */
export function isDuplicate(error: unknown): boolean {
  return serverError(error)?.errno === 1062
}

/** The server's own words, with its number. */
export function messageOf(error: unknown): string {
  const found = serverError(error)
  if (found === null) return String(error)
  return found.errno !== undefined && found.errno > 0
    ? `${found.message} (${found.errno})`
    : found.message || found.code || ''
}

/** A failure of a source as an error of the table. */
export function toFailure(error: unknown, what: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  const text = `cannot ${what}: ${messageOf(error)}`
  if (LOGIN.includes(serverError(error)?.errno ?? 0))
    return new DaybreakError('SOURCE_AUTH_FAILED', text, { cause: error })
  if (isBusy(error)) return new DaybreakError('SOURCE_UNREACHABLE', text, { cause: error })
  return new DaybreakError('SOURCE_READ_FAILED', text, { cause: error })
}

/** A failure of a destination as an error of the table. */
export function toWarehouseFailure(error: unknown, name: string): DaybreakError {
  if (error instanceof DaybreakError) {
    if (error.code === 'SOURCE_AUTH_FAILED')
      return new DaybreakError('WAREHOUSE_DENIED', error.message, { cause: error })
    const isConnecting = error.code === 'SOURCE_UNREACHABLE' || error.code === 'SOURCE_READ_FAILED'
    return isConnecting ? new DaybreakError('WAREHOUSE_FAILED', error.message, { cause: error }) : error
  }
  const text = `the destination ${name} could not do it: ${messageOf(error)}`
  return new DaybreakError(isBusy(error) ? 'WAREHOUSE_FAILED' : 'LOAD_REJECTED', text, { cause: error })
}
