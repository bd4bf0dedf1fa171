import { cp, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Temporal } from 'temporal-polyfill'
import { mockLocations } from '../../mock/locations.ts'
import { writeTree } from '../../mock/tree.ts'
import { type LocalCloud, startCloud } from '../../tests/support/cloud.ts'
import { type OpenSsh, startOpenSsh } from '../../tests/support/openssh.ts'
import { startServing } from '../../tests/support/serving.ts'
import { type Instances, startInstances } from './instances.ts'
import { between, countUsage, type Usage } from './usage.ts'

/** Size of a simulated morning. */
interface MorningOptions {
  readonly locations: number
  /** Days that were loaded before, with the morning's look-back over them. */
  readonly history: number
  readonly processes: number
  /** Seconds that a load job takes, as it would at BigQuery. */
  readonly jobSeconds: number
  /** Share of the locations whose files come after the first look. */
  readonly late: number
  /** Multiplies the number of orders of the small profile. */
  readonly scale: number
}

/** One step of the morning. */
export interface Phase {
  readonly name: string
  /** Seconds from its trigger to the last partition loaded. */
  readonly seconds: number
  readonly usage: Usage
}

/** Counts and times of a simulated morning. */
export interface Morning {
  readonly options: MorningOptions
  readonly slicesLoaded: number
  readonly rawBytes: number
  readonly phases: readonly Phase[]
  readonly peakMemory: number
  readonly failedPushes: number
}

// Those of infra/: messages that an instance of a worker works on at a time.
const CONCURRENCY = 4

/** A whole scheduled morning: history, the first look of the zone, sweeps until it is complete, and one that finds nothing. */
export async function measureMorning(options: MorningOptions): Promise<Morning> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-cloud-'))
  const sshd = await startOpenSsh({ config: ['MaxStartups 100', 'MaxSessions 100'] })
  const town = await build(options, join(folder, 'server'))
  const cloud = await startCloud({
    locations: town.locations,
    postgres: { shared_preload_libraries: 'pg_stat_statements', shared_buffers: '128MB' },
    maxOutstanding: options.processes * CONCURRENCY,
  })
  await cloud.postgres?.sql('create extension if not exists pg_stat_statements')
  await adapt(cloud, sshd, town.root)
  const servers = await Promise.all(
    Array.from({ length: options.processes }, () => startServing(cloud.projectDir, cloud.env)),
  )
  const instances = await startInstances(servers, CONCURRENCY)
  const jobs = holdJobs(cloud, options.jobSeconds)
  try {
    await Promise.all(servers.map(({ port }) => untilReady(port)))
    await cloud.pushTo(instances.port)
    return await measure({ cloud, instances, town }, options)
  } catch (error) {
    console.error(servers.map((server) => server.written().slice(-3000)).join('\n'))
    throw error
  } finally {
    jobs.stop()
    await instances.close()
    await cloud.close()
    await sshd.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Files of the SFTP server, and those that are still to come. */
interface Town {
  readonly root: string
  readonly locations: string
  readonly zone: string
  readonly ids: readonly string[]
  readonly yesterday: string
  readonly firstDay: string
  arrive(which: 'history' | 'on time' | 'late'): Promise<void>
  readonly rawBytes: number
}

/** A zone in which it is just past the first look, so that no clock need be moved. */
function zoneOfNow(now: Temporal.Instant): string {
  const hours = now.toZonedDateTimeISO('UTC').subtract({ minutes: 31 }).hour - 4
  const behind = hours > 12 ? hours - 24 : hours
  return behind === 0 ? 'UTC' : `Etc/GMT${behind > 0 ? '+' : '-'}${Math.abs(behind)}`
}

async function build({ locations: count, history, late, scale }: MorningOptions, root: string): Promise<Town> {
  const now = Temporal.Now.instant()
  const zone = zoneOfNow(now)
  const yesterday = now.toZonedDateTimeISO(zone).toPlainDate().subtract({ days: 1 })
  const firstDay = yesterday.subtract({ days: history })
  const places = mockLocations(count, []).map((place) => ({ ...place, timeZone: zone }))
  const hidden = `${root}.hidden`
  const startDate = firstDay.toString()
  const { files } = writeTree({
    ...{ out: hidden, locations: places, startDate, days: history + 1, seed: 7 },
    ...{ profile: 'small', scale },
  })
  const before = new Date(now.epochMilliseconds - 600_000)
  const lateIds = new Set(places.slice(places.length - Math.round(count * late)).map(({ id }) => id))
  const turnOf = ({ date, location }: (typeof files)[number]) =>
    date !== yesterday.toString() ? 'history' : lateIds.has(location) ? 'late' : 'on time'
  return {
    root,
    zone,
    ids: places.map(({ id }) => id),
    yesterday: yesterday.toString(),
    firstDay: startDate,
    rawBytes: files.filter(({ date }) => date === yesterday.toString()).reduce((sum, { bytes }) => sum + bytes, 0),
    locations: JSON.stringify({
      version: 1,
      locations: places.map(({ id, name }) => ({
        id,
        name,
        time_zone: zone,
        closeout_hour: 4,
        active_from: startDate,
      })),
    }),
    async arrive(which) {
      for (const file of files.filter((each) => turnOf(each) === which)) {
        await cp(join(hidden, file.path), join(root, file.path), { recursive: true })
        await utimes(join(root, file.path), before, before)
      }
      await cp(join(hidden, 'faults.json'), join(root, 'faults.json'))
    },
  }
}

/** The environment of the tests, with an SFTP server in place of the inbox and sweeps that need not be waited for. */
async function adapt({ projectDir, secrets }: LocalCloud, sshd: OpenSsh, root: string): Promise<void> {
  secrets.secrets.add('toast-sftp-key', Buffer.from(sshd.ed25519).toString())
  const path = join(projectDir, 'config', 'environments', 'cloud.yaml')
  const environment = JSON.parse(await readFile(path, 'utf8'))
  const { host, port, user, hostKeys } = sshd
  const toast = { kind: 'sftp', host, port, user, host_keys: hostKeys, root, private_key: 'secret://toast-sftp-key' }
  await writeFile(path, JSON.stringify({ ...environment, sources: { toast: { ...toast, connections: 2 } } }))
  const pipeline = join(projectDir, 'config', 'pipelines', 'toast.yaml')
  await writeFile(pipeline, (await readFile(pipeline, 'utf8')).replace('sweep_every: 15m', 'sweep_every: 4s'))
}

/** Load jobs take a while at BigQuery, and here not: so each of them waits. */
function holdJobs({ bigquery }: LocalCloud, seconds: number): { stop(): void } {
  if (seconds === 0) return { stop: () => undefined }
  bigquery.hold('loads')
  const timer = setInterval(() => {
    for (const { id, state, createdAt } of bigquery.jobs())
      if (state === 'PENDING' && Date.now() - createdAt >= seconds * 1000) void bigquery.release(id)
  }, 50)
  return { stop: () => clearInterval(timer) }
}

async function untilReady(port: number): Promise<void> {
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`)).ok) await wait(50)
}

interface Measuring {
  readonly cloud: LocalCloud
  readonly instances: Instances
  readonly town: Town
}

async function measure(measuring: Measuring, options: MorningOptions): Promise<Morning> {
  const { cloud, instances, town } = measuring
  const { postgres } = cloud
  if (postgres === null) throw new Error('skipped: no PostgreSQL, whose counters say what the ledger was asked')
  const phases: Phase[] = []
  const phase = async (name: string, expected: number, work: () => Promise<unknown>) => {
    const before = await countUsage(cloud, instances)
    const began = performance.now()
    await work()
    const seconds = await untilLoaded(measuring, expected, began)
    phases.push({ name, seconds, usage: between(before, await countUsage(cloud, instances)) })
  }
  const streams = 7
  const { length } = town.ids
  const lateCount = Math.round(length * options.late)
  const sweep = () => cloud.publish('tick', { pipeline: 'toast' })
  await town.arrive('history')
  if (options.history > 0)
    await phase('history', length * streams * options.history, () => backfill(measuring, options))
  // As if it had been loaded on its own mornings: the look-back of the next one reads a day's files once more.
  await postgres.sql('update worker1.slices set looked_at = looked_at - 86400000, updated_at = updated_at - 86400000')
  await town.arrive('on time')
  const onTime = length * streams * (options.history + 1) - lateCount * streams
  await phase('first look', onTime, () => cloud.publish('tick', { pipeline: 'toast', timeZone: town.zone }))
  if (lateCount > 0) {
    await wait(4_000)
    await phase('sweep, some missing', onTime, sweep)
    await town.arrive('late')
    await wait(4_000)
    await phase('sweep, the rest', onTime + lateCount * streams, sweep)
  }
  await wait(4_000)
  await phase('idle sweep', onTime + lateCount * streams, sweep)
  return {
    options,
    slicesLoaded: onTime + lateCount * streams,
    rawBytes: town.rawBytes,
    phases,
    peakMemory: instances.peakMemory(),
    failedPushes: cloud.pubsub.pushes().filter(({ answer }) => answer !== 204).length,
  }
}

async function backfill({ cloud, instances, town }: Measuring, { history }: MorningOptions): Promise<void> {
  const endDate = Temporal.PlainDate.from(town.firstDay)
    .add({ days: history - 1 })
    .toString()
  const { status } = await fetch(`http://127.0.0.1:${instances.port}/backfill`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'history', ...cloud.authorization() },
    body: JSON.stringify({ startDate: town.firstDay, endDate }),
  })
  if (status !== 202) throw new Error(`the backfill was answered ${status}`)
}

/** Seconds until so many slices are loaded, nothing is open and no push is under way. */
async function untilLoaded({ cloud }: Measuring, expected: number, began: number): Promise<number> {
  const { postgres, pubsub } = cloud
  let loadedAt = 0
  for (;;) {
    const [row] =
      (await postgres?.sql(`select (select count(*) from worker1.slices where state = 'loaded')::int as loaded,
      (select count(*) from worker1.messages where state = 'pending')::int as open`)) ?? []
    const { loaded, open } = { loaded: Number(row?.['loaded']), open: Number(row?.['open']) }
    if (loaded >= expected && loadedAt === 0) loadedAt = performance.now()
    const topics = ['tick', 'ingest', 'load'].map((name) => `projects/acme-daybreak/subscriptions/daybreak-${name}`)
    const backlog = topics.reduce((sum, name) => sum + pubsub.backlog(name).length, 0)
    if (loaded >= expected && open === 0 && backlog === 0) break
    if (performance.now() - began > 1_800_000)
      throw new Error(`${loaded} of ${expected} slices are loaded, ${open} messages open`)
    await wait(100)
  }
  // The last answers, and the statistics of the database.
  await wait(1_000)
  return (loadedAt - began) / 1000
}
