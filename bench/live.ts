import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { openSqliteLedger } from '../functions/adapters/sqlite/ledger.ts'
import type { PeopleLedger } from '../functions/pipeline/people/reads.ts'
import { aRun } from '../tests/support/ledger-rows.ts'

const ROOT = join(import.meta.dirname, '..')
const CLIENTS = Number(process.argv[2] ?? 1_000)
const ROUNDS = 20
const TOLERANCE = 60_000

/** `daybreak serve` in a process of its own. */
interface Server {
  readonly pid: number
  readonly port: number
  readonly token: string
  stop(): Promise<void>
}

/** A client with the cursor of its last message. */
interface Client {
  readonly socket: WebSocket
  cursor: string | null
  readonly topics: Set<string>
}

/** Sockets of `daybreak serve`: how soon all hear of a change that another process made, and what they cost. */
async function measure(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'daybreak-live-'))
  const server = await startServer(home)
  const ledger = await openSqliteLedger({ path: join(home, 'ledger.sqlite') })
  try {
    const [before, cpu] = [memoryOf(server), cpuOf(server)]
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(server, null)))
    console.log(`${CLIENTS} sockets; memory ${before} MiB before them, ${memoryOf(server)} with them`)
    console.log(`processor seconds of the server to take them: ${(cpuOf(server) - cpu).toFixed(2)}`)
    await news(server, ledger, clients)
    await idle(server)
    await comeBack(server, ledger, clients)
    console.log(`memory at the end ${memoryOf(server)} MiB, highest ${memoryOf(server, 'VmHWM')}`)
  } finally {
    await ledger.close()
    await server.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

async function news(server: Server, ledger: PeopleLedger, clients: readonly Client[]): Promise<void> {
  const [times, cpu]: [number[], number] = [[], cpuOf(server)]
  for (let round = 0; round < ROUNDS; round++) {
    await ledger.apply([{ change: 'run', run: aRun({ id: `round-${round}` }) }])
    const start = performance.now()
    await Promise.all(clients.map((client) => hears(client, `run/round-${round}`)))
    times.push(performance.now() - start)
  }
  const sorted = times.toSorted((a, b) => a - b)
  console.log(`from the commit until the last socket heard, of ${ROUNDS} changes: ${inWords(sorted)}`)
  console.log(`processor milliseconds of the server for each: ${(((cpuOf(server) - cpu) * 1_000) / ROUNDS).toFixed(0)}`)
}

async function idle(server: Server): Promise<void> {
  const cpu = cpuOf(server)
  await wait(30_000)
  console.log(`processor share of the server in 30 s without a change: ${((cpuOf(server) - cpu) / 0.3).toFixed(1)} %`)
}

/** All sockets are cut, something changes, and all come back at once. */
async function comeBack(server: Server, ledger: PeopleLedger, clients: readonly Client[]): Promise<void> {
  for (const { socket } of clients) socket.terminate()
  await ledger.apply([{ change: 'run', run: aRun({ id: 'meanwhile' }) }])
  const start = performance.now()
  const back = await Promise.all(clients.map(({ cursor }) => connect(server, cursor)))
  await Promise.all(back.map((client) => hears(client, 'run/meanwhile')))
  console.log(`all cut and back, until the last heard what it had missed: ${Math.round(performance.now() - start)} ms`)
}

async function connect({ port, token }: Server, after: string | null): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live`, ['bearer', token])
  const client: Client = { socket, cursor: after, topics: new Set() }
  socket.on('message', (data) => {
    const { id, cursor, data: change } = JSON.parse(String(data))
    client.cursor = id ?? cursor ?? client.cursor
    for (const topic of change?.topics ?? []) client.topics.add(topic)
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'hello', after, topics: ['*'] }))
  await once(socket, 'message')
  return client
}

async function hears({ socket, topics }: Client, topic: string): Promise<void> {
  while (!topics.has(topic)) await once(socket, 'message', { signal: AbortSignal.timeout(TOLERANCE) })
}

async function startServer(home: string): Promise<Server> {
  const project = join(ROOT, 'examples', 'csv-folder')
  const args = ['serve', '--port', '0', '--api-only', '--read-only', '--project-dir', project]
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'daybreak.mjs'), ...args], {
    env: { ...process.env, DAYBREAK_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  const port = Number(/:(\d+)\//.exec(text)?.[1])
  const token = readFileSync(join(home, 'token'), 'utf8').trim()
  return {
    ...{ pid: child.pid ?? 0, port, token },
    async stop() {
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}

function memoryOf({ pid }: Server, row: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${row}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
}

/** Processor seconds since the process began. */
function cpuOf({ pid }: Server): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function inWords(sorted: readonly number[]): string {
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return `median ${at(0.5)} ms, longest ${at(1)} ms`
}

await measure()
