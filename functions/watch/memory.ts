import { addDays, localDate } from '../lib/business-date.ts'
import { isDated } from '../lib/window-time.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { BusinessDate, Instant, Partition, Run, SliceLook } from '../pipeline/entities.ts'
import type { PeopleLedger, StreamDay } from '../pipeline/people/reads.ts'

/** First and last window. */
export interface FactRange {
  readonly from: BusinessDate
  readonly to: BusinessDate
}

/** Rows of the windows that the source of a pipeline still keeps, as the ledger had them at the cursor of the memory. */
export interface Remembered {
  readonly range: FactRange
  readonly readAt: Instant
  readonly looks: ReadonlyMap<BusinessDate, readonly SliceLook[]>
  readonly partitions: ReadonlyMap<BusinessDate, readonly Partition[]>
  readonly days: ReadonlyMap<BusinessDate, readonly StreamDay[]>
  readonly runs: readonly Run[]
}

/**
 * Rows that a process keeps between two passes of the watch. Each pass reads the changes since the one before, and only the windows
 * that they name: a quiet minute costs the same with a week of 10 or of 100,000 slices.
 */
export interface WatchMemory {
  /** Place in the changes of the ledger up to which the rows are known; null before the first pass. */
  cursor: string | null
  pipelines: ReadonlyMap<string, Remembered>
}

/** A memory that knows nothing yet. */
export function createMemory(): WatchMemory {
  return { cursor: null, pipelines: new Map() }
}

const DAY = 86_400_000
// The watch trusts no notice for longer: it reads all rows again.
const LASTS = 3_600_000
const MONTH = 31
// Runs that a rule can speak of: those of a day, and those that never end.
const MOST_RUNS = 500

/**
 * Brings the memory up to date. The cursor is taken before the rows are read, so that no change is between them, and both are
 * replaced together: of two passes at once each leaves rows that are as new as its cursor.
 */
export async function recall(
  memory: WatchMemory,
  definitions: Iterable<PipelineDefinition>,
  { ledger, now }: { readonly ledger: PeopleLedger; readonly now: Instant },
): Promise<void> {
  const { cursor, changed } = await changesSince(memory.cursor, ledger)
  const pipelines = new Map<string, Remembered>()
  for (const definition of definitions) {
    const range = keptRange(definition, now)
    const before = memory.pipelines.get(definition.name)
    const isGood = before && before.range.to === range.to && now - before.readAt < LASTS
    const own = changed === null || !isGood ? null : changedOf(changed, definition.name)
    const context = { definition, range, ledger, now }
    pipelines.set(
      definition.name,
      own === null || !isGood ? await readAll(context) : await readSome(before, own, context),
    )
  }
  memory.cursor = cursor
  memory.pipelines = pipelines
}

/** The days that the source keeps; of one that deletes nothing those of a month, or of the look-back if that is longer. */
function keptRange({ retention, lookBackDays }: PipelineDefinition, now: Instant): FactRange {
  const to = localDate(now, 'UTC')
  const days = retention === null ? Math.max(MONTH, lookBackDays) : Math.ceil(retention / DAY)
  return { from: addDays(to, -days - 1), to }
}

interface Changes {
  readonly cursor: string
  /** Topics of all changes; null where anything may have changed. */
  readonly changed: ReadonlySet<string> | null
}

async function changesSince(cursor: string | null, { reads }: PeopleLedger): Promise<Changes> {
  const topics = new Set<string>()
  let at = cursor
  for (;;) {
    const answer = await reads.changesAfter(at)
    if (at === null || answer.state === 'reset') return { cursor: answer.cursor, changed: null }
    for (const change of answer.changes) for (const topic of change.topics) topics.add(topic)
    if (answer.changes.length === 0) return { cursor: answer.cursor, changed: topics.has('*') ? null : topics }
    at = answer.cursor
  }
}

/** Parts of a pipeline that changed. */
interface Changed {
  readonly windows: ReadonlySet<BusinessDate>
  readonly hasRuns: boolean
}

/** The days that topics name; null where they name the pipeline as a whole, or a window whose instant is not in its name. */
function changedOf(topics: ReadonlySet<string>, pipeline: string): Changed | null {
  const windows = new Set<BusinessDate>()
  let hasRuns = false
  for (const topic of topics) {
    const [kind, name, third, fourth] = topic.split('/')
    if (kind === 'run') hasRuns = true
    const isSlice = kind === 'slice' || kind === 'slices'
    if (name !== pipeline || !(isSlice || kind === 'partition')) continue
    const window = isSlice ? third : fourth
    if (window === undefined || !isDated(window)) return null
    windows.add(window)
  }
  return { windows, hasRuns }
}

interface Reading {
  readonly definition: PipelineDefinition
  readonly range: FactRange
  readonly ledger: PeopleLedger
  readonly now: Instant
}

async function readAll({ definition, range, ledger, now }: Reading): Promise<Remembered> {
  const filter = { pipeline: definition.name, ...range }
  const looks = await ledger.sliceLooks(filter)
  const partitions = await ledger.partitions(filter)
  const days = await ledger.reads.streamDays(filter)
  return {
    ...{ range, readAt: now, runs: await ledger.runs({ pipeline: definition.name, limit: MOST_RUNS }) },
    ...{ looks: byWindow(looks), partitions: byWindow(partitions), days: byWindow(days) },
  }
}

async function readSome(
  before: Remembered,
  { windows, hasRuns }: Changed,
  { definition: { name: pipeline }, range, ledger }: Reading,
): Promise<Remembered> {
  const kept = [...windows].filter((window) => window >= range.from && window <= range.to).toSorted()
  const runs = hasRuns ? await ledger.runs({ pipeline, limit: MOST_RUNS }) : before.runs
  const [from, to] = [kept[0], kept.at(-1)]
  if (from === undefined || to === undefined) return { ...before, runs }
  const looks = await ledger.sliceLooks({ pipeline, windows: kept })
  const partitions = await ledger.partitions({ pipeline, from, to })
  const days = await ledger.reads.streamDays({ pipeline, from, to })
  return {
    ...{ range, readAt: before.readAt, runs },
    looks: replaced(before.looks, kept, looks),
    partitions: replaced(
      before.partitions,
      kept,
      partitions.filter(({ window }) => windows.has(window)),
    ),
    days: replaced(
      before.days,
      kept,
      days.filter(({ window }) => windows.has(window)),
    ),
  }
}

function byWindow<Row extends { readonly window: BusinessDate }>(
  rows: readonly Row[],
): ReadonlyMap<BusinessDate, readonly Row[]> {
  return Map.groupBy(rows, ({ window }) => window)
}

function replaced<Row extends { readonly window: BusinessDate }>(
  before: ReadonlyMap<BusinessDate, readonly Row[]>,
  windows: readonly BusinessDate[],
  rows: readonly Row[],
): ReadonlyMap<BusinessDate, readonly Row[]> {
  const fresh = byWindow(rows)
  return new Map([...before, ...windows.map((window) => [window, fresh.get(window) ?? []] as const)])
}
