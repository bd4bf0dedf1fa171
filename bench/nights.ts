import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../functions/adapters/local/clock.ts'
import { compose, type Daybreak } from '../functions/compose.ts'
import { LocationsConfig } from '../functions/config/config.ts'
import { loadProject } from '../functions/config/project.ts'
import { addDays } from '../functions/lib/business-date.ts'
import { createBackfill, workBackfill } from '../functions/pipeline/work/backfill.ts'
import { mockLocations } from '../mock/locations.ts'
import { writeTree } from '../mock/tree.ts'
import { hasOpenSsh, startOpenSsh } from '../tests/support/openssh.ts'

const ROOT = join(import.meta.dirname, '..')
const START = '2025-03-10'

/** Locations and days to measure. */
interface NightsOptions {
  readonly locations: number
  readonly days: number
}

/** Times and memory that were measured. */
interface NightsResult {
  /** Milliseconds from listing to loaded partitions, one location-night, process and connection warm or not. */
  readonly firstNight: number
  readonly warmNights: readonly number[]
  readonly backfill: {
    readonly locationNights: number
    readonly seconds: number
    readonly slices: number
    readonly rows: number
  }
  /** MiB of resident memory: after the single nights, halfway through the backfill, at its end, and the peak. */
  readonly memory: { readonly warm: number; readonly half: number; readonly end: number; readonly peak: number }
  readonly source: 'openssh' | 'folder'
}

/** The everyday shape: nights of seven small files over SFTP, one by one and then as a backfill. Nothing is simulated but Toast. */
async function benchNights({ locations: count, days }: NightsOptions): Promise<NightsResult> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'))
  const sshd = hasOpenSsh ? await startOpenSsh() : null
  try {
    const places = mockLocations(count, [])
    const root = join(folder, 'server')
    writeTree({ out: root, locations: places, startDate: START, days: days + 1, seed: 11, profile: 'bar' })
    const env = await environmentOf(folder, root, sshd)
    const project = await loadProject({ projectDir: ROOT, environment: 'local', env })
    const { locations } = LocationsConfig.parse({
      version: 1,
      locations: places.map(({ id, name, timeZone, closeoutHour }) => ({
        id,
        name,
        time_zone: timeZone,
        closeout_hour: closeoutHour,
      })),
    })
    const daybreak = await compose(project, { clock: systemClock, log: () => undefined, locations })
    const result = await measure(
      daybreak,
      places.map(({ id }) => id),
      days,
    )
    await daybreak.close()
    return { ...result, source: sshd ? 'openssh' : 'folder' }
  } finally {
    await sshd?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(
  daybreak: Daybreak,
  ids: readonly string[],
  days: number,
): Promise<Omit<NightsResult, 'source'>> {
  const nights: number[] = []
  for (const id of ids.slice(0, 6)) {
    const began = performance.now()
    const run = await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: [START], shards: [id] } })
    const finished = await daybreak.drive(run)
    if (finished.state !== 'succeeded') throw new Error(`run ${finished.state}: ${finished.reason?.message}`)
    nights.push(performance.now() - began)
  }
  const warm = residentMiB()
  // After the day of the single nights, so that nothing is counted that was done before.
  const startDate = addDays(START, 1)
  const endDate = addDays(START, days)
  const request = {
    pipeline: 'toast',
    from: startDate,
    to: endDate,
    shards: [...ids],
    streams: [],
    unit: 'day' as const,
    fromArchive: false,
    force: false,
    reload: false,
  }
  const { id } = await createBackfill(request, daybreak.ports)
  const began = performance.now()
  let half = 0
  const finished = await workBackfill(
    id,
    async (run) => {
      const done = await daybreak.drive(run)
      if (done.scope.windows?.includes(addDays(startDate, Math.floor(days / 2)))) half = residentMiB()
      return done
    },
    daybreak.ports,
  )
  const seconds = (performance.now() - began) / 1000
  if (finished.state !== 'succeeded') throw new Error(`backfill ${finished.state}: ${finished.reason?.message}`)
  const runs = await Promise.all(finished.runIds.map((runId) => daybreak.ports.ledger.run(runId)))
  const sum = (value: 'slices' | 'rows') => runs.reduce((total, run) => total + (run?.counts[value] ?? 0), 0)
  const [firstNight = 0, ...warmNights] = nights
  return {
    firstNight,
    warmNights,
    backfill: { locationNights: ids.length * days, seconds, slices: sum('slices'), rows: sum('rows') },
    memory: { warm, half, end: residentMiB(), peak: Math.round(process.resourceUsage().maxRSS / 1024) },
  }
}

async function environmentOf(folder: string, root: string, sshd: Awaited<ReturnType<typeof startOpenSsh>> | null) {
  const home = { DAYBREAK_HOME: join(folder, 'home') }
  if (sshd === null) return home
  const key = join(folder, 'client_key')
  await writeFile(key, sshd.ed25519, { mode: 0o600 })
  return {
    ...home,
    DAYBREAK_SFTP_HOST: sshd.host,
    DAYBREAK_SFTP_PORT: String(sshd.port),
    DAYBREAK_SFTP_USER: sshd.user,
    DAYBREAK_SFTP_KEY: key,
    DAYBREAK_SFTP_FINGERPRINT: sshd.hostKeys[0] ?? '',
    DAYBREAK_SFTP_ROOT: root,
  }
}

function residentMiB(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576)
}

if (import.meta.main) {
  const [locations = 10, days = 30] = process.argv.slice(2).map(Number)
  console.log(JSON.stringify(await benchNights({ locations, days }), null, 2))
}
