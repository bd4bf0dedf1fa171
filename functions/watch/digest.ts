import type { NotifyConfig, PersonConfig } from '../config/notify-config.ts'
import { addDays, instantOf, localDate } from '../lib/business-date.ts'
import { type Digest, subjectOf, toDigest } from '../notify/digest.ts'
import type { Message } from '../notify/message.ts'
import { onCall } from '../notify/rotation.ts'
import { channelsOf } from '../notify/targets.ts'
import type { BusinessDate, Instant } from '../pipeline/entities.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import { toBody } from './body.ts'
import { readOverrides, titleOfRoot } from './decide.ts'
import { factsOf, subjectFactsOf } from './digest-facts.ts'
import { openIncidents } from './group.ts'
import { type History, openHistory } from './history.ts'
import type { WatchPorts } from './ports.ts'

const HOUR = 3_600_000
// A watch that slept longer than this sends no digest of the morning any more.
const LATEST = 6 * HOUR

/** Ports that a digest is made with. */
export type DigestPorts = Pick<WatchPorts, 'ledger' | 'config' | 'clock' | 'definitions' | 'environment'>

/** Person or caller that a digest is made for. */
export interface DigestReader {
  /** Key of the person in the configuration; empty for a caller that is none of them. */
  readonly person: string
  readonly zone: string
  /** Shards that it is about; null for all. */
  readonly shards: readonly string[] | null
  /** Pipeline that it is about; absent for all. */
  readonly pipeline?: string | undefined
}

/** A person of the configuration as the reader of a digest; without a person, a reader in UTC who sees all. */
export function readerOf(person: string, { people }: Pick<NotifyConfig, 'people'>): DigestReader {
  const config = people[person]
  if (!config) return { person: '', zone: 'UTC', shards: null }
  return { person, zone: config.zone, shards: config.locations === 'all' ? null : config.locations }
}

/** Channel that a digest goes through: the first of the person that is no pager. */
export function digestChannel(person: PersonConfig, { channels }: Pick<NotifyConfig, 'channels'>): string | undefined {
  return channelsOf(person, 'ticket').find((each) => channels[each] && channels[each].kind !== 'pagerduty')
}

/** Writes the digests that are due into the outbox, each once a day and person. */
export async function writeDigests(ports: WatchPorts): Promise<void> {
  const { config, clock, ledger, newId } = ports
  const now = clock.now()
  const history = openHistory(ledger)
  for (const [name, person] of Object.entries(config.people)) {
    const due = dueDate(person, now)
    const channel = digestChannel(person, config)
    const mark = `notify/digest/${name}`
    if (due === null || channel === undefined || (await ledger.mark(mark))?.value === due) continue
    const message = await digestOf(readerOf(name, config), addDays(due, -1), ports, history)
    const body = toBody({ message, extent: 0 })
    const row = { id: newId(), root: `digest/${due}`, channel, person: name, kind: 'digest', step: 0 }
    const changes: readonly PeopleChange[] = [
      { change: 'notification', notification: { ...row, due: now, body, createdAt: now } },
      { change: 'mark', mark: { name: mark, value: due, at: now } },
    ]
    await ledger.apply(changes)
  }
}

/** The day whose digest is due at an instant; null before its time of day, and hours after it. */
function dueDate({ digest, zone }: PersonConfig, now: Instant): BusinessDate | null {
  if (digest === 'off') return null
  const today = localDate(now, zone)
  const at = instantOf(today, digest, zone)
  return at <= now && now < at + LATEST ? today : null
}

/** The digest of a reader about one business date, as it stands now. */
export async function digestOf(
  reader: DigestReader,
  date: BusinessDate,
  ports: DigestPorts,
  history: History = openHistory(ports.ledger),
): Promise<Message> {
  const { config, clock, environment, ledger } = ports
  const { person, zone, shards } = reader
  const now = clock.now()
  const isSeen = seenBy(reader)
  const pipelines = []
  for (const definition of definitionsOf(reader, ports))
    pipelines.push(await factsOf(definition, { date, isSeen, now, zone, history }, ledger))
  const overrides = await readOverrides(ports)
  const digest: Digest = {
    ...{ person, environment, zone, now, pipelines },
    open: await openTitles(reader, ports),
    onCall: Object.entries(config.rotations).map(([rotation, rotationConfig]) => {
      const shift = onCall({ name: rotation, config: rotationConfig }, overrides, now)
      return { name: config.people[shift.person]?.name ?? shift.person, until: shift.until }
    }),
    // The cost is that of all shards.
    cost: shards === null ? await costOf(ports, zone) : null,
    address: config.address ?? null,
  }
  return toDigest(digest)
}

/** Dates with the subjects of their digests, as `digestOf` writes them. */
export async function subjectsOf(
  reader: DigestReader,
  dates: readonly BusinessDate[],
  ports: Pick<DigestPorts, 'definitions' | 'ledger'>,
): Promise<readonly { readonly date: BusinessDate; readonly subject: string }[]> {
  const isSeen = seenBy(reader)
  const subjects = []
  for (const date of dates) {
    const facts = []
    for (const definition of definitionsOf(reader, ports))
      facts.push(await subjectFactsOf(definition, { date, isSeen }, ports.ledger))
    subjects.push({ date, subject: subjectOf(facts) })
  }
  return subjects
}

/** Dates that have a digest by now, the newest first. */
export function digestDates({ zone }: DigestReader, now: Instant, days: number): readonly BusinessDate[] {
  const today = localDate(now, zone)
  return Array.from({ length: days }, (_, index) => addDays(today, -index - 1))
}

function definitionsOf({ pipeline }: DigestReader, { definitions }: Pick<DigestPorts, 'definitions'>) {
  return [...definitions.values()].filter(({ name }) => pipeline === undefined || pipeline === name)
}

function seenBy({ shards }: DigestReader): (shard: string) => boolean {
  const seen = shards && new Set(shards)
  return (shard) => seen === null || seen.has(shard)
}

/** Open roots that concern the reader, one sentence each. A root names no shard that the reader does not see. */
async function openTitles(reader: DigestReader, ports: DigestPorts): Promise<readonly string[]> {
  const isSeen = seenBy(reader)
  const open = (await openIncidents(ports)).filter(
    ({ shard, pipeline }) =>
      (shard === null || isSeen(shard)) && (reader.pipeline === undefined || reader.pipeline === pipeline),
  )
  const all = reader.shards === null ? null : isSeen
  return open.flatMap((root) => (root.parentId === null ? (titleOfRoot(root, { open, isSeen: all }, ports) ?? []) : []))
}

/** Cost of the month that a zone is in; null where no price is known. */
async function costOf({ ledger, clock, config }: DigestPorts, zone: string): Promise<Digest['cost']> {
  const now = clock.now()
  const from = instantOf(`${localDate(now, zone).slice(0, 7)}-01`, '00:00', zone)
  const used = await ledger.reads.usage({ from, to: now })
  const priced = used.flatMap(({ costMicros }) => (costMicros === null ? [] : [costMicros]))
  if (priced.length === 0) return null
  return { month: priced.reduce((sum, micros) => sum + micros, 0) / 1e6, budget: config.goals.monthCost ?? null }
}
