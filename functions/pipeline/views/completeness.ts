import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, KeptFile, Reason, SliceKey, SliceState } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { withoutContract } from '../steps/keep.ts'
import { besideIn } from '../steps/list-day.ts'
import { type Dispute, gravest } from '../steps/verdict.ts'
import { readTimes } from '../window-times.ts'
import { completeness, type MatrixRow, type Standing, shownStreams } from './status.ts'

/** Days that are looked at. */
interface DateRange {
  readonly from: BusinessDate
  readonly to: BusinessDate
}

/** The completeness matrix of some days, and what follows from it. */
interface CompletenessAnswer {
  readonly rows: readonly MatrixRow[]
  /** Streams that have a cell in some row, in the pipeline's order. */
  readonly streams: readonly string[]
  /** Rows that are complete. */
  readonly complete: number
  readonly disputes: readonly Dispute[]
  readonly found: readonly FoundInstead[]
  /** Gravest of the reasons for which rows are not complete. */
  readonly reason: Reason | null
  /** Archived files that no contract reads, the most frequent name first. */
  readonly unread: readonly UnreadName[]
}

/** Names that the last look found in the place of an absent file. */
export interface FoundInstead {
  readonly shard: string
  readonly window: BusinessDate
  readonly stream: string
  readonly found: string
}

/** A name of files that no contract reads. */
export interface UnreadName {
  readonly name: string
  readonly days: number
}

/** Asks the ledger what arrived in these days, what did not, and which files disagree. */
export async function askCompleteness(
  whole: PipelineDefinition,
  { shards, ...range }: DateRange & { readonly shards?: readonly string[] },
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<CompletenessAnswer> {
  const definition =
    shards === undefined ? whole : { ...whole, shards: whole.shards.filter(({ id }) => shards.includes(id)) }
  const filter = { pipeline: definition.name, ...range, ...(shards && { shards }) }
  const slices = await readStandings(filter, ledger)
  const times = await readTimes(
    definition.name,
    slices.map(({ window }) => window),
    ledger,
  )
  const failed = await ledger.checks({ ...filter, failed: true })
  const disputes = failed.filter(({ effect }) => effect === 'dispute')
  const rows = completeness(definition, slices, { ...range, now: clock.now(), disputes, times })
  return {
    rows,
    streams: shownStreams(definition, rows),
    complete: rows.filter(({ verdict }) => verdict.state === 'complete').length,
    disputes: rows.flatMap(({ verdict }) => verdict.disputes),
    found: slices.flatMap(foundInstead),
    reason: gravest(rows.flatMap(({ verdict }) => verdict.reason ?? [])),
    unread: unreadNames(withoutContract(await ledger.keptFiles(filter), definition)),
  }
}

// States whose reason is shown.
const OPEN: readonly SliceState[] = ['expected', 'seen', 'landed', 'held', 'staged', 'quarantined', 'missing']

/** States of all slices, in a few columns each, and the reasons of those that are not finished. */
async function readStandings(
  filter: DateRange & { readonly pipeline: string },
  ledger: Ports['ledger'],
): Promise<readonly Standing[]> {
  const [looks, open] = await Promise.all([ledger.sliceLooks(filter), ledger.slices({ ...filter, states: OPEN })])
  const reasons = new Map(open.map((slice) => [nameOf(slice), slice.reason]))
  return looks.map((look) => ({ ...look, reason: reasons.get(nameOf(look)) ?? null }))
}

const nameOf = ({ shard, window, stream }: SliceKey): string => `${shard}/${window}/${stream}`

function foundInstead({ shard, window, stream, state, reason }: Standing): readonly FoundInstead[] {
  const found = state === 'expected' || state === 'missing' ? besideIn(reason?.message ?? '') : ''
  return found === '' ? [] : [{ shard, window, stream, found }]
}

function unreadNames(kept: readonly KeptFile[]): readonly UnreadName[] {
  const archived = kept.filter(({ raw }) => raw !== null)
  return [...Map.groupBy(archived, ({ source }) => source.name)]
    .map(([name, files]) => ({ name, days: files.length }))
    .toSorted((a, b) => b.days - a.days || (a.name < b.name ? -1 : 1))
}
