import { parseArgs } from 'node:util'
import { type Asked, openCaller } from './large/ask.ts'
import { extentOf, type Kind, openPlace, type Place } from './large/place.ts'
import { cpuOf, cpuOfAll, load, memoryOf } from './large/process.ts'
import { readsOf } from './large/reads.ts'
import { type Server, startServing } from './large/serve.ts'

const { values } = parseArgs({
  options: {
    ledger: { type: 'string', default: 'sqlite,postgres' },
    extents: { type: 'string', default: '200x72' },
    seconds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '16' },
    only: { type: 'string', default: '' },
    folder: { type: 'string' },
  },
})
const [seconds, clients] = [Number(values.seconds), Number(values.clients)]
// Requests that are sent one by one: their number, and the milliseconds after which there are no more.
const ALONE = 9
const ALONE_FOR = 3_000

/** Times of one route in milliseconds, sorted: asked one by one, and by all clients at once; processor time of one request of both. */
interface Figure {
  readonly alone: readonly number[]
  readonly times: readonly number[]
  readonly elapsed: number
  readonly own: number
  readonly database: number
  readonly bytes: number
}

/** Requests per second, times and processor time of each read, over ledgers of several extents in both databases. */
async function measure(kind: Kind, text: string): Promise<void> {
  const extent = extentOf(text)
  const place = await openPlace(kind, extent, values.folder)
  const server = await startServing(place)
  try {
    const slices = extent.shards * extent.windows * (extent.streams?.length ?? 0)
    console.log(`${kind}, ${text}: ${slices} slices, ${clients} clients, ${seconds} s each, load ${load()}`)
    console.log(`memory of the server before the first request ${memoryOf(server.pid)} MiB`)
    for (const asked of readsOf(place).filter(({ name }) => name.includes(values.only)))
      console.log(await ask(asked, server, place).then((figure) => row(asked, figure), failed(asked)))
    console.log(`highest memory of the server ${memoryOf(server.pid, 'VmHWM')} MiB, load ${load()}\n`)
  } finally {
    await server.stop()
    await place.close()
  }
}

const failed =
  ({ name }: Asked) =>
  (error: unknown) =>
    `${name}: ${String(error).slice(0, 300)}`

async function ask(asked: Asked, server: Server, { database }: Place): Promise<Figure> {
  const caller = openCaller(server, clients)
  const timed = async () => {
    const began = performance.now()
    await caller.send(asked)
    return performance.now() - began
  }
  try {
    const bytes = await caller.send(asked)
    const cpu = cpuOf(server.pid)
    const data = database === null ? 0 : cpuOfAll(database)
    const alone: number[] = []
    for (const end = performance.now() + ALONE_FOR; alone.length < ALONE && performance.now() < end; )
      alone.push(await timed())
    const times: number[] = []
    const began = performance.now()
    const until = began + seconds * 1_000
    const client = async () => {
      while (performance.now() < until) times.push(await timed())
    }
    await Promise.all(Array.from({ length: clients }, client))
    const each = (total: number) => (total * 1_000) / (alone.length + times.length)
    return {
      ...{ alone: sorted(alone), times: sorted(times), bytes, elapsed: (performance.now() - began) / 1_000 },
      own: each(cpuOf(server.pid) - cpu),
      database: each(database === null ? 0 : cpuOfAll(database) - data),
    }
  } finally {
    caller.close()
  }
}

const sorted = (times: readonly number[]) => times.toSorted((a, b) => a - b)

function row({ name }: Asked, { alone, times, elapsed, own, database, bytes }: Figure): string {
  const at = (all: readonly number[], share: number) => (all[Math.floor((all.length - 1) * share)] ?? 0).toFixed(1)
  const cells = [
    `alone ${at(alone, 0.5).padStart(7)} ms`,
    `${(times.length / elapsed).toFixed(0).padStart(5)}/s`,
    `p50 ${at(times, 0.5).padStart(7)} ms`,
    `p95 ${at(times, 0.95).padStart(7)} ms`,
    `processor ${own.toFixed(1).padStart(6)} + ${database.toFixed(1).padStart(6)} ms`,
    `${bytes} B`,
  ]
  return `${name.padEnd(36)} ${cells.join('  ')}`
}

for (const text of values.extents.split(','))
  for (const kind of values.ledger.split(',')) await measure(kind as Kind, text)
