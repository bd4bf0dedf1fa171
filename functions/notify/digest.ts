import { localDate } from '../lib/business-date.ts'
import type { BusinessDate, Instant } from '../pipeline/entities.ts'
import type { Message } from './message.ts'
import { USUAL_WEEKS } from './usual.ts'
import {
  clockInWords,
  countInWords,
  dayInWords,
  lengthInWords,
  moneyInWords,
  type Noun,
  namesInWords,
  nounInWords,
  roundedInWords,
  weekdayInWords,
  weekdayOf,
} from './words.ts'

/** Everything that a digest says of one pipeline and one day. */
export interface DigestFacts {
  readonly pipeline: string
  readonly date: BusinessDate
  /** Noun of a shard in its pipeline. */
  readonly noun: Noun
  readonly shards: number
  readonly complete: number
  readonly waived: number
  /** Names of shards that are not complete. */
  readonly missing: readonly string[]
  /** Files that are loaded, and when the last of them was. */
  readonly files: number
  readonly loadedAt: Instant | null
  /** When the last of them is loaded on this weekday, usually; null where too little is known. */
  readonly usuallyLoadedAt: Instant | null
  /** Shards whose amount is far from the usual one of this weekday. */
  readonly odd: readonly OddShard[]
  /** Usual amount of the shards that are not complete; null where none is known. */
  readonly missingAmount: { readonly amount: string; readonly unit: string } | null
  readonly headline: { readonly label: string; readonly amount: string; readonly unit: string } | null
  readonly accepted: number
  readonly rejected: number
  /** Rejected rows by stream, the most first. */
  readonly rejects: readonly { readonly stream: string; readonly rows: number }[]
  /** Days before it that were corrected since the digest before. */
  readonly corrections: readonly Correction[]
  /** Days that the source deletes within two days. */
  readonly expiring: readonly { readonly name: string; readonly date: BusinessDate; readonly goneAt: Instant }[]
}

/** A shard that sold far more or less than usual. */
export interface OddShard {
  readonly name: string
  /** Difference to the median of the last same weekdays, in percent. */
  readonly percent: number
}

/** A file that was delivered a second time. */
export interface Correction {
  readonly name: string
  readonly date: BusinessDate
  readonly stream: string
  readonly rows: number
}

/** A digest of one person. */
export interface Digest {
  readonly person: string
  readonly environment: string
  readonly zone: string
  readonly now: Instant
  readonly pipelines: readonly DigestFacts[]
  /** Open roots, one sentence each. */
  readonly open: readonly string[]
  readonly onCall: readonly { readonly name: string; readonly until: Instant }[]
  /** Cost of the month so far and its budget in USD; null where no price is known. */
  readonly cost: { readonly month: number; readonly budget: number | null } | null
  readonly address: string | null
}

const SHOWN = 5

/** Pure: the morning's mail, also when all is well. */
export function toDigest(digest: Digest): Message {
  const { person, environment, pipelines, now, address } = digest
  const title = subjectOf(pipelines)
  const date = pipelines[0]?.date ?? ''
  return {
    kind: 'digest',
    urgency: 'information',
    topic: title,
    title,
    lines: [...pipelines.flatMap((facts) => linesOf(facts, digest)), lastLine(digest)],
    links: address === null ? [] : [{ label: 'Open', url: `${address.replace(/\/$/, '')}/?from=${date}&to=${date}` }],
    attachments: [],
    thread: `${environment}/digest/${person}/${date}`,
    at: now,
  }
}

/** The facts of a pipeline that the subject of a digest says. */
export type SubjectFacts = Pick<DigestFacts, 'pipeline' | 'date' | 'shards' | 'complete' | 'waived' | 'headline'>

/** Pure: the subject of a digest. */
export function subjectOf(pipelines: readonly SubjectFacts[]): string {
  return pipelines.map((facts) => titleOf(facts, pipelines.length > 1)).join('; ')
}

function titleOf({ pipeline, date, complete, shards, waived, headline }: SubjectFacts, isNamed: boolean): string {
  const expected = shards - waived
  const amount = headline === null ? '' : `, ${moneyInWords(headline.amount, headline.unit)}`
  return `${isNamed ? `${pipeline}, ` : ''}${weekdayInWords(date)}: ${complete} of ${expected} complete${amount}`
}

function linesOf(facts: DigestFacts, { zone, now, pipelines }: Digest): readonly string[] {
  const {
    files,
    loadedAt,
    usuallyLoadedAt,
    missing,
    missingAmount,
    odd,
    noun,
    headline,
    accepted,
    rejected,
    rejects,
    corrections,
    expiring,
  } = facts
  const prefix = pipelines.length > 1 ? `${facts.pipeline}: ` : ''
  const loaded =
    files === 0 ? 'No file is loaded' : `${countInWords(files, 'file is', 'files are')} loaded and equal to the cent`
  const label = headline === null ? '' : `${headline.label.charAt(0).toUpperCase()}${headline.label.slice(1)}`
  const amount = headline === null ? '' : ` ${label}: ${moneyInWords(headline.amount, headline.unit)}.`
  const usually = usuallyLoadedAt === null ? '' : ` (usual ${clockInWords(usuallyLoadedAt, zone)})`
  const lacking = missingAmount === null ? '' : `, usually ${roundedInWords(missingAmount.amount, missingAmount.unit)}`
  return [
    `${prefix}${loaded}${loadedAt === null ? '' : ` by ${clockInWords(loadedAt, zone)}${usually}`}.${amount}`,
    ...(missing.length === 0
      ? []
      : [`Not complete: ${namesInWords(missing, SHOWN)} (${nounInWords(missing.length, noun)})${lacking}.`]),
    ...(facts.waived === 0 ? [] : [`Closed: ${nounInWords(facts.waived, noun)}.`]),
    rejected === 0
      ? 'Set aside: no row.'
      : `Set aside: ${countInWords(rejected, 'row')} of ${(accepted + rejected).toLocaleString('en-US')} (${perThousand(rejected, accepted + rejected)} per thousand): ${rejects
          .slice(0, SHOWN)
          .map(({ stream, rows }) => `${rows} x ${stream}`)
          .join(', ')}.`,
    ...(corrections.length === 0 ? [] : [`Changed since yesterday: ${correctionsOf(corrections)}.`]),
    ...(odd.length === 0 ? [] : [`Unusual for a ${weekdayOf(facts.date)}: ${oddOf(odd)}.`]),
    ...(expiring.length === 0
      ? []
      : [
          `Expiring: ${expiring
            .slice(0, SHOWN)
            .map(
              ({ name, date, goneAt }) =>
                `${name}, ${dayInWords(date)}, in ${lengthInWords(Math.max(0, goneAt - now))}`,
            )
            .join('; ')}.`,
        ]),
  ]
}

/** `Store 31 62 % less than its median of 8 weeks`. */
function oddOf(odd: readonly OddShard[]): string {
  const shown = odd
    .slice(0, SHOWN)
    .map(({ name, percent }) => `${name} ${Math.abs(percent)} % ${percent < 0 ? 'less' : 'more'}`)
  const left = odd.length - shown.length
  return `${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''} than the median of ${USUAL_WEEKS} weeks`
}

function correctionsOf(corrections: readonly Correction[]): string {
  const shown = corrections.slice(0, SHOWN).map(({ name, date, stream, rows }) => {
    const change = rows === 0 ? 'the same number of rows' : `${rows > 0 ? '+' : ''}${countInWords(rows, 'row')}`
    return `${name}, ${dayInWords(date)}, ${stream}: ${change}`
  })
  const left = corrections.length - shown.length
  return `${shown.join('; ')}${left > 0 ? ` and ${left} more` : ''}`
}

function lastLine({ open, onCall, cost, zone }: Digest): string {
  const shown = open.slice(0, SHOWN).join(' ')
  const more = open.length > SHOWN ? ` And ${open.length - SHOWN} more.` : ''
  return [
    open.length === 0 ? 'Open: none.' : `Open: ${shown}${more}`,
    ...(cost === null
      ? []
      : [`Cost of the month: $${cost.month.toFixed(2)}${cost.budget === null ? '' : ` of ${cost.budget}`}.`]),
    ...onCall.map(({ name, until }) => `On call: ${name} until ${untilInWords(until, zone)}.`),
  ].join(' ')
}

function untilInWords(until: Instant, zone: string): string {
  return `${weekdayInWords(localDate(until, zone))} ${clockInWords(until, zone)}`
}

function perThousand(part: number, whole: number): string {
  return ((1_000 * part) / Math.max(1, whole)).toFixed(2)
}
