import { ERRORS } from '../errors.ts'
import { runbookOf } from '../lib/runbook.ts'
import type { Incident, Instant } from '../pipeline/entities.ts'
import type { Message, MessageKind, Urgency } from './message.ts'
import { clockInWords, dayInWords, lengthInWords, type Noun, namesInWords, nounInWords, shareInWords } from './words.ts'

/** Everything that a message about a root is made of. */
export interface Story {
  readonly incident: Incident
  readonly environment: string
  readonly urgency: Exclude<Urgency, 'information'>
  /** Names of the shards that it hits, in the order of their ids. */
  readonly places: readonly string[]
  /** Shards of its pipeline; 0 where that is unknown. */
  readonly shards: number
  /** Noun of a shard in its pipeline: `location`. */
  readonly noun: Noun
  readonly deadline: Instant | null
  /** Name of the person on call; null where no rotation is part of the policy. */
  readonly onCall: string | null
  /** Name of the person who acknowledged it last. */
  readonly ackedBy: string | null
  readonly ackedAt: Instant | null
  /** Zone of the person who reads it. */
  readonly zone: string
  /** Address of the dashboard. */
  readonly address: string | null
  readonly now: Instant
}

/** A message about a root: what it is, how far it goes, what is lost by when, what to do, who has it. */
export function tell(kind: MessageKind, story: Story): Message {
  const { incident, environment, urgency, now } = story
  return {
    kind,
    urgency,
    topic: topicOf(story),
    title: titleOf(kind, story),
    lines: linesOf(kind, story).filter((line) => line !== ''),
    links: linksOf(story),
    attachments: [],
    thread: `${environment}/${incident.key}/${incident.id}`,
    at: now,
  }
}

const SHOWN = 5
const DATE = /^\d{4}-\d{2}-\d{2}/

function topicOf({ incident, places }: Story): string {
  const { kind, pipeline, stream, window, reason, key } = incident
  const date = dateOf(incident)
  switch (kind) {
    case 'late':
      return `${pipeline}: ${window === null ? 'days are' : `${dayInWords(window)} is`} not complete`
    case 'source':
      return `${pipeline}: the source fails (${reason.code})`
    case 'columns':
      return `${pipeline}: the columns of ${stream} have changed`
    case 'rule':
      return `${pipeline}: rule ${key.split('/').at(-1)}`
    default: {
      const what = ERRORS[reason.code].meaning.replace(/\.$/, '')
      const where = places.length === 1 ? `, ${places[0]}` : ''
      return `${pipeline ?? 'Daybreak'}: ${what}${where}${date === null ? '' : `, ${dayInWords(date)}`}`
    }
  }
}

function titleOf(kind: MessageKind, story: Story): string {
  const { incident, ackedBy, deadline, now } = story
  const topic = topicOf(story)
  switch (kind) {
    case 'resolved':
      return `after ${lengthInWords((incident.resolvedAt ?? now) - incident.openedAt)}: ${topic}.`
    case 'acknowledged':
      return `${topic}${extentOf(story)}. Acknowledged by ${ackedBy ?? 'a person'}.`
    case 'ack_expired':
      return `Still open: ${topic}${extentOf(story)}. ${ackedBy ?? 'A person'} acknowledged it, and that ran out.`
    case 'deadline':
      return `Lost in ${lengthInWords(Math.max(0, (deadline ?? now) - now))}: ${topic}${extentOf(story)}.`
    case 'worse':
      return `Now a page: ${topic}${extentOf(story)}.`
    case 'larger':
      return `More of it: ${topic}${extentOf(story)}.`
    default:
      return `${topic}${extentOf(story)}.`
  }
}

/** `: 2 of 40 locations (5 %)`; nothing for a cause at one place. */
function extentOf({ places, shards, noun }: Story): string {
  if (places.length < 2) return ''
  if (shards < places.length) return `: ${nounInWords(places.length, noun)}`
  return `: ${places.length.toLocaleString('en-US')} of ${nounInWords(shards, noun)} (${shareInWords(places.length, shards)})`
}

function linesOf(kind: MessageKind, story: Story): readonly string[] {
  const { incident, places, deadline, onCall, ackedBy, ackedAt, zone, now } = story
  const acked = ackedAt === null ? '' : `Acknowledged by ${ackedBy ?? 'a person'} at ${clockInWords(ackedAt, zone)}.`
  if (kind === 'resolved') return [places.length > 1 ? `${namesInWords(places, SHOWN)}.` : '', acked]
  const since = `Open since ${clockInWords(incident.openedAt, zone)} (${lengthInWords(now - incident.openedAt)}).`
  return [
    places.length > 1 ? `${namesInWords(places, SHOWN)}.` : '',
    sentence(incident.reason.message),
    deadline === null || deadline <= now
      ? since
      : `${since} The source deletes it in ${lengthInWords(deadline - now)}.`,
    `Do: ${ERRORS[incident.reason.code].remedy} (${runbookOf(incident.reason.code)})`,
    [onCall === null ? '' : `On call: ${onCall}.`, acked].filter((part) => part !== '').join(' '),
  ]
}

function sentence(text: string): string {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.!?]$/.test(first) ? first : `${first}.`
}

function linksOf({ incident, address }: Story): Message['links'] {
  if (address === null) return []
  return [{ label: 'Open', url: `${address.replace(/\/$/, '')}/incidents/${encodeURIComponent(incident.id)}` }]
}

function dateOf({ window, subjects }: Incident): string | null {
  return window ?? DATE.exec(subjects.first[0] ?? '')?.[0] ?? null
}
