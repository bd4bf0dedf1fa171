import type { Writable } from 'node:stream'
import type { Log } from '../pipeline/ports.ts'

/** A log of one JSON object a line. */
export function createLog(stream: Writable, _env: Readonly<Record<string, string | undefined>>): Log {
  return ({ message, severity, ...more }) => {
    stream.write(`${JSON.stringify({ severity, message, ...more })}\n`)
  }
}
