import type { IncomingMessage } from 'node:http'
import type { Request } from '@google-cloud/functions-framework'
import { DaybreakError } from '../errors.ts'
import { invalid } from './problem.ts'

/**
 * Reads a body up to `maxBytes`. Keeps no more than that, even if the header announces a smaller length.
 * @throws {DaybreakError} REQUEST_TOO_LARGE, REQUEST_INVALID when the connection breaks.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) throw tooLarge(`${announced} bytes`, maxBytes)
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) return chunks.push(chunk)
      chunks.length = 0
      return reject(tooLarge(`more than ${maxBytes} bytes`, maxBytes))
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => reject(invalid('the request broke off')))
    request.on('aborted', () => reject(invalid('the request broke off')))
  })
}

/** The JSON that a request brings; null when it brings nothing. @throws {DaybreakError} REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function jsonOf(request: Request, maxBytes: number): unknown {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  // A small compressed body may be large after decompression.
  if (encoding !== 'identity') throw invalid('the body is encoded; expected plain JSON')
  const { rawBody } = request
  if (rawBody === undefined || rawBody.length === 0) return null
  if (rawBody.length > maxBytes) throw tooLarge(`${rawBody.length} bytes`, maxBytes)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody))
  } catch {
    // The parser's own message quotes the body, which may hold anything.
    throw invalid('the body is not JSON in UTF-8')
  }
}

function tooLarge(size: string, maxBytes: number): DaybreakError {
  return new DaybreakError('REQUEST_TOO_LARGE', `the body has ${size}; at most ${maxBytes} are taken`)
}
