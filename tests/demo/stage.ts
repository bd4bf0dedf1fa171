import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { ensureKey } from '../../cli/dev/sftp-keys.ts'
import { startSftpServer } from '../../cli/dev/sftp-server.ts'
import { main } from '../../cli/main.ts'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { type LocalCloud, startCloud } from '../support/cloud.ts'
import { type Fate, startGate } from '../support/gate.ts'
import { type ServingProcess, startServing } from '../support/serving.ts'
import { ROOT } from '../support/world.ts'
import type { Days } from './days.ts'

/** Where the demo plays: a Google Cloud of this machine, two processes of the container, and restaurants that deliver. */
export interface Stage {
  readonly cloud: LocalCloud
  readonly processes: readonly ServingProcess[]
  /** Root of the SFTP server. */
  readonly server: string
  /** A request of an operator to the service. */
  call(method: 'GET' | 'POST', path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Sets the fate of pushes to a path. */
  pushes(decide: (request: string) => Fate): void
  /** Rows of a command's `-o json`. */
  rows(...argv: readonly string[]): Promise<readonly Record<string, unknown>[]>
  /** Runs a command of the command line, printed before its output. */
  show(...argv: readonly string[]): Promise<void>
  /** Waits until no message waits and no run is at work. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** The locations of the demo; the last one brings its files to a bucket, and so belongs to another pipeline. */
export const LOCATIONS = [
  { id: '185001', name: 'Harbor Street Dumplings', timeZone: 'America/New_York', closeoutHour: 4 },
  { id: '185002', name: 'The Second Verse', timeZone: 'America/Chicago', closeoutHour: 5 },
  { id: '185003', name: 'Alder & Salt', timeZone: 'America/Los_Angeles', closeoutHour: 4 },
] as const
export const POP_UP = { id: '185004', name: 'Pier 4 Pop-up', timeZone: 'America/New_York', closeoutHour: 4 } as const

export async function setStage(stdout: Writable, days: Days, program?: string): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'daybreak-demo-'))
  const server = join(home, 'server')
  await mkdir(server)
  const [hostKey, clientKey] = [
    await ensureKey(join(home, 'sftp'), 'host'),
    await ensureKey(join(home, 'sftp'), 'client'),
  ]
  const sftp = await startSftpServer({
    ...{ root: server, port: 0, user: 'toast' },
    ...{ hostKey: hostKey.privateKey, clientKey: clientKey.publicKey },
  })
  const source = {
    ...{ kind: 'sftp', host: sftp.host, port: sftp.port, user: 'toast' },
    ...{ private_key: 'secret://sftp-key', host_keys: [sftp.hostKeyFingerprint], minimum_age: '0s' },
  }
  const cloud = await startCloud({
    locations: locationsText(days),
    datasets: ['toast', 'inbox'],
    environment: { sources: { toast: source, inbox: { kind: 'gcs', bucket: 'acme-inbox' } } },
  })
  cloud.secrets.secrets.add('sftp-key', clientKey.privateKey)
  await addInboxPipeline(cloud.projectDir)
  const processes = await Promise.all([0, 1].map(() => startServing(cloud.projectDir, cloud.env, program)))
  let decide: (request: string) => Fate = () => 'pass'
  const front = await startGate(
    processes.map(({ port }) => `http://127.0.0.1:${port}`),
    { decide: (request) => decide(request) },
  )
  await cloud.pushTo(Number(new URL(front.url).port))

  const context = { cwd: cloud.projectDir, clock: systemClock }
  const rows = async (...argv: readonly string[]) => {
    const done = await daybreak([...argv, '-e', 'cloud', '-o', 'json'], context)
    if (done.stdout === '') throw new Error(`daybreak ${argv.join(' ')}: ${done.stderr}`)
    return JSON.parse(done.stdout) as readonly Record<string, unknown>[]
  }
  const isAtWork = async () =>
    (await rows('runs', 'list')).some(({ state }) => state === 'queued' || state === 'running')
  return {
    ...{ cloud, processes, server, rows },
    call: (method, path, body, headers = {}) =>
      fetch(`${front.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...cloud.authorization(), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    pushes: (next) => {
      decide = next
    },
    async show(...argv) {
      const shown = argv.map((word) => (/[ '(]/.test(word) ? `"${word}"` : word)).join(' ')
      stdout.write(`\n$ npx daybreak ${shown} -e cloud\n`)
      await main([...argv, '-e', 'cloud'], {
        ...{ env: {}, stdin: process.stdin, stdout, stderr: process.stderr, columns: null, program: [], ...context },
        ...{ isTTY: { stdin: false, stdout: false, stderr: false }, signal: new AbortController().signal },
      })
    },
    async settled() {
      for (const end = Date.now() + 60_000; Date.now() < end; await wait(200))
        if (waiting(cloud) === 0 && !(await isAtWork())) return
      throw new Error(
        `it did not end in time:\n${processes
          .map((one) => one.written())
          .join('')
          .slice(-2000)}`,
      )
    },
    async close() {
      for (const process of processes) process.kill('SIGTERM')
      await Promise.all(processes.map(({ ended }) => ended))
      await front.close()
      await cloud.close()
      await sftp.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Messages that still have to be brought, dead letters included. */
function waiting({ pubsub }: LocalCloud): number {
  return ['tick', 'ingest', 'load', 'build', 'file-arrival']
    .flatMap((topic) => [`daybreak-${topic}`, `daybreak-${topic}-dead-letter`])
    .map((name) => pubsub.backlog(`projects/acme-daybreak/subscriptions/${name}`).length)
    .reduce((sum, count) => sum + count, 0)
}

function locationsText({ backfill, nights, gap }: Days): string {
  const entry = ({ id, name, timeZone, closeoutHour }: (typeof LOCATIONS)[number] | typeof POP_UP) => ({
    ...{ id, name, time_zone: timeZone, closeout_hour: closeoutHour },
    ...{ active_from: backfill[0], active_to: nights.at(-1), closed: gap },
  })
  const popUp = { ...entry(POP_UP), active_from: nights.at(-1), closed: [], pipelines: ['inbox'] }
  return JSON.stringify({ version: 1, locations: [...LOCATIONS.map(entry), popUp] })
}

/** The same contracts once more, for what is brought to a bucket: one YAML, no TypeScript. */
async function addInboxPipeline(projectDir: string): Promise<void> {
  const config = join(projectDir, 'config')
  await cp(join(ROOT, 'config/contracts/toast'), join(config, 'contracts/inbox'), { recursive: true })
  const text = await readFile(join(ROOT, 'config/pipelines/toast.yaml'), 'utf8')
  const inbox = text.replace('pipeline: toast', 'pipeline: inbox').replace('source: toast', 'source: inbox')
  await writeFile(join(config, 'pipelines/inbox.yaml'), inbox)
}
