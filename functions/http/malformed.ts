import type { Duplex } from 'node:stream'
import { DaybreakError } from '../errors.ts'
import { HEAD_TOO_LARGE, invalid, problemMessage, toProblem } from './problem.ts'

interface Malformed {
  /** An answer to an earlier request of this connection has begun: nothing may be written between its bytes. */
  readonly isAnswering: boolean
  readonly mostHeaderBytes: number
  /** Milliseconds for which the rest of the request is discarded. */
  readonly linger: number
}

const TIMEOUT = 408
const answered = new WeakSet<Duplex>()

/** Answers bytes that are no HTTP request with a problem document, and closes their connection. */
export function answerMalformed(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  { isAnswering, mostHeaderBytes, linger }: Malformed,
): void {
  // The parser reports the rest of a request as further errors.
  if (answered.has(socket)) return
  answered.add(socket)
  if (isAnswering || !socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  socket.end(problemMessage(problemOf(error, mostHeaderBytes)))
  // Closing while the caller sends would reset the connection, and the answer would be lost.
  setTimeout(() => socket.destroy(), linger).unref()
}

function problemOf({ code }: NodeJS.ErrnoException, mostHeaderBytes: number) {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `the address and headers have more than ${mostHeaderBytes} bytes`
    return toProblem(new DaybreakError('REQUEST_TOO_LARGE', message), HEAD_TOO_LARGE)
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return toProblem(invalid('the request took too long to arrive'), TIMEOUT)
  return toProblem(invalid('the bytes are no HTTP request'))
}
