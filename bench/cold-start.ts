import {
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type LocalCloud, startCloud } from '../tests/support/cloud.ts'
import { type Built, buildImage, UNPRIVILEGED } from '../tests/support/image/build.ts'
import { cannotContain, runInside, startInside, WRITABLE } from '../tests/support/image/container.ts'
import { serveInside } from '../tests/support/image/serving.ts'

/** Use of a process by a moment: milliseconds since it was started, and of processor time. */
interface Moment {
  readonly wall: number
  readonly cpu: number
}

const ROOT = join(import.meta.dirname, '..')
const ROUNDS = Number(process.argv[2] ?? 7)
// A push that says nothing is acknowledged once that is recorded. The account that signs pushes may not ask for a backfill.
const REFUSED = { tick: 204, ingest: 204, load: 204, 'file-arrival': 204, 'dead-letter': 204, backfill: 403 } as const

/** Cold starts in the image that the Dockerfile makes, with the compiled code that it brings and without. */
async function measureAll(): Promise<void> {
  const into = mkdtempSync(join(tmpdir(), 'daybreak-cold-start-'))
  const servers = await startCloud()
  try {
    const image = buildImage({ checkout: ROOT, into })
    printLayers(image)
    const { http } = writeProject(image, servers)
    const token = servers.identity.token({ aud: http.audience, email: http.push_accounts[0] })
    console.log(
      `\nmilliseconds until; in brackets of processor time by then; medians of ${ROUNDS} rounds, taken in turns`,
    )
    console.log(`${''.padEnd(38)}${VARIANTS.map(([name]) => name.padStart(24)).join('')}`)
    if (!process.argv.includes('--import')) await measureServer(image, token)
    await measureCommandLine(image)
  } finally {
    await servers.close()
    rmSync(into, { recursive: true, force: true })
  }
}

const VARIANTS = [
  ['as it is built', {}],
  ['without compiled code', { NODE_DISABLE_COMPILE_CACHE: '1' }],
] as const

function printLayers({ layers }: Built): void {
  console.log('layer                                                      MB')
  for (const { instruction, bytes } of layers) console.log(instruction.padEnd(54), (bytes / 1e6).toFixed(1).padStart(6))
}

const CloudEnvironment = z.object({
  ledger: z.object({ host: z.string().startsWith('/').optional() }),
  http: z.object({ audience: z.string(), push_accounts: z.tuple([z.string()]) }),
})

/** Puts a project whose every port is Google's client talking to this machine where the container finds it. */
function writeProject({ root }: Built, { projectDir }: LocalCloud): z.infer<typeof CloudEnvironment> {
  cpSync(projectDir, join(root, WRITABLE, 'project'), { recursive: true })
  const file = join(projectDir, 'config/environments/cloud.yaml')
  const environment = CloudEnvironment.parse(JSON.parse(readFileSync(file, 'utf8')))
  const { host } = environment.ledger
  // PostgreSQL listens on a socket of this machine, which has a second name inside.
  if (host) linkSockets(host, join(root, host))
  return environment
}

function linkSockets(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  const sockets = readdirSync(from).filter((name) => statSync(join(from, name)).isSocket())
  for (const name of sockets) linkSync(join(from, name), join(to, name))
}

type Variables = Readonly<Record<string, string>>

async function measureServer(image: Built, token: string): Promise<void> {
  const here = { DAYBREAK_OPEN_TO_THIS_MACHINE: '1', DAYBREAK_HOME: `${WRITABLE}/home` }
  const there = {
    DAYBREAK_ENV: 'cloud',
    DAYBREAK_PROJECT_DIR: `${WRITABLE}/project`,
    DAYBREAK_HOME: `${WRITABLE}/home`,
  }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const until = (what: string, env: Variables, done: (base: string) => Promise<number>, expected = 200) =>
    measure([what], async (variant) => [await serveUntil(image, { ...env, ...variant }, done, expected)])
  await until('one machine: listening', here, async () => 200)
  await until('one machine: ready', here, (base) => statusOf(`${base}/readyz`))
  await until('cloud: listening', there, async () => 200)
  await until('cloud: alive', there, (base) => statusOf(`${base}/healthz`))
  await until('cloud: ready', there, (base) => statusOf(`${base}/readyz`))
  for (const [path, status] of Object.entries(REFUSED)) {
    const ask = (base: string) => statusOf(`${base}/${path}`, { method: 'POST', body: '{}', headers })
    await until(`cloud: first answer of ${path}`, there, ask, status)
  }
}

async function statusOf(url: string, request: RequestInit = {}): Promise<number> {
  const response = await fetch(url, request)
  await response.text()
  return response.status
}

/** Starts the image, waits until it listens and until something more is done, and kills it. */
async function serveUntil(
  image: Built,
  env: Variables,
  done: (base: string) => Promise<number>,
  expected = 200,
): Promise<Moment> {
  const startedAt = performance.now()
  const server = await serveInside(image, { env })
  const status = await done(server.base)
  const moment = { wall: performance.now() - startedAt, cpu: cpuOf(server.pid) }
  server.kill('SIGKILL')
  await server.ended
  if (status !== expected) throw new Error(`it answered ${status}; expected ${expected}`)
  return moment
}

/** `daybreak import` of one small night in a process of its own: its first slice staged, its seven, all loaded. */
async function measureCommandLine(image: Built): Promise<void> {
  const mock = ['node', 'cli/daybreak.mjs', 'mock', '--locations', '1', '--days', '1', '--profile', 'small']
  const { status, stderr } = runInside(image, [...mock, '--out', `${WRITABLE}/exports`])
  if (status !== 0) throw new Error(stderr)
  await measure(
    WAYPOINTS.map((what) => `daybreak import: ${what}`),
    async (variant) => {
      const night = await importOnce(image, variant, `${WRITABLE}/night`)
      return WAYPOINTS.map((what) => night[what])
    },
  )
}

const WAYPOINTS = ['first slice staged', 'seven slices staged', 'over'] as const
type Night = Readonly<Record<(typeof WAYPOINTS)[number], Moment>>

async function importOnce(image: Built, variant: Variables, home: string): Promise<Night> {
  const folder = join(image.root, home)
  mkdirSync(folder)
  chownSync(folder, UNPRIVILEGED, UNPRIVILEGED)
  const words = [
    'node',
    'cli/daybreak.mjs',
    'import',
    `${WRITABLE}/exports`,
    '--time-zone',
    'America/New_York',
    '--log-format',
    'json',
    '-v',
  ]
  const startedAt = performance.now()
  const child = startInside(image, { env: { ...variant, DAYBREAK_HOME: home } }, words)
  const moments: Record<string, Moment> = {}
  const happened = (what: keyof Night) => {
    moments[what] ??= { wall: performance.now() - startedAt, cpu: cpuOf(child.pid ?? 0) }
  }
  // A part is staged when it has its name.
  const watcher = watch(folder, { recursive: true }, (_, path) => {
    if (path && /objects\/parts\/.*\.parquet$/.test(path)) happened('first slice staged')
  })
  let text = ''
  child.stdout?.resume()
  child.stderr?.on('data', (chunk) => {
    text += chunk
    if (text.includes('"step":"stage"')) happened('seven slices staged')
    if (text.includes('"Run ')) happened('over')
  })
  const code = await new Promise<number | null>((done) => child.on('close', done))
  watcher.close()
  rmSync(folder, { recursive: true })
  const { 'first slice staged': first, 'seven slices staged': seven, over } = moments
  if (code !== 0 || !first || !seven || !over) throw new Error(`the import ended with ${code}: ${text}`)
  return { 'first slice staged': first, 'seven slices staged': seven, over }
}

// What Linux counts processor time in: a hundredth of a second.
const TICK = 10

function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * TICK
  } catch {
    return 0
  }
}

/** Every variant in every round, so that other work of the machine affects all of them alike. */
async function measure(
  what: readonly string[],
  once: (variant: Variables) => Promise<readonly Moment[]>,
): Promise<void> {
  const rounds: (readonly (readonly Moment[])[])[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const moments: (readonly Moment[])[] = []
    for (const [, variant] of VARIANTS) moments.push(await once(variant))
    rounds.push(moments)
  }
  for (const [line, name] of what.entries()) {
    const columns = VARIANTS.map((_, variant) => {
      const moments = rounds.flatMap((round) => round[variant]?.[line] ?? [])
      return `${median(moments.map(({ wall }) => wall))} (${median(moments.map(({ cpu }) => cpu))})`.padStart(24)
    })
    console.log(name.padEnd(38) + columns.join(''))
  }
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0)
}

const reason = cannotContain()
if (reason !== null) console.log(`skipped: ${reason}`)
else await measureAll()
