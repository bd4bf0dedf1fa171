import pg from 'pg'

/** SQLSTATEs, or their classes, after which the connection is gone: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOST = ['08', '57P01', '57P02', '57P03', '57P05', '25P03']
/** Those that say: the same call may succeed later. */
const BUSY = [
  ...LOST,
  ...['40001', '40P01'], // Serialisation failure, deadlock.
  ...['55P03', '57014'], // Waited too long for a lock, ran too long.
  ...['53200', '53300'], // Out of memory, too many connections.
  '25006', // Only reads: a server that is being replaced by its standby.
]
const TURNED_AWAY = ['53300', '57P03']

const LOST_SOCKET = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]

// `pg` gives these no code.
const LOST_MESSAGES = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'The server does not answer',
]

/** True when the connection is gone, was never made, or gave no answer. What it was asked last may have happened or not. */
export function isLost(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return hasState(error, LOST)
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string' && LOST_SOCKET.includes(error.code)) return true
  return LOST_MESSAGES.some((message) => error.message.startsWith(message))
}

/** True when the same call may succeed later with nothing changed. */
export function isBusy(error: unknown): boolean {
  return isLost(error) || (error instanceof pg.DatabaseError && hasState(error, BUSY))
}

/** True when the server lives, but takes no connection at the moment. */
export function isTurnedAway(error: unknown): boolean {
  return error instanceof pg.DatabaseError && hasState(error, TURNED_AWAY)
}

/** True when the server undid the transaction because of another one: the same changes may be applied again at once. */
export function isUndone(error: unknown): boolean {
  return error instanceof pg.DatabaseError && hasState(error, ['40001', '40P01'])
}

function hasState({ code = '' }: pg.DatabaseError, states: readonly string[]): boolean {
  return states.some((state) => code.startsWith(state))
}
