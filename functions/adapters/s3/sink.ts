import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { FileSink } from '../../pipeline/tables/ports.ts'
import { openS3, type S3Settings } from './client.ts'

/** Bucket and folder that files are put into. */
interface S3SinkOptions extends S3Settings {
  /** Absolute. */
  readonly root: string
}

// A part has 5 MiB at least, and there are 10,000 of them at most.
const PART = 32 * 1024 * 1024

/** Puts files into a bucket that speaks S3. An object is there as a whole, or not at all. */
export function openS3Sink(options: S3SinkOptions): FileSink {
  const client = openS3(options)
  const folder = options.root
    .split('/')
    .filter((step) => step !== '')
    .join('/')
  const keyOf = (path: string) => (folder === '' ? path : `${folder}/${path}`)
  return {
    name: client.name,
    async put(path, from) {
      const { size } = await stat(from)
      if (size <= PART) await client.put(keyOf(path), await readFile(from), false)
      else await client.putParts(keyOf(path), partsOf(from))
    },
    create: (path, text) => client.put(keyOf(path), Buffer.from(text), true),
    async get(path) {
      const answer = await client.get(keyOf(path), null)
      return answer === null ? null : await answer.text()
    },
    async list(path) {
      const prefix = `${keyOf(path)}/`
      const names: string[] = []
      let token: string | null = null
      do {
        const page = await client.list(prefix, token)
        names.push(...page.objects.map(({ key }) => key.slice(prefix.length)))
        token = page.next
      } while (token !== null)
      return names.filter((name) => name !== '').toSorted()
    },
  }
}

async function* partsOf(path: string): AsyncGenerator<Uint8Array> {
  let held: Buffer[] = []
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const block = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
    held.push(block)
    bytes += block.length
    if (bytes < PART) continue
    yield Buffer.concat(held)
    ;[held, bytes] = [[], 0]
  }
  if (bytes > 0) yield Buffer.concat(held)
}
