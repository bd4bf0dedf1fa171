import { setTimeout as sleep } from 'node:timers/promises'
import { openGcsObjects } from '../../functions/adapters/gcs/objects.ts'
import { BUCKETS } from './gcs.ts'

// A process of its own: `node --expose-gc gcs-writer.ts ENDPOINT PATH`. Puts a file as raw/file, and prints a line with what
// came of it and the most bytes of content it held in memory, as far as looking now and then can tell.
const [endpoint = '', path = ''] = process.argv.slice(2)
const objects = openGcsObjects({
  buckets: BUCKETS,
  project: 'acme-test',
  endpoint,
  clock: { now: Date.now, sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }) },
  log: () => undefined,
  random: Math.random,
})
let memory = 0
setInterval(() => {
  globalThis.gc?.()
  memory = Math.max(memory, process.memoryUsage().arrayBuffers)
}, 100).unref()
const { created } = await objects.put('raw/file', { path })
process.stdout.write(`${JSON.stringify({ created, memory })}\n`)
