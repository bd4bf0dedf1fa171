import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { openPostgresLedger } from '../functions/adapters/postgres/ledger.ts'
import { openSqliteLedger } from '../functions/adapters/sqlite/ledger.ts'
import type { PeopleLedger } from '../functions/pipeline/people/reads.ts'
import { aRun } from '../tests/support/ledger-rows.ts'
import { extentOf, type Kind, openPlace, type Place } from './large/place.ts'
import { cpuOf, cpuOfAll, load, memoryOf } from './large/process.ts'
import { type Server, startServing } from './large/serve.ts'

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '1000' },
    ledger: { type: 'string', default: 'sqlite' },
    extent: { type: 'string', default: '20x7' },
    rounds: { type: 'string', default: '20' },
    folder: { type: 'string' },
  },
})
const CLIENTS = Number(values.sockets)
const ROUNDS = Number(values.rounds)
const TOLERANCE = 120_000

/** A client with the cursor of its last message. */
interface Client {
  readonly socket: WebSocket
  cursor: string | null
  readonly topics: Set<string>
}

/** Sockets of `daybreak serve` over a large ledger: how soon all hear of a change that another process made, and what they cost. */
async function measure(kind: Kind): Promise<void> {
  const place = await openPlace(kind, extentOf(values.extent), values.folder)
  const server = await startServing(place)
  const ledger = await openLedger(place)
  try {
    const [before, cpu] = [memoryOf(server.pid), cpuOf(server.pid)]
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(server, null)))
    console.log(`${kind}, ${values.extent}, load ${load()}`)
    console.log(`${CLIENTS} sockets; memory ${before} MiB before them, ${memoryOf(server.pid)} with them`)
    console.log(`processor seconds of the server to take them: ${(cpuOf(server.pid) - cpu).toFixed(2)}`)
    await news(server, { ledger, place }, clients)
    await idle(server)
    await comeBack(server, ledger, clients)
    console.log(
      `memory at the end ${memoryOf(server.pid)} MiB, highest ${memoryOf(server.pid, 'VmHWM')}, load ${load()}`,
    )
  } finally {
    await ledger.close()
    await server.stop()
    await place.close()
  }
}

function openLedger({ login, ledgerFile }: Place): Promise<PeopleLedger> {
  if (login) return openPostgresLedger({ ...login, log: () => undefined })
  return openSqliteLedger({ path: ledgerFile ?? '' })
}

interface Writing {
  readonly ledger: PeopleLedger
  readonly place: Place
}

async function news(server: Server, { ledger, place }: Writing, clients: readonly Client[]): Promise<void> {
  const [times, cpu, statements]: [number[], number, number] = [[], cpuOf(server.pid), await server.statements()]
  const data = place.database === null ? 0 : cpuOfAll(place.database)
  for (let round = 0; round < ROUNDS; round++) {
    await ledger.apply([{ change: 'run', run: aRun({ id: `round-${process.pid}-${round}` }) }])
    const start = performance.now()
    await Promise.all(clients.map((client) => hears(client, `run/round-${process.pid}-${round}`)))
    times.push(performance.now() - start)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const each = (total: number) => (total / ROUNDS).toFixed(1)
  console.log(`from the commit until the last socket heard, of ${ROUNDS} changes: ${inWords(sorted)}`)
  console.log(`processor milliseconds of the server for each: ${each((cpuOf(server.pid) - cpu) * 1_000)}`)
  if (place.database !== null)
    console.log(`processor milliseconds of the database for each: ${each((cpuOfAll(place.database) - data) * 1_000)}`)
  console.log(`statements of the server for each: ${each((await server.statements()) - statements)}`)
}

async function idle(server: Server): Promise<void> {
  const [cpu, statements] = [cpuOf(server.pid), await server.statements()]
  await wait(30_000)
  const share = ((cpuOf(server.pid) - cpu) / 0.3).toFixed(1)
  const each = (((await server.statements()) - statements) / 30).toFixed(1)
  console.log(`processor share of the server in 30 s without a change: ${share} %; ${each} statements a second`)
}

/** All sockets are cut, something changes, and all come back at once. */
async function comeBack(server: Server, ledger: PeopleLedger, clients: readonly Client[]): Promise<void> {
  for (const { socket } of clients) socket.terminate()
  await ledger.apply([{ change: 'run', run: aRun({ id: `meanwhile-${process.pid}` }) }])
  const start = performance.now()
  const back = await Promise.all(clients.map(({ cursor }) => connect(server, cursor)))
  await Promise.all(back.map((client) => hears(client, `run/meanwhile-${process.pid}`)))
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

function inWords(sorted: readonly number[]): string {
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return `median ${at(0.5)} ms, longest ${at(1)} ms`
}

for (const kind of values.ledger.split(',')) await measure(kind as Kind)
