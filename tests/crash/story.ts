import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { LEASE, recoverRuns } from '../../functions/pipeline/work/run.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import type { Planted } from '../support/fail-at.ts'
import { createWorld, type FinalState, finalState, type World } from '../support/world.ts'
import { createSimulatedWarehouse, type SimulatedWarehouse } from './simulated-warehouse.ts'

/** The business date of the story. */
export const DATE = '2025-02-05'
const FILES = ['OrderDetails.csv', 'PaymentDetails.csv']

/** Scope of every run of the story. */
export const SCOPE = { windows: [DATE], streams: ['order_details', 'payment_details'] }

const night = (seed: number) =>
  generateNight({
    seed,
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
    date: DATE,
    profile: 'small',
    scale: 0.2,
    closed: false,
  }).filter(({ name }) => FILES.includes(name))
// Nights of nearly the same size: a correction that loses a tenth would be held.
const [a, b] = [night(1), night(363)]

/** Files that the server shows, one night after the other: the day, its correction, and the correction taken back. */
export const STEPS = [a, b, a]

/** Wraps the ports of every process. */
export type Wrap = (ports: Ports) => Ports

/** A world at rest, and what is in it. */
export interface Chapter {
  readonly world: World
  readonly state: FinalState
  /** Null when the warehouse is the one in the world's DuckDB file. */
  readonly warehouse: SimulatedWarehouse | null
}

/** The story told without a disturbance: `chapters[n]` is how step n finds the world. */
export interface Undisturbed {
  readonly chapters: readonly Chapter[]
  close(): Promise<void>
}

export interface TellingOptions {
  /** The simulated warehouse is many times faster than the real one, and its jobs outlive a crash. */
  readonly simulated: boolean
  /** Milliseconds between two looks at a new file. */
  readonly minimumAge?: number
}

/** Tells the whole story. */
export async function tellUndisturbed(
  transformer: Transformer,
  { simulated, minimumAge }: TellingOptions,
): Promise<Undisturbed> {
  const warehouse = simulated ? createSimulatedWarehouse() : null
  const now = at('2025-02-06T12:00:00Z')
  const world = await createWorld({
    now,
    transformer,
    ...(minimumAge !== undefined && { minimumAge }),
    wrap: (ports) => ({ ...ports, ...(warehouse && { destination: () => warehouse }) }),
  })
  const chapters: Chapter[] = [{ world, warehouse, state: await finalState(world) }]
  for (const step of STEPS.keys()) {
    const next = await continued(chapters[step]!, transformer)
    await tellStep(next.world, step)
    chapters.push({ ...next, state: await finalState(next.world) })
  }
  return { chapters, close: async () => void (await Promise.all(chapters.map(({ world }) => world.close()))) }
}

/** A copy of a world to go on with, while the first one stays as it is. */
export async function continued(
  { world: from, warehouse: first }: Chapter,
  transformer: Transformer,
  defect: Wrap = (ports) => ports,
): Promise<Omit<Chapter, 'state'>> {
  const warehouse = first?.copy() ?? null
  const wrap: Wrap = (ports) => defect({ ...ports, ...(warehouse && { destination: () => warehouse }) })
  return { world: await createWorld({ now: 0, transformer, from, wrap }), warehouse }
}

/**
 * How work is taken up that broke. `again`: a person who saw it starts a new run at once, and the sweep that comes when
 * every lease has run out meets what the dead left behind. `takeOver`: that sweep comes first, and a person starts a new
 * run only if what it took over does not say that all is well.
 */
export type Recovery = 'again' | 'takeOver'

/** Tells one step. Each process has one planted failure, the first one the first; the last ones have none. */
export async function tellStep(
  world: World,
  step: number,
  { plants = [], recovery = 'again' }: { readonly plants?: readonly Planted[]; readonly recovery?: Recovery } = {},
): Promise<void> {
  await bringIn(world, step)
  const started = world.clock.now()
  const [first, ...others] = plants
  let ended = await run(world, first)
  for (const planted of [...others, undefined]) {
    if (ended === 'succeeded') break
    if (recovery === 'takeOver') ended = await takeOver(world, started, planted)
    if (ended !== 'succeeded') ended = await run(world, planted)
  }
  await takeOver(world, started)
}

async function run(world: World, planted?: Planted): Promise<string> {
  const ended = await world.run({ scope: SCOPE }, planted?.wrap, planted?.signal).then(
    ({ state }) => state,
    () => 'threw',
  )
  planted?.heal()
  return ended
}

/** Takes over, when every lease has run out, what was begun since an instant; gives the state of the newest of its runs. */
export async function takeOver(world: World, since: number, planted?: Planted): Promise<string> {
  await world.clock.advance(LEASE + 1)
  const daybreak = await world.open(planted?.wrap, planted && { signal: planted.signal })
  try {
    await recoverRuns(daybreak.ports)
    const [newest] = await daybreak.ports.ledger.runs({ limit: 1 })
    if (!newest || newest.createdAt < since) return 'never begun'
    return (await daybreak.drive(newest)).state
  } catch {
    return 'threw'
  } finally {
    await daybreak.close()
  }
}

/** Puts what the server shows at a step into a world; each time it is a minute younger. */
export async function bringIn(world: World, step: number, time = step): Promise<void> {
  for (const { name, bytes } of STEPS[step]!) {
    await world.write(`185001/20250205/${name}`, bytes, world.clock.now() - 3_600_000 + time * 60_000)
  }
}
