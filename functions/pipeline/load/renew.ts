import { toDaybreakError } from '../../errors.ts'
import { applied } from '../apply.ts'
import { type PipelineDefinition, tableFor } from '../definition.ts'
import type { SurveyedPartition } from '../destination.ts'
import type { BusinessDate, Instant, Partition, Run } from '../entities.ts'
import { ADDED_STREAMS, isAdded } from '../manifest.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Ports } from '../ports.ts'
import { isDue } from './row.ts'

type RenewPorts = Pick<Ports, 'ledger' | 'destination' | 'clock' | 'log'>

// Longer than any job is waited for: a row that is pending for so long lost the message that would have ended it.
const FORGOTTEN = 15 * 60_000

/**
 * Partitions that a run has to load although none of their files is new: those that failed and are due again, those that
 * were left pending, all of the scope when it is forced, and those whose table is not what the ledger says. The last are
 * found by a survey: a ledger or a warehouse that was put back to an earlier state, a table that was emptied or deleted.
 * A warehouse that has forgotten even the newest date has lost everything, and then everything is loaded again.
 */
export async function renewals(
  definition: PipelineDefinition,
  run: Pick<Run, 'scope'>,
  ports: RenewPorts,
): Promise<readonly Pick<Partition, 'stream' | 'window'>[]> {
  const now = ports.clock.now()
  const left = await leftBehind(definition, now, ports)
  const scoped = await ofScope(definition, run, now, ports)
  const { remembersJobs } = ports.destination(definition.name).can
  const asked = [...scoped, ...(remembersJobs ? await newestLoaded(definition, ports) : [])]
  const first = await survey(definition, asked, ports)
  const isGone =
    remembersJobs && asked.some((partition) => isLost(partition, first.get(`${partition.stream}/${partition.window}`)))
  const inScope = isGone ? await everyLoaded(definition, ports) : scoped
  const known = isGone ? await survey(definition, inScope, ports) : first
  const isReload = run.scope.force === true || run.scope.reload === true
  const renewed: Partition[] = []
  for (const partition of inScope.filter(({ state }) => state === 'idle')) {
    const found = known.get(`${partition.stream}/${partition.window}`)
    if (!isReload && !differs(partition, found)) continue
    const epoch = Math.max(partition.epoch, found?.epoch ?? 0)
    const stale = { ...partition, loaded: 0, epoch, updatedAt: now }
    // Another worker may be loading it at this moment: then it is as new as can be.
    if (await applied([{ change: 'partition', partition: stale }], ports.ledger)) renewed.push(partition)
  }
  const failed = isReload ? inScope.filter(({ state }) => state === 'quarantined') : []
  return unique([...left, ...renewed, ...failed])
}

/** Loaded partitions of the newest date: a warehouse that has forgotten these has forgotten more than a run asks about. */
async function newestLoaded(
  definition: PipelineDefinition,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<readonly Partition[]> {
  const [window] = await ledger.newestWindows(definition.name, 1)
  return window === undefined ? [] : await everyLoaded(definition, { ledger }, { from: window, to: window })
}

async function everyLoaded(
  { name, contracts }: PipelineDefinition,
  { ledger }: Pick<Ports, 'ledger'>,
  range: { readonly from?: BusinessDate; readonly to?: BusinessDate } = {},
): Promise<readonly Partition[]> {
  const partitions = await ledger.partitions({
    pipeline: name,
    streams: [...contracts.keys(), ...ADDED_STREAMS],
    ...range,
  })
  return partitions.filter(({ loaded, wanted }) => loaded > 0 && loaded === wanted)
}

/** True when a warehouse that remembers all of its jobs knows none of this partition: its file was deleted or replaced. */
function isLost({ state }: Partition, found: SurveyedPartition | undefined): boolean {
  return state === 'idle' && found?.epoch === 0
}

// The dates that doctor looks at; older ones are for `status --verify` and the sweep.
const NEWEST_DATES = 31

/** Loaded partitions of the newest dates that the warehouse does not hold as they were loaded. Changes nothing. */
export async function staleIn(
  definition: PipelineDefinition,
  ports: Pick<Ports, 'ledger' | 'destination'>,
): Promise<readonly Pick<Partition, 'stream' | 'window'>[]> {
  const windows = await ports.ledger.newestWindows(definition.name, NEWEST_DATES)
  const [to, from] = [windows[0], windows.at(-1)]
  if (from === undefined || to === undefined) return []
  const streams = [...definition.contracts.keys(), ...ADDED_STREAMS]
  const partitions = await ports.ledger.partitions({ pipeline: definition.name, streams, from, to })
  const loaded = partitions.filter(
    ({ state, window, loaded: number }) => state === 'idle' && number > 0 && windows.includes(window),
  )
  const tables = [...new Set(loaded.map(({ stream }) => stream))].map((stream) => tableFor(definition, stream))
  const known = byPlace(await ports.destination(definition.name).survey(tables, windows))
  return loaded.filter((partition) => differs(partition, known.get(`${partition.stream}/${partition.window}`)))
}

/** True when the ledger alone knows of something to load: what a sweep asks before it begins a run. */
export async function hasLeftBehind(
  definition: PipelineDefinition,
  ports: Pick<Ports, 'ledger' | 'clock'>,
): Promise<boolean> {
  return (await leftBehind(definition, ports.clock.now(), ports)).length > 0
}

async function leftBehind(
  { name, contracts }: PipelineDefinition,
  now: Instant,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<readonly Partition[]> {
  const stuck = await ledger.partitions({ pipeline: name, states: ['quarantined', 'pending'] })
  const isLeft = (partition: Partition) =>
    partition.state === 'quarantined' ? isDue(partition, now) : now - partition.updatedAt > FORGOTTEN
  return stuck.filter(
    (partition) => (isAdded(partition.stream) || contracts.has(partition.stream)) && isLeft(partition),
  )
}

async function ofScope(
  definition: PipelineDefinition,
  { scope }: Pick<Run, 'scope'>,
  now: Instant,
  { ledger }: RenewPorts,
): Promise<readonly Partition[]> {
  const asked = [...(scope.windows ?? []), ...(scope.perShard ?? []).flatMap(({ windows }) => windows)]
  const windows = asked.length > 0 ? new Set(asked) : null
  const streams = [...(scope.streams ?? definition.contracts.keys()), ...ADDED_STREAMS]
  const partitions = await ledger.partitions({
    pipeline: definition.name,
    streams,
    ...plannerOf(definition).span(scope, now),
  })
  return partitions.filter(
    ({ window, loaded, wanted }) => (windows?.has(window) ?? true) && loaded > 0 && loaded === wanted,
  )
}

/** Partitions as the warehouse knows them, by stream and date. A warehouse that cannot be asked now is asked by the loads. */
async function survey(
  definition: PipelineDefinition,
  partitions: readonly Partition[],
  ports: RenewPorts,
): Promise<ReadonlyMap<string, SurveyedPartition>> {
  const windows: readonly BusinessDate[] = [...new Set(partitions.map(({ window }) => window))]
  const streams = [...new Set(partitions.map(({ stream }) => stream))]
  if (windows.length === 0) return new Map()
  try {
    const found = await ports.destination(definition.name).survey(
      streams.map((stream) => tableFor(definition, stream)),
      windows,
    )
    return byPlace(found)
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    const text = `The warehouse could not be compared with the ledger: ${message}`
    ports.log({ severity: 'WARNING', code, message: text, step: 'plan', pipeline: definition.name })
    return new Map()
  }
}

function byPlace(found: readonly SurveyedPartition[]): ReadonlyMap<string, SurveyedPartition> {
  return new Map(found.map((one) => [`${one.stream}/${one.window}`, one]))
}

/** A larger epoch: the ledger is older than the table. A smaller one, or other rows: the table is not what was loaded. */
function differs({ epoch, rows }: Partition, found: SurveyedPartition | undefined): boolean {
  if (found === undefined) return false
  if (found.epoch > epoch) return true
  return found.rows !== null && (found.epoch < epoch || found.rows !== rows)
}

function unique(partitions: readonly Partition[]): readonly Pick<Partition, 'stream' | 'window'>[] {
  const byKey = new Map(partitions.map(({ stream, window }) => [`${window}/${stream}`, { stream, window }]))
  return [...byKey.values()]
}
