import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { addressOf } from '../functions/api/contract/client.ts'
import type { ApiKey } from '../functions/api/contract/routes.ts'
import { shardAt, windowAt } from '../tests/support/large-ledger.ts'
import { ensureLedger } from '../tests/support/large-ledger-file.ts'

const { values } = parseArgs({
  options: {
    shards: { type: 'string', default: '1000' },
    windows: { type: 'string', default: '720' },
    seconds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '16' },
  },
})
const [shards, windows] = [Number(values.shards), Number(values.windows)]
const STREAMS = [
  ...['order_details', 'check_details', 'payment_details', 'item_selection_details'],
  ...['all_items_report', 'kitchen_timings', 'cash_entries'],
]
const ROOT = join(import.meta.dirname, '..')
const HOME = join(ROOT, 'bench/.data', `reads-${shards}x${windows}`)
const [SHARD, WEEK] = [shardAt(Math.floor(shards / 2)), { from: windowAt(windows - 14), to: windowAt(windows - 8) }]
const SLICE = { pipeline: 'toast', window: WEEK.from, shard: SHARD, stream: 'order_details' }

type Asked = readonly [string, ApiKey, Parameters<typeof addressOf>[1]?]

/** Reads of the screens, each as its screen asks. */
const READS: readonly Asked[] = [
  ['today: a week of all', 'GET /api/status', { query: WEEK }],
  [
    'two months of a location',
    'GET /api/status',
    { query: { from: windowAt(windows - 60), to: windowAt(windows - 1), shard: [SHARD] } },
  ],
  ['a day', 'GET /api/days/{pipeline}/{window}', { path: { pipeline: 'toast', window: WEEK.from } }],
  ['slices, first page', 'GET /api/slices', { query: { pageSize: 50 } }],
  ['slices that are missing', 'GET /api/slices', { query: { state: ['missing'], pageSize: 50 } }],
  ['slices of a location', 'GET /api/slices', { query: { shard: [SHARD], pageSize: 50 } }],
  ['a slice', 'GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path: SLICE }],
  ['runs', 'GET /api/runs', { query: { pageSize: 50 } }],
  ['a run', 'GET /api/runs/{id}', { path: { id: 'run-700' } }],
  ['slices of a run', 'GET /api/runs/{id}/slices', { path: { id: 'run-700' }, query: { pageSize: 50 } }],
  ['incidents', 'GET /api/incidents', { query: { pageSize: 50 } }],
  ['backfills', 'GET /api/backfill', { query: { pageSize: 50 } }],
  [
    'quality of a stream, a month',
    'GET /api/quality/{stream}',
    { path: { stream: 'order_details' }, query: { from: windowAt(windows - 31), to: windowAt(windows - 1) } },
  ],
  ['failed checks of a stream', 'GET /api/checks/{stream}', { path: { stream: 'order_details' }, query: WEEK }],
  ['costs of a month', 'GET /api/costs', { query: { from: windowAt(0), to: windowAt(30) } }],
  ['rows by day, a week', 'GET /api/metrics', { query: { series: 'rows', by: 'day', ...WEEK } }],
  ['audit', 'GET /api/audit', { query: { pageSize: 50 } }],
  ['streams', 'GET /api/contracts'],
  ['who am I', 'GET /api/me'],
]

interface Server {
  readonly pid: number
  readonly port: number
  readonly token: string
}

async function startServer(): Promise<Server & { stop(): Promise<void> }> {
  const project = join(HOME, 'project')
  cpSync(join(ROOT, 'config'), join(project, 'config'), { recursive: true })
  const locations = Array.from({ length: shards }, (_, n) => {
    const id = shardAt(n)
    return `  - { id: "${id}", name: "Store ${n}", time_zone: America/New_York, active_from: ${windowAt(0)} }`
  })
  writeFileSync(join(project, 'config/locations.yaml'), `version: 1\nlocations:\n${locations.join('\n')}\n`)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reads-server.ts')], {
    env: { ...process.env, DAYBREAK_HOME: HOME, DAYBREAK_PROJECT_DIR: project },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data')
  return {
    ...{ pid: child.pid ?? 0, port: Number(port), token: readFileSync(join(HOME, 'token'), 'utf8').trim() },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

interface Figure {
  readonly times: readonly number[]
  readonly seconds: number
  readonly processor: number
  readonly bytes: number
}

/** Asks as often as answers come, over a number of connections that stay. */
async function ask({ pid, port, token }: Server, url: string): Promise<Figure> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number(values.clients) })
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' }
  let bytes = 0
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', path: url, agent, headers }, (answer) => {
        bytes = 0
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        if (answer.statusCode === 200) return void answer.on('end', resolve)
        text(answer).then((body) => reject(new Error(`${url}: ${answer.statusCode} ${body}`)), reject)
      })
      sent.on('error', reject).end()
    })
  await once()
  const times: number[] = []
  const [began, cpu] = [performance.now(), cpuOf(pid)]
  const until = began + Number(values.seconds) * 1_000
  const client = async () => {
    while (performance.now() < until) {
      const start = performance.now()
      await once()
      times.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: Number(values.clients) }, client))
  agent.destroy()
  return {
    times: times.toSorted((a, b) => a - b),
    seconds: (performance.now() - began) / 1_000,
    processor: cpuOf(pid) - cpu,
    bytes,
  }
}

/** Processor seconds since the process began. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function memoryOf(pid: number): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
}

function row([name, key, input]: Asked, { times, seconds, processor, bytes }: Figure): string {
  const at = (share: number) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1)
  const own = ((processor * 1_000) / times.length).toFixed(1)
  const { url } = addressOf(key, input ?? {})
  return `${name.padEnd(30)} ${(times.length / seconds).toFixed(0).padStart(6)}/s  p50 ${at(0.5).padStart(7)} ms  p95 ${at(0.95).padStart(7)} ms  processor ${own.padStart(6)} ms  ${String(bytes).padStart(7)} B  ${url.slice(0, 60)}`
}

mkdirSync(HOME, { recursive: true })
await ensureLedger(join(HOME, 'ledger.sqlite'), { shards, windows, streams: STREAMS })
const server = await startServer()
try {
  console.log(`${shards * windows * STREAMS.length} slices, ${values.clients} clients, ${values.seconds} s each`)
  for (const asked of READS) {
    const [, key, input] = asked
    const figure = await ask(server, addressOf(key, input ?? {}).url).catch((error: unknown) =>
      String(error).slice(0, 300),
    )
    console.log(typeof figure === 'string' ? `${asked[0]}: ${figure}` : row(asked, figure))
  }
  console.log(`highest memory of the server ${memoryOf(server.pid)} MiB`)
} finally {
  await server.stop()
}
