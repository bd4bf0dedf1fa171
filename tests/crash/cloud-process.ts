import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { type LocalCloud, startCloud } from '../support/cloud.ts'
import { type Fate, type Gate, startGate } from '../support/gate.ts'
import { type ServingProcess, startServing } from '../support/serving.ts'
import { withoutManifests } from '../support/world.ts'
import { DATE, STEPS } from './story.ts'

const LOCATIONS = `version: 1
locations:
  - id: "185001"
    name: East
    time_zone: America/New_York
    active_from: ${DATE}
    active_to: ${DATE}
    streams_off: [check_details, item_selection_details, all_items_report, kitchen_timings, cash_entries]
`

/** A cloud on which real processes serve, behind gates that see each of their requests. */
export interface CloudProcesses {
  readonly cloud: LocalCloud
  readonly processes: readonly ServingProcess[]
  /** Ends a process at once, as the machine does that it runs on; another one takes its place when it is gone. */
  kill(): void
  /** Uploads what the server shows at a step. */
  upload(step: number): Promise<void>
  /** Waits until nothing is left to be done. */
  settled(): Promise<void>
  /** Rows of the tables, stored objects, and what the ledger says of the slices. */
  state(): Promise<CloudState>
  close(): Promise<void>
}

export interface CloudState {
  readonly tables: Readonly<Record<string, unknown>>
  readonly objects: readonly string[]
  readonly slices: readonly string[]
  readonly dead: number
}

export interface CloudProcessesOptions {
  readonly count?: number
  /** Fate of a request to Cloud Storage or BigQuery. */
  readonly decide?: (request: string) => Fate
  /** The process is killed where a request is cut. */
  readonly kills?: boolean
}

export async function startCloudProcesses(options: CloudProcessesOptions = {}): Promise<CloudProcesses> {
  const { count = 1, decide = () => 'pass' as const, kills = true } = options
  const cloud = await startCloud({ locations: LOCATIONS })
  const processes: ServingProcess[] = []
  let restarted: Promise<unknown> = Promise.resolve()
  const kill = () => {
    const [old] = processes
    if (!old) return
    old.kill('SIGKILL')
    restarted = old.ended.then(async () => {
      processes[0] = await startServing(cloud.projectDir, { ...cloud.env, PORT: String(old.port) })
    })
  }
  const onCut = kills ? kill : () => undefined
  const gates = [
    await startGate(cloud.storage.url, { decide, onCut }),
    await startGate(cloud.bigquery.url, { decide, onCut }),
  ]
  await putBehind(cloud, gates)
  for (let nth = 0; nth < count; nth++) processes.push(await startServing(cloud.projectDir, cloud.env))
  const front = await startGate(processes.map(({ port }) => `http://127.0.0.1:${port}`))
  await cloud.pushTo(Number(new URL(front.url).port))

  const command = async (...argv: string[]) => {
    const { stdout, stderr } = await daybreak([...argv, '-e', 'cloud', '-o', 'json'], {
      cwd: cloud.projectDir,
      clock: systemClock,
    })
    if (stdout === '') throw new Error(`daybreak ${argv.join(' ')}: ${stderr}`)
    return JSON.parse(stdout) as readonly Record<string, string>[]
  }
  const slices = async () =>
    (await command('slices', 'list')).map(({ stream, location, date, state }) =>
      [stream, location, date, state].join(' '),
    )
  const isSettled = async () => {
    const states = await slices()
    if (states.length < 2 || !states.every((slice) => slice.endsWith(' loaded'))) return false
    return (await command('runs', 'list')).every(({ state }) => state !== 'queued' && state !== 'running')
  }
  return {
    cloud,
    processes,
    kill,
    async upload(step) {
      for (const { name, bytes } of STEPS[step]!)
        await cloud.upload(`185001/${DATE.replaceAll('-', '')}/${name}`, bytes)
    },
    async settled() {
      for (const end = Date.now() + 60_000; Date.now() < end; await wait(150)) {
        await restarted
        if (backlogOf(cloud) === 0 && (await isSettled())) return
      }
      throw new Error(
        `not in time: ${await slices()}\n${processes
          .map((one) => one.written())
          .join('')
          .slice(-3000)}`,
      )
    },
    async state() {
      const tables: Record<string, unknown> = {}
      for (const stream of ['order_details', 'payment_details'])
        tables[stream] = (
          await cloud.bigquery.rows(
            `SELECT COLUMNS(c -> c NOT IN ('_run_id', '_loaded_at')) FROM "toast"."${stream}" ORDER BY ALL`,
          )
        ).map(String)
      const names = ['acme-raw', 'acme-parts'].flatMap((bucket) => cloud.storage.bucket(bucket).names())
      const dead = (await command('incidents', 'list')).filter(({ key = '' }) =>
        /^(message|load|run)\//.test(key),
      ).length
      return { tables, objects: withoutManifests(names), slices: await slices(), dead }
    },
    async close() {
      await restarted.catch(() => undefined)
      for (const process of processes) process.kill('SIGKILL')
      await Promise.all(processes.map(({ ended }) => ended))
      await Promise.all([front, ...gates].map((gate) => gate.close()))
      await cloud.close()
    },
  }
}

/** Lets processes of the project reach storage and warehouse through gates alone. */
async function putBehind(
  { projectDir, storage, bigquery }: LocalCloud,
  [first, second]: readonly Gate[],
): Promise<void> {
  const path = join(projectDir, 'config', 'environments', 'cloud.yaml')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replaceAll(storage.url, first!.url).replaceAll(bigquery.url, second!.url))
}

function backlogOf({ pubsub }: LocalCloud): number {
  return ['tick', 'ingest', 'load', 'file-arrival']
    .map((topic) => pubsub.backlog(`projects/acme-daybreak/subscriptions/daybreak-${topic}`).length)
    .reduce((sum, count) => sum + count, 0)
}
