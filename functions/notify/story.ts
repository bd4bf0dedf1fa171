import { ERRORS } from '../errors.ts'
import { runbookOf } from '../lib/runbook.ts'
import type { BusinessDate, Incident, Instant } from '../pipeline/entities.ts'
import type { Message, MessageKind, Urgency } from './message.ts'
import type { UsualOfMany } from './usual.ts'
import {
  clockInWords,
  dayInWords,
  lengthInWords,
  type Noun,
  namesInWords,
  nounInWords,
  roundedInWords,
  shareInWords,
  weekdayOf,
} from './words.ts'

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
  /** Usual arrival and amount of these places on the weekday of its date; null where that says nothing of the cause. */
  readonly usual: UsualStory | null
  /** Who to call at the places, in their order. */
  readonly contacts: readonly PlaceContact[]
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
    links: linksOf(kind, story),
    attachments: [],
    thread: `${environment}/${incident.key}/${incident.id}`,
    at: now,
  }
}

/** Usual arrival and amount of the places of a story. */
export interface UsualStory extends UsualOfMany {
  readonly window: BusinessDate
  readonly unit: string
}

/** A person at a place, and how to reach them. */
export interface PlaceContact {
  readonly place: string
  readonly name: string
  /** Telephone, e-mail or both; empty for a person who is only named. */
  readonly reach: string
}

const SHOWN = 5
// Contacts of more places would hide the rest of the message.
const CALLED = 3
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
    case 'day': {
      const what = ERRORS[reason.code].meaning.replace(/\.$/, '')
      return `${pipeline}: ${places[0] ?? ''}${date === null ? '' : `, ${dayInWords(date)}`}: ${what}`
    }
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
    usualOf(story),
    `Do: ${ERRORS[incident.reason.code].remedy} (${runbookOf(incident.reason.code)})`,
    callOf(story),
    [onCall === null ? '' : `On call: ${onCall}.`, acked].filter((part) => part !== '').join(' '),
  ]
}

/** `Usually here by 04:21 EST, with $18,400 on a Sunday.` */
function usualOf({ usual, places, noun, zone }: Story): string {
  if (usual === null) return ''
  const { by, amount, unit, window } = usual
  const part =
    amount && amount.shards < places.length ? ` at ${amount.shards} of ${nounInWords(places.length, noun)}` : ''
  const money = amount === null ? null : `${roundedInWords(amount.sum, unit)} on a ${weekdayOf(window)}${part}`
  if (by === null) return money === null ? '' : `Usually ${money}.`
  return `Usually here by ${clockInWords(by, zone)}${money === null ? '' : `, with ${money}`}.`
}

/** `Call: Store 7, Dana (+1 312 555 0100).` */
function callOf({ contacts, places }: Story): string {
  const shown = contacts.filter(({ place }) => places.indexOf(place) < CALLED)
  if (shown.length === 0) return ''
  return `Call: ${shown.map(({ place, name, reach }) => `${place}, ${name}${reach === '' ? '' : ` (${reach})`}`).join('; ')}.`
}

function sentence(text: string): string {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.!?]$/.test(first) ? first : `${first}.`
}

/** Links to the page of the incident. That of `Ack` asks there, with the session of the person: a link that is only looked at changes nothing. */
function linksOf(kind: MessageKind, { incident, address, ackedAt }: Story): Message['links'] {
  if (address === null) return []
  const url = `${address.replace(/\/$/, '')}/incidents/${encodeURIComponent(incident.id)}`
  const isOver = kind === 'resolved' || kind === 'acknowledged' || ackedAt !== null
  return [{ label: 'Open', url }, ...(isOver ? [] : [{ label: 'Ack', url: `${url}?do=ack` }])]
}

/** Date that an incident is about: its own, else that of its first subject; null where it has none. */
export function dateOf({ window, subjects }: Pick<Incident, 'window' | 'subjects'>): string | null {
  return window ?? DATE.exec(subjects.first[0] ?? '')?.[0] ?? null
}
