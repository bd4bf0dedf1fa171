import { setImmediate } from 'node:timers/promises'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, KeptFile, Reason, SliceKey, SliceState } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { partsOf } from '../read/looks.ts'
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
  const parts: Known[] = []
  for (const part of partsOf(filter)) {
    parts.push(await knownOf(definition, part, { ledger, clock }))
    if ((parts.at(-1)?.slices.length ?? 0) > MANY) await setImmediate()
  }
  const rows = parts.flatMap((part) => part.rows)
  return {
    rows,
    streams: shownStreams(definition, rows),
    complete: rows.filter(({ verdict }) => verdict.state === 'complete').length,
    disputes: rows.flatMap(({ verdict }) => verdict.disputes),
    found: parts.flatMap(({ slices }) => slices.flatMap(foundInstead)),
    reason: gravest(rows.flatMap(({ verdict }) => verdict.reason ?? [])),
    unread: unreadNames(
      withoutContract(
        parts.flatMap(({ kept }) => kept),
        definition,
      ),
    ),
  }
}

// Slices of a part after which the event loop has a turn.
const MANY = 500

/** Slices, rows and kept files of a day. */
interface Known {
  readonly rows: readonly MatrixRow[]
  readonly slices: readonly Standing[]
  readonly kept: readonly KeptFile[]
}

async function knownOf(
  definition: PipelineDefinition,
  filter: DateRange & { readonly pipeline: string },
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<Known> {
  const slices = await readStandings(filter, ledger)
  const windows = slices.map(({ window }) => window)
  const times = await readTimes(definition.name, windows, ledger)
  const failed = await ledger.checks({ ...filter, failed: true })
  const disputes = failed.filter(({ effect }) => effect === 'dispute')
  const { from, to } = filter
  if (slices.length > MANY) await setImmediate()
  const rows = completeness(definition, slices, { from, to, now: clock.now(), disputes, times })
  return { rows, slices, kept: await ledger.keptFiles(filter) }
}

// States whose reason is shown.
const OPEN: readonly SliceState[] = ['expected', 'seen', 'landed', 'held', 'staged', 'quarantined', 'missing']

/** States of all slices, in a few columns each, and the reasons of those that are not finished. */
async function readStandings(
  filter: DateRange & { readonly pipeline: string },
  ledger: Ports['ledger'],
): Promise<readonly Standing[]> {
  const looks = await ledger.sliceLooks(filter)
  if (looks.length > MANY) await setImmediate()
  const open = await ledger.slices({ ...filter, states: OPEN })
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
