import { setTimeout as sleep } from 'node:timers/promises'
import { createGcsObjects } from '../../functions/adapters/gcs/objects.ts'
import { BUCKETS } from './gcs.ts'

// A process of its own: `node gcs-writer.ts ENDPOINT PATH`. Puts a file as raw/file, and prints a line with what came of
// it and the most memory it was seen with, in bytes. (The most that the system counted includes that of the process it came from.)
const [endpoint = '', path = ''] = process.argv.slice(2)
const objects = createGcsObjects({
  buckets: BUCKETS,
  project: 'acme-test',
  endpoint,
  clock: { now: Date.now, sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }) },
  log: () => undefined,
  random: Math.random,
})
let memory = 0
setInterval(() => {
  memory = Math.max(memory, process.memoryUsage.rss())
}, 2).unref()
const { created } = await objects.put('raw/file', { path })
process.stdout.write(`${JSON.stringify({ created, memory })}\n`)
