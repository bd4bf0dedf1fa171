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

// More than any body of ours has; a thousand levels would be stopped by no limit of bytes.
const DEEPEST = 64

/** The JSON that a request brings; undefined when it brings nothing. @throws {DaybreakError} REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function jsonOf(request: Request, maxBytes: number): unknown {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  // A small compressed body may be large after decompression.
  if (encoding !== 'identity') throw invalid('the body is encoded; expected plain JSON')
  const { rawBody } = request
  if (rawBody === undefined || rawBody.length === 0) return undefined
  if (rawBody.length > maxBytes) throw tooLarge(`${rawBody.length} bytes`, maxBytes)
  const parsed = parse(rawBody)
  expectStorable(parsed, 0)
  return parsed
}

function parse(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody))
  } catch {
    // The parser's own message quotes the body, which may hold anything.
    throw invalid('the body is not JSON in UTF-8')
  }
}

/** Refuses what no part of the system can keep: text with a NUL, and nesting that a recursive reader does not survive. */
function expectStorable(value: unknown, depth: number): void {
  if (typeof value === 'string') expectText(value, 'the body')
  if (typeof value !== 'object' || value === null) return
  if (depth === DEEPEST) throw invalid(`the body is nested more than ${DEEPEST} levels deep`)
  for (const [name, member] of Object.entries(value)) {
    expectText(name, 'the body')
    expectStorable(member, depth + 1)
  }
}

/** Refuses text with a NUL character, which PostgreSQL keeps in no column. @throws {DaybreakError} REQUEST_INVALID. */
export function expectText(text: string, place: string): void {
  if (text.includes('\0')) throw invalid(`${place} has a NUL character; expected text without`)
}

function tooLarge(size: string, maxBytes: number): DaybreakError {
  return new DaybreakError('REQUEST_TOO_LARGE', `the body has ${size}; at most ${maxBytes} are taken`)
}
