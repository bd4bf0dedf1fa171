import { EventEmitter } from 'node:events'
import type { File } from '@google-cloud/storage'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { createCrc32c } from '../../lib/crc32c.ts'
import type { Attempt } from './attempts.ts'

const LISTENERS = 20

/**
 * Takes two habits from the client. It joins more listeners to the answer than Node takes for sane; and when a download ends
 * early it destroys the agent, which the whole process shares, and so breaks every other request to any service.
 */
function tame(response: unknown): void {
  if (!(response instanceof EventEmitter)) return
  response.setMaxListeners(LISTENERS)
  const request: unknown = Reflect.get(response, 'request')
  if (typeof request === 'object' && request !== null) Reflect.set(request, 'agent', null)
}

const Response = z.object({
  headers: z.object({
    'x-goog-hash': z.string().regex(/crc32c=/),
    'x-goog-stored-content-length': z.coerce.number(),
    'x-goog-stored-content-encoding': z.string(),
  }),
})

/**
 * The bytes of an object as they arrive. Ends only when all have, and they are the ones that were stored.
 * @throws {DaybreakError} STORAGE_FAILED when they are not, or are stored compressed; else the client's own error.
 */
export async function* download(
  file: File,
  { moved, signal }: Pick<Attempt, 'moved' | 'signal'>,
): AsyncGenerator<Buffer> {
  const stream = file.createReadStream({ validation: false, decompress: false })
  let response: unknown
  stream.once('response', (value: unknown) => {
    tame(value)
    response = value
    moved()
  })
  const stop = () => void stream.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const sum = createCrc32c()
  let bytes = 0
  try {
    for await (const piece of stream) {
      moved()
      sum.update(piece)
      bytes += piece.length
      yield piece
    }
    expectWhole(file, response, { bytes, crc32c: sum.base64() })
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

function expectWhole(file: File, response: unknown, found: { bytes: number; crc32c: string }): void {
  const failed = (why: string) =>
    new DaybreakError('STORAGE_FAILED', `cannot read the object ${file.name} in bucket ${file.bucket.name}: ${why}`)
  const read = Response.safeParse(response)
  if (!read.success) throw failed('the answer does not say what its content is')
  const { headers } = read.data
  const [, crc32c] = /crc32c=([^,\s]+)/.exec(headers['x-goog-hash']) ?? []
  const bytes = headers['x-goog-stored-content-length']
  if (headers['x-goog-stored-content-encoding'] !== 'identity')
    throw failed('it is stored compressed; expected plain bytes')
  if (bytes !== found.bytes) throw failed(`${found.bytes} of its ${bytes} bytes arrived`)
  if (crc32c !== found.crc32c) throw failed(`its bytes have the CRC-32C ${found.crc32c}; expected ${crc32c}`)
}
