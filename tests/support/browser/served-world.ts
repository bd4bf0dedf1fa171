import { builtDashboard } from '../../../cli/dashboard/build.ts'
import { openDuckdbTransformer } from '../../../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../../../functions/compose/models.ts'
import { type Served, serveLaptop } from '../../../functions/compose/serve.ts'
import { LocationsConfig } from '../../../functions/config/config.ts'
import { addDays } from '../../../functions/lib/business-date.ts'
import type { Clock } from '../../../functions/pipeline/ports.ts'
import { generateNight } from '../../../mock/night.ts'
import { PROGRAM, UNLIMITED } from '../api-world.ts'
import { at } from '../definition.ts'
import { ofTheSeven } from '../seven.ts'
import { createWorld, ROOT, silent, type World } from '../world.ts'

/** Locations of the world, in three zones. */
const PLACES = [
  { id: '185001', name: 'Harbor Street', time_zone: 'America/New_York' },
  { id: '185002', name: 'Second Verse', time_zone: 'America/Chicago' },
  { id: '185003', name: 'Alder & Salt', time_zone: 'America/Los_Angeles' },
] as const

/** Last of the nights unless told, however many there are. */
const LAST = '2026-10-29'
/** Models that are built, with those that they read. The others of the project are not built yet. */
const BUILT = ['dayparts', 'order_facts', 'daily_sales', 'labour_daily', 'daily_location']
/** The file that has not come yet. */
const LATE = '185003/20261029/CashEntries.csv'

/** Nights of three locations, served: a missing file, a broken header, a rejected row, a file that was corrected. */
export interface ServedWorld {
  readonly world: World
  readonly served: Served
  /** Address without a path. */
  readonly origin: string
  /** Brings the file that has not come yet. */
  deliver(): Promise<void>
  close(): Promise<void>
}

/** Nights of three locations, before anything serves them. */
export interface Nights extends Pick<ServedWorld, 'world' | 'deliver' | 'close'> {
  readonly project: World['project']
  /** A clock that goes on from the last of them. */
  readonly clock: Clock
}

interface ServedWorldOptions {
  /** Nights before now. Default: 2. */
  readonly nights?: number
  /** Keeps the schedule and works. Default: true. */
  readonly isWorking?: boolean
  /** Last of the nights. Default: 2026-10-29. */
  readonly last?: string
  /** Names of the locations. */
  readonly names?: readonly string[]
  /** Changes a file before it is delivered. */
  readonly plant?: (path: string, text: string) => string
  /** Paths of files that no contract reads. */
  readonly others?: readonly string[]
}

export async function openNights({
  nights = 2,
  last = LAST,
  names = [],
  plant = (_, text) => text,
  others = [],
}: ServedWorldOptions = {}): Promise<Nights> {
  const dates = Array.from({ length: nights }, (_, at) => addDays(last, at + 1 - nights))
  const places = PLACES.map((place, at) => ({ ...place, name: names[at] ?? place.name, active_from: dates[0] }))
  const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  const { models: compiled } = await readCompiledModels(ROOT)
  const models = new Map(Object.entries(compiled).filter(([name]) => BUILT.includes(name)))
  const now = at(`${addDays(last, 1)}T17:00:00Z`)
  const world = await createWorld({ now, transformer, locations: places, models, profiles: true })
  for (const date of dates)
    for (const place of PLACES)
      for (const { path, bytes } of nightOf(place, date))
        if (path !== LATE) await world.write(path, plant(path, Buffer.from(planted(path, bytes)).toString('utf8')))
  for (const path of others) await world.write(path, 'a,b\r\n1,2\r\n')
  await world.run({ scope: { windows: dates } })
  await world.clock.advance(3_600_000)
  await holdOldest(world)
  const [corrected] = nightOf(PLACES[0], last).filter(({ path }) => path.endsWith('OrderDetails.csv'))
  if (corrected) await world.write(corrected.path, corrected.bytes)
  await world.run({ scope: { windows: dates } })
  const { sources } = world.project.environment
  const source = { ...sources['toast'], kind: 'folder' as const, root: world.source }
  const project = {
    ...world.project,
    locations: LocationsConfig.parse({ version: 1, locations: places }),
    environment: { ...world.project.environment, sources: { ...sources, toast: source } },
  } as World['project']
  return {
    ...{ world, project, clock: clockFrom(world.clock.now()) },
    async deliver() {
      const late = nightOf(PLACES[2], last).find(({ path }) => path === LATE)
      if (late) await world.write(late.path, late.bytes)
    },
    async close() {
      await world.close()
      await transformer.close()
    },
  }
}

export async function serveWorld(options: ServedWorldOptions = {}): Promise<ServedWorld> {
  const { world, project, clock, deliver, close } = await openNights(options)
  const served = await serveLaptop(project, {
    ...{ clock, log: silent, env: {}, port: 0, version: '0.1.0', program: PROGRAM, limits: UNLIMITED },
    dashboard: await builtDashboard({ program: PROGRAM, stderr: process.stderr }),
    isWorking: options.isWorking ?? true,
  })
  return {
    ...{ world, served, origin: `http://127.0.0.1:${served.port}`, deliver },
    async close() {
      await served.close()
      await close()
    },
  }
}

/** Holds the oldest partition of a mart, as a check that finds a row does. */
async function holdOldest(world: World): Promise<void> {
  const daybreak = await world.open()
  const { ledger } = daybreak.ports
  const [build] = (await ledger.builds({ model: 'daily_location' })).toSorted((a, b) => (a.window < b.window ? -1 : 1))
  if (build?.state !== 'idle') throw new TypeError('daily_location is not built')
  const { state: _, ...base } = build
  const message = `daily_location of ${build.window} is not published: the check sums_of_daily_sales (1 row) failed`
  const checks = [{ name: 'sums_of_daily_sales', effect: 'block', failed: 1 }] as const
  const held = { ...base, checks, state: 'held', reason: { code: 'MODEL_HELD', message } } as const
  await ledger.apply([{ change: 'build', build: held }])
  await daybreak.close()
}

/** A clock that began at an instant and goes on as the machine's does. */
function clockFrom(start: number): Clock {
  const offset = start - Date.now()
  return {
    now: () => Date.now() + offset,
    sleep: (milliseconds, signal) =>
      new Promise((done) => {
        const timer = setTimeout(end, milliseconds)
        function end() {
          clearTimeout(timer)
          signal?.removeEventListener('abort', end)
          done()
        }
        if (signal?.aborted) end()
        else signal?.addEventListener('abort', end, { once: true })
      }),
  }
}

function nightOf({ id, name, time_zone: timeZone }: (typeof PLACES)[number], date: string) {
  const seed = Number(id) % 7
  const location = { id, name, timeZone, closeoutHour: 4 }
  const night = generateNight({ seed, date, profile: 'small', scale: 0.3, closed: false, location })
  return ofTheSeven(night).map((file) => ({ ...file, path: `${id}/${date.replaceAll('-', '')}/${file.name}` }))
}

/** Plants what the first delivery has wrong: an order without a time of day, a header that lacks a column. */
function planted(path: string, bytes: Uint8Array): string | Uint8Array {
  const text = Buffer.from(bytes).toString('utf8')
  if (path === '185001/20261029/OrderDetails.csv') return text.replace(/(\d{1,2}):(\d\d) (AM|PM)/, '25:61 $3')
  if (path === '185002/20261028/PaymentDetails.csv') return text.replace('Amount', 'Amnt')
  return bytes
}
