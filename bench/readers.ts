import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { addDays } from '../functions/lib/business-date.ts'
import { mockLocations } from '../mock/locations.ts'
import { writeTree } from '../mock/tree.ts'
import { forgetLoads } from '../tests/support/large-ledger-file.ts'
import { hasOpenSsh, startOpenSsh } from '../tests/support/openssh.ts'
import { type Asked, openCaller } from './large/ask.ts'
import { extentOf, type Kind, openPlace, type Place } from './large/place.ts'
import { cpuOf, load } from './large/process.ts'
import { readsOf } from './large/reads.ts'
import { type Server, startServing } from './large/serve.ts'

const { values } = parseArgs({
  options: {
    ledger: { type: 'string', default: 'sqlite,postgres' },
    extent: { type: 'string', default: '200x72' },
    readers: { type: 'string', default: '100' },
    pause: { type: 'string', default: '10' },
    locations: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '4' },
    start: { type: 'string', default: '2024-06-10' },
    folder: { type: 'string' },
  },
})
const READERS = Number(values.readers)
const PAUSE = Number(values.pause) * 1_000
// Before the days of a generated ledger: their files are nowhere.
const START = values.start
/** Screens that people have open in the morning, by the names of their reads. */
const SCREENS = [
  ...['today: a week of all', 'two months of a location', 'a day', 'slices that are missing', 'a slice', 'runs'],
  ...['a run', 'incidents', 'an incident', 'quality of a stream, a month', 'rows by day, a week', 'audit'],
]

/** Result, counts and times of a night. */
interface Night {
  readonly state: string
  readonly slices: number
  readonly statements: number
  readonly wall: number
  readonly processor: number
}

/** Nights without readers and with a hundred people who read, in turns, over one ledger. */
async function measure(kind: Kind): Promise<void> {
  const place = await openPlace(kind, extentOf(values.extent), values.folder)
  await forgetLoads(place.login ?? place.ledgerFile ?? '')
  const root = join(place.home, 'source')
  const [locations, rounds] = [Number(values.locations), Number(values.rounds)]
  const places = mockLocations(locations, [])
  writeTree({ out: root, locations: places, startDate: START, days: 2 * rounds + 1, seed: 11, profile: 'bar' })
  const sshd = hasOpenSsh ? await startOpenSsh() : null
  const server = await startServing(place)
  const worker = await startWorker(place, locations, sshd === null ? {} : sourceOf(sshd, place, root))
  try {
    await worker.night(START)
    console.log(`${kind}, ${values.extent}, ${locations} locations a night, load ${load()}`)
    for (let round = 0; round < rounds; round++) {
      tell('no readers', await worker.night(addDays(START, 2 * round + 1)), null)
      const readers = read(server, place)
      await wait(PAUSE)
      const night = await worker.night(addDays(START, 2 * round + 2))
      tell(`${READERS} read`, night, await readers.stop())
    }
  } finally {
    await worker.stop()
    await server.stop()
    await sshd?.close()
    await place.close()
  }
}

function tell(name: string, { state, slices, statements, wall, processor }: Night, asked: string | null): void {
  const own = `${state}, ${slices} slices, ${statements} statements, ${wall.toFixed(2)} s, processor ${processor.toFixed(2)} s`
  console.log(`${name.padEnd(14)} ${own}${asked === null ? '' : `; ${asked}`}, load ${load()}`)
}

/** People who look at another screen every few seconds, from different moments on. */
function read(server: Server, place: Place): { stop(): Promise<string> } {
  const asked = readsOf(place).filter(({ name }) => SCREENS.includes(name))
  const [caller, times, began, cpu] = [
    openCaller(server, READERS),
    [] as number[],
    performance.now(),
    cpuOf(server.pid),
  ]
  const stopping = new AbortController()
  let failures = 0
  const person = async (number: number) => {
    await pause((number / READERS) * PAUSE, stopping.signal)
    for (let screen = number; !stopping.signal.aborted; screen++) {
      const start = performance.now()
      // A server that gets no processor time lets requests end by their timeouts.
      const isAnswered = await caller.send(asked[screen % asked.length] as Asked).then(
        () => true,
        () => false,
      )
      if (isAnswered) times.push(performance.now() - start)
      else failures++
      await pause(PAUSE - (performance.now() - start), stopping.signal)
    }
  }
  const people = Promise.all(Array.from({ length: READERS }, (_, number) => person(number)))
  return {
    async stop() {
      stopping.abort()
      await people
      caller.close()
      const seconds = (performance.now() - began) / 1_000
      const sorted = times.toSorted((a, b) => a - b)
      const median = Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)
      const share = (((cpuOf(server.pid) - cpu) / seconds) * 100).toFixed(0)
      return `${(times.length / seconds).toFixed(1)} screens/s, median ${median} ms, ${failures} failures, server ${share} % of a processor`
    },
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(Math.max(0, milliseconds), undefined, { signal }).catch(() => undefined)
}

type Env = Readonly<Record<string, string>>

function sourceOf(sshd: Awaited<ReturnType<typeof startOpenSsh>>, { home }: Place, root: string): Env {
  const key = join(home, 'client_key')
  writeFileSync(key, sshd.ed25519, { mode: 0o600 })
  return {
    DAYBREAK_SFTP_HOST: sshd.host,
    DAYBREAK_SFTP_PORT: String(sshd.port),
    DAYBREAK_SFTP_USER: sshd.user,
    DAYBREAK_SFTP_KEY: key,
    DAYBREAK_SFTP_FINGERPRINT: sshd.hostKeys[0] ?? '',
    DAYBREAK_SFTP_ROOT: root,
  }
}

async function startWorker({ home, project }: Place, locations: number, source: Env) {
  const own = { DAYBREAK_HOME: home, DAYBREAK_PROJECT_DIR: project, BENCH_LOCATIONS: String(locations) }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'large/night.ts')], {
    env: { ...process.env, ...own, ...source },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return {
    async night(window: string): Promise<Night> {
      child.stdin.write(`${window}\n`)
      const { value } = await lines.next()
      return JSON.parse(String(value))
    },
    async stop() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

for (const kind of values.ledger.split(',')) await measure(kind as Kind)
