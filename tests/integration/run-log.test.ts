import { afterAll, beforeAll, expect, it } from 'vitest'
import { openCloudLog } from '../../functions/adapters/logging/log.ts'
import { type CloudRunLog, openCloudRunLog } from '../../functions/adapters/logging/run-log.ts'
import { createIds } from '../../functions/lib/id.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { type LoggingServer, startLoggingServer } from '../emulators/logging/server.ts'

const NOW = Date.UTC(2026, 10, 29, 9, 30)
const PLACE = { project: 'acme', region: 'us-central1' }
const VIEW = 'projects/acme/locations/us-central1/buckets/daybreak/views/_AllLogs'
const newId = createIds({ now: () => NOW, randomBytes: (count) => new Uint8Array(count) })
const [RUN, OTHER] = [newId(), newId()]

let server: LoggingServer
let log: CloudRunLog
let now = NOW
beforeAll(async () => {
  server = await startLoggingServer(VIEW)
  log = openCloudRunLog({ ...PLACE, endpoint: server.address })
})
afterAll(async () => {
  await log.close()
  await server.close()
})

/** Says something as a service does: one line of JSON on stdout, which Cloud Logging takes apart. */
function say(entry: Partial<LogEntry>) {
  const service = { name: 'daybreak-worker', version: 'v' }
  const write = (line: string) => server.write(line)
  openCloudLog({ write, now: () => now, newId, project: PLACE.project, service })({
    ...{ severity: 'INFO', message: 'm', ...entry },
  })
}

const FULL: Partial<LogEntry> = {
  ...{ severity: 'WARNING', message: 'A file is late', code: 'INCOMPLETE', step: 'stage', pipeline: 'toast' },
  ...{ stream: 'order_details', shard: '100007', window: '2026-11-28', milliseconds: 41 },
}

it('gives what services said about a run and nothing of other runs, the oldest first, field by field', async () => {
  now = NOW + 2_000
  say({ runId: RUN, message: 'second' })
  now = NOW + 1_123
  say({ ...FULL, runId: RUN })
  say({ runId: OTHER, message: 'of another run' })
  say({ message: 'of no run' })
  expect(await Array.fromAsync(log.read(RUN))).toEqual([
    { ...FULL, runId: RUN, at: NOW + 1_123 },
    { severity: 'INFO', message: 'second', runId: RUN, at: NOW + 2_000 },
  ])
})

it('asks the view of the bucket from the time of the run on: the default of a query is one day of the default bucket', () => {
  expect(server.calls.at(-1)).toMatchObject({
    resourceNames: [VIEW],
    filter: `operation.producer="daybreak" AND operation.id="${RUN}" AND timestamp>="2026-11-29T09:30:00.000Z"`,
  })
  expect(decodeURIComponent(log.link(RUN))).toContain(`operation.id="${RUN}"`)
})

it('reads page after page', async () => {
  const run = newId()
  for (let line = 0; line < 2_100; line++) say({ runId: run, message: String(line) })
  const lines = await Array.fromAsync(log.read(run))
  expect(lines.map(({ message }) => message)).toEqual(Array.from({ length: 2_100 }, (_, line) => String(line)))
})

it('an id of a stranger cannot widen the question', async () => {
  expect(await Array.fromAsync(log.read('x" OR operation.id!="'))).toEqual([])
})

it('a failure of a moment is not told', async () => {
  server.fail('UNAVAILABLE')
  expect(await Array.fromAsync(log.read(RUN))).toHaveLength(2)
})

it.each([
  ['PERMISSION_DENIED', 'may not be read by this service account'],
  ['RESOURCE_EXHAUSTED', 'cannot be read now (gRPC status 8)'],
] as const)('says what failed: %s', async (code, why) => {
  server.fail(code)
  await expect(Array.fromAsync(log.read(RUN))).rejects.toMatchObject({
    code: 'LOG_UNAVAILABLE',
    message: `The log of the run ${why}`,
  })
})
