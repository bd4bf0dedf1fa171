import type { TableConfig } from '../../config/table-pipeline.ts'
import type { Instant, Reason, Run } from '../entities.ts'
import type { PeopleLedger, TableWindow } from '../people/reads.ts'
import type { TableDefinition } from '../tables/tools.ts'

/** Standing of a table. `late`: nothing was read for longer than the pipeline allows. `new`: nothing was ever read. */
type Standing = 'loaded' | 'open' | 'late' | 'new'

/** A table of a pipeline: what is in it, what is not, and when it is read again. */
export interface TableStanding {
  readonly stream: string
  readonly config: TableConfig
  readonly standing: Standing
  /** The newest window that is in the table. */
  readonly loaded: TableWindow | null
  /** The newest window, while it is not in the table. */
  readonly open: (TableWindow & { readonly reason: Reason | null }) | null
  /** Newest windows, the oldest of them first. */
  readonly recent: readonly TableWindow[]
  /** When it was last read to its end. */
  readonly readAt: Instant | null
  /** When it is late unless it is read before; null before the first read. */
  readonly lateAt: Instant | null
}

interface Asked {
  readonly now: Instant
  /** Shards that may be seen; absent for all. */
  readonly shards?: readonly string[]
  /** Streams; absent for all. */
  readonly streams?: readonly string[]
}

type StatusLedger = Pick<PeopleLedger, 'slices'> & {
  readonly reads: Pick<PeopleLedger['reads'], 'tableWindows' | 'runPage'>
}

const RECENT = 14
const RUNS = 50

/** Standing of every table of a pipeline. Reads a few windows of each, however many there are. */
export async function tableStandings(
  definition: TableDefinition,
  asked: Asked,
  ledger: StatusLedger,
): Promise<readonly TableStanding[]> {
  const { rows } = await ledger.reads.runPage({ pipeline: definition.name, states: ['succeeded'], limit: RUNS })
  const tables: TableStanding[] = []
  for (const [stream, config] of Object.entries(definition.config.tables))
    if (asked.streams?.includes(stream) ?? true)
      tables.push(await standingOf({ definition, stream, config, runs: rows }, asked, ledger))
  return tables
}

/** Pure: the instant at which the schedule begins the next run. */
export function nextRunAt({ sweepEvery }: Pick<TableDefinition, 'sweepEvery'>, now: Instant): Instant {
  return (Math.floor(now / sweepEvery) + 1) * sweepEvery
}

interface Stream {
  readonly definition: TableDefinition
  readonly stream: string
  readonly config: TableConfig
  /** The newest runs that succeeded, the newest first. */
  readonly runs: readonly Run[]
}

async function standingOf(
  { definition, stream, config, runs }: Stream,
  { now, shards }: Asked,
  ledger: StatusLedger,
): Promise<TableStanding> {
  const filter = { pipeline: definition.name, stream, ...(shards && { shards }) }
  const newest = await ledger.reads.tableWindows({ ...filter, limit: RECENT })
  const [first] = newest
  const [older] = newest.some(isLoaded)
    ? newest.filter(isLoaded)
    : (await ledger.reads.tableWindows({ ...filter, limit: 1, isLoaded: true })).filter(isLoaded)
  const loaded = older ?? null
  const open =
    first && !isLoaded(first) ? { ...first, reason: await reasonOf(definition.name, stream, first, ledger) } : null
  const run = runs.find(({ scope }) => scope.streams?.includes(stream) ?? true)
  const reads = [run?.startedAt ?? null, loaded?.updatedAt ?? null].filter((at) => at !== null)
  const readAt = reads.length === 0 ? null : Math.max(...reads)
  const lateAt = lateAtOf(definition, { open, readAt })
  const isLate = lateAt !== null && lateAt <= now
  const standing = isLate ? 'late' : open ? 'open' : readAt === null ? 'new' : 'loaded'
  return { stream, config, standing, loaded, open, recent: newest.toReversed(), readAt, lateAt }
}

const isLoaded = ({ state }: TableWindow): boolean => state === 'loaded'

/** A window that is not loaded is late by its own instant; else the next read is, which is due one interval after the last one. */
function lateAtOf(
  { lateAfter, sweepEvery }: Pick<TableDefinition, 'lateAfter' | 'sweepEvery'>,
  { open, readAt }: { readonly open: Pick<TableWindow, 'at'> | null; readonly readAt: Instant | null },
): Instant | null {
  if (open) return open.at + lateAfter
  return readAt === null ? null : readAt + sweepEvery + lateAfter
}

async function reasonOf(
  pipeline: string,
  stream: string,
  { window, shard, state }: TableWindow,
  ledger: Pick<PeopleLedger, 'slices'>,
): Promise<Reason | null> {
  if (shard === null) return null
  const [slice] = await ledger.slices({
    ...{ pipeline, streams: [stream], windows: [window], shards: [shard], states: [state] },
    limit: 1,
  })
  return slice?.reason ?? null
}
