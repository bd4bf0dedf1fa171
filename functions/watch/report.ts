import { addDays, datesBetween, instantOf, localDate } from '../lib/business-date.ts'
import type { Message } from '../notify/message.ts'
import { type SlaDay, type SlaFacts, type SlaReport, toCsv, toHtml, toLines, toReport } from '../notify/sla.ts'
import { channelsOf } from '../notify/targets.ts'
import { expectedContracts, type PipelineDefinition } from '../pipeline/definition.ts'
import type { BusinessDate, Instant, Slice } from '../pipeline/entities.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import { isDelivered, type ShardConfig, standing } from '../pipeline/shard.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import { toBody } from './body.ts'
import type { WatchPorts } from './ports.ts'

/** The report of a month in all of its forms. */
export interface WrittenReport {
  /** One for each pipeline. */
  readonly reports: readonly SlaReport[]
  readonly message: Message
  readonly html: string
  readonly csv: string
}

const MARK = 'notify/report'
const DAY = 86_400_000
const PART = 500
// The report of a month is written after the last of its days can have been completed.
const FIRST_DAY = 2

/** Writes the report of the last month into the outbox, once, for the persons who get it. */
export async function writeReport(ports: WatchPorts): Promise<void> {
  const { config, clock, ledger, newId } = ports
  const now = clock.now()
  const today = localDate(now, 'UTC')
  const month = addDays(`${today.slice(0, 7)}-01`, -1).slice(0, 7)
  if (config.report.length === 0 || Number(today.slice(8)) < FIRST_DAY) return
  if ((await ledger.mark(MARK))?.value === month) return
  const { message } = await reportOf(month, ports)
  const rows = config.report.flatMap((person): readonly PeopleChange[] => {
    const own = config.people[person]
    const channel = own && channelsOf(own, 'ticket').find((each) => config.channels[each]?.kind === 'email')
    if (channel === undefined) return []
    const row = { id: newId(), root: `report/${month}`, channel, person, kind: 'report', step: 0, due: now }
    return [{ change: 'notification', notification: { ...row, body: toBody({ message, extent: 0 }), createdAt: now } }]
  })
  await ledger.apply([...rows, { change: 'mark', mark: { name: MARK, value: month, at: now } }])
}

/** Ports that a report reads through. */
type ReportPorts = Pick<WatchPorts, 'ledger' | 'config' | 'clock' | 'definitions' | 'environment'>

/** The report of a month, `2026-11`, about all pipelines. */
export async function reportOf(month: string, ports: ReportPorts): Promise<WrittenReport> {
  const { config, clock, definitions, environment } = ports
  const address = config.address ?? null
  const reports: SlaReport[] = []
  for (const definition of definitions.values())
    reports.push(toReport(await factsOf(definition, month, ports), config.goals))
  const csv = toCsv(reports)
  const html = toHtml(reports, address)
  const title = `Service report, ${month}: ${reports.map(({ figures }) => figures[0]?.value ?? '').join('; ')}`
  const attachments = [
    { name: `daybreak-${month}.html`, type: 'text/html', content: html },
    { name: `daybreak-${month}.csv`, type: 'text/csv', content: csv },
  ]
  const message: Message = {
    ...{ kind: 'report', urgency: 'information', topic: title, title, lines: toLines(reports), links: [], attachments },
    thread: `${environment}/report/${month}`,
    at: clock.now(),
  }
  return { reports, message, html, csv }
}

interface Month {
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly begin: Instant
  readonly end: Instant
}

function spanOf(month: string): Month {
  const from = `${month}-01`
  const next = `${addDays(from, 31).slice(0, 7)}-01`
  const [begin, end] = [instantOf(from, '00:00', 'UTC'), instantOf(next, '00:00', 'UTC')]
  return { from, to: addDays(next, -1), begin, end }
}

async function factsOf(definition: PipelineDefinition, month: string, ports: ReportPorts): Promise<SlaFacts> {
  const { ledger, config, clock } = ports
  const span = spanOf(month)
  const loads: number[] = []
  const days: SlaDay[] = []
  let [accepted, rejected] = [0, 0]
  // A day at a time: a month of a thousand shards does not fit into memory.
  for (const date of datesBetween(span.from, span.to)) {
    const slices = await ledger.slices({ pipeline: definition.name, windows: [date] })
    days.push(...daysOf(definition, { date, slices, by: config.goals.completeBy, now: clock.now() }))
    for (const { firstSeenAt, firstLoadedAt, delivery } of slices) {
      if (firstSeenAt !== null && firstLoadedAt !== null) loads.push(firstLoadedAt - firstSeenAt)
      accepted += delivery?.counts.accepted ?? 0
      rejected += delivery?.counts.rejected ?? 0
    }
  }
  const used = await ledger.reads.usage({ from: span.begin, to: span.end, pipeline: definition.name })
  const priced = used.flatMap(({ costMicros }) => (costMicros === null ? [] : [costMicros]))
  return {
    ...{ pipeline: definition.name, month, both: wordsOf(definition).both, days, loads, rows: { accepted, rejected } },
    runs: await runsOf(definition.name, span, ports),
    incidents: await resolvedIn(definition.name, span, ports),
    cost: priced.length === 0 ? null : priced.reduce((sum, micros) => sum + micros, 0) / 1e6,
  }
}

interface Day {
  readonly date: BusinessDate
  readonly slices: readonly Slice[]
  readonly by: string
  readonly now: Instant
}

function daysOf(definition: PipelineDefinition, { date, slices, by, now }: Day): readonly SlaDay[] {
  const shards = definition.hasSource ? definition.shards : []
  const byShard = Map.groupBy(slices, ({ shard }) => shard)
  return shards
    .filter((shard) => isDelivered(shard) && standing(shard, date) !== 'inactive')
    .flatMap((shard): readonly SlaDay[] => {
      const goal = instantOf(addDays(date, 1), by, shard.timeZone)
      if (goal > now) return []
      const own = byShard.get(shard.id) ?? []
      return [{ shard: shard.id, name: shard.name, date, late: latenessOf(definition, shard, { date, own, goal }) }]
    })
}

interface Own {
  readonly date: BusinessDate
  readonly own: readonly Slice[]
  readonly goal: Instant
}

function latenessOf(definition: PipelineDefinition, shard: ShardConfig, { date, own, goal }: Own): SlaDay['late'] {
  if (standing(shard, date) === 'closed') return 'closed'
  const expected = expectedContracts(definition, shard).map(({ stream }) =>
    own.find((slice) => slice.stream === stream),
  )
  if (expected.length > 0 && expected.every((slice) => slice?.state === 'waived')) return 'closed'
  const loads = expected.map((slice) => (slice?.state === 'waived' ? goal : (slice?.firstLoadedAt ?? null)))
  if (loads.some((at) => at === null)) return 'never'
  return Math.max(0, ...loads.map((at) => (at ?? goal) - goal))
}

async function runsOf(pipeline: string, { begin, end }: Month, { ledger }: ReportPorts): Promise<SlaFacts['runs']> {
  let [all, failed] = [0, 0]
  for (let after: Parameters<typeof ledger.reads.runPage>[0]['after'] = null; ; ) {
    const part = await ledger.reads.runPage({ pipeline, from: begin, to: end, limit: PART, after })
    const ended = part.rows.filter(({ state }) => state !== 'skipped' && state !== 'cancelled')
    all += ended.length
    failed += ended.filter(({ state }) => state === 'failed' || state === 'timed_out').length
    if (part.next === null) return { all, failed }
    after = part.next
  }
}

/** How long the roots lasted that were opened in the month and are resolved. */
async function resolvedIn(
  pipeline: string,
  { begin, end }: Month,
  { ledger }: ReportPorts,
): Promise<readonly number[]> {
  const lengths: number[] = []
  for (let after: Parameters<typeof ledger.reads.incidentPage>[0]['after'] = null; ; ) {
    const filter = { pipeline, states: ['resolved'] as const, from: begin, to: end + DAY }
    const part = await ledger.reads.incidentPage({ ...filter, limit: PART, after })
    for (const { openedAt, resolvedAt } of part.rows)
      if (openedAt < end && resolvedAt !== null) lengths.push(resolvedAt - openedAt)
    if (part.next === null) return lengths
    after = part.next
  }
}
