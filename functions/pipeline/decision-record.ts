import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../errors.ts'
import {
  asSlice,
  type BusinessDate,
  type DeliveryRecord,
  type Instant,
  type Slice,
  type SliceMembers,
} from './entities.ts'
import type { Change } from './ports.ts'
import { WORDS } from './words.ts'

const Reason = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERRORS, code)),
  message: z.string(),
})
const Key = { pipeline: z.string(), stream: z.string(), shard: z.string(), window: z.string() }
const Source = z.object({ path: z.string(), name: z.string(), bytes: z.number(), modifiedAt: z.number() })
const Raw = z.object({ object: z.string(), sha256: z.string(), bytes: z.number() })
const Part = z.object({
  object: z.string(),
  rows: z.number(),
  bytes: z.number(),
  sha256: z.string().exactOptional(),
})
const Totals = z.record(z.string(), z.string())
const Counts = z.object({
  lines: z.number(),
  records: z.number(),
  blankLines: z.number(),
  accepted: z.number(),
  rejected: z.number(),
})
const DeliveryShape = z.object({
  raw: Raw,
  contract: z.string(),
  engine: z.string(),
  part: Part,
  rejects: Part,
  profiles: Part.exactOptional(),
  counts: Counts,
  totals: Totals,
  stagedAt: z.number(),
  override: z.object({ how: z.enum(['forced', 'released', 'confirmed']), reason: Reason }).exactOptional(),
})
const SliceFields = z.object({
  ...Key,
  state: z.enum(WORDS.slices.state),
  reason: Reason.nullable(),
  source: Source.nullable(),
  raw: Raw.nullable(),
  delivery: DeliveryShape.nullable(),
  rejects: Part.nullable(),
  firstSeenAt: z.number().nullable(),
  // Records of earlier releases lack these two.
  dueAt: z.number().nullable().default(null),
  firstLoadedAt: z.number().nullable().default(null),
  // A file that waits is looked at again, also by a rebuilt ledger.
  sighting: z.unknown().transform(() => null),
  lookedAt: z.number().nullable(),
  updatedAt: z.number(),
  runId: z.string().nullable(),
  version: z.number(),
}) satisfies z.ZodType<SliceMembers>
const SliceShape = SliceFields.transform((members, { addIssue }): Slice => {
  const slice = asSlice(members)
  if (!('misfit' in slice)) return slice
  addIssue({ code: 'custom', path: [slice.misfit], message: `expected ${slice.expected}` })
  return z.NEVER
})
const DeliveryRecordShape = z.object({
  ...Key,
  raw: Raw,
  state: z.enum(WORDS.deliveries.state),
  contract: z.string().nullable(),
  engine: z.string().nullable(),
  counts: Counts.nullable(),
  totals: Totals.nullable(),
  reason: Reason.nullable(),
  source: Source.nullable(),
  runId: z.string().nullable(),
  at: z.number(),
}) satisfies z.ZodType<DeliveryRecord>
const Check = z.object({
  check: z.string(),
  rule: z.string().nullable(),
  state: z.enum(WORDS.checks.state),
  effect: z.enum(WORDS.checks.effect),
  tested: z.number(),
  failed: z.number(),
  message: z.string(),
})

/** Changes of a decision that a rebuilt ledger needs; messages and run slices are history. */
const Kept = z.discriminatedUnion('change', [
  z.object({ change: z.literal('slice'), slice: SliceShape }),
  z.object({ change: z.literal('delivery'), delivery: DeliveryRecordShape }),
  z.object({ change: z.literal('checks'), key: z.object(Key), results: z.array(Check), at: z.number() }),
  z.object({
    change: z.literal('incident_opened'),
    key: z.string(),
    subject: z.string().exactOptional(),
    severity: z.enum(WORDS.incidents.severity),
    reason: Reason,
    runId: z.string().nullable(),
    at: z.number(),
  }),
  z.object({
    change: z.literal('incident_resolved'),
    key: z.string(),
    subject: z.string().exactOptional(),
    at: z.number(),
  }),
  z.object({
    change: z.literal('constants'),
    constants: z.array(
      z.object({
        pipeline: z.string(),
        shard: z.string(),
        stream: z.string(),
        column: z.string(),
        value: z.string(),
      }),
    ),
    at: z.number(),
  }),
])

const DecisionFile = z.object({ version: z.literal(1), at: z.number(), changes: z.array(z.looseObject({})) })

// The words of the file for the members of a slice's key.
const FILE_WORDS: Readonly<Record<string, string>> = { shard: 'location', window: 'date' }
const OWN_WORDS: Readonly<Record<string, string>> = { location: 'shard', date: 'window' }

type Members = Readonly<Record<string, unknown>>

function reworded(members: Members, words: Readonly<Record<string, string>>): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [words[name] ?? name, value]))
}

/** The same change with its keys in other words: those stand one level down, in `slice`, `delivery`, `key` or each of `constants`. */
function rewordedChange(change: Members, words: Readonly<Record<string, string>>): Members {
  const reword = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reword)
    return typeof value === 'object' && value !== null ? reworded({ ...value }, words) : value
  }
  const places = ['slice', 'delivery', 'key', 'constants']
  return Object.fromEntries(
    Object.entries(change).map(([name, value]) => [name, places.includes(name) ? reword(value) : value]),
  )
}

/** One change of a decision, as `Change` of the ledger. */
export type KeptChange = z.infer<typeof Kept>

/** Decision about one day of a location: an immutable object, from which a lost ledger is rebuilt. */
export interface Decision {
  /** When the folder was listed, so that of two workers the one with the newer view counts. */
  readonly at: Instant
  readonly changes: readonly KeptChange[]
}

/** Pure: the decision to keep, or null when no slice is other than it was before the look. */
export function decisionOf(
  changes: readonly Change[],
  { before, at }: { readonly before: readonly Slice[]; readonly at: Instant },
): Decision | null {
  const known = new Map(before.map((slice) => [slice.stream, lasting(slice)]))
  const isMoved = (change: Change) =>
    change.change === 'slice' && known.get(change.slice.stream) !== lasting(change.slice)
  if (!changes.some(isMoved)) return null
  return { at, changes: changes.flatMap(kept) }
}

/** Name of a decision: those of one day sort by the time of their look, then by the version of the slices they change. */
export function decisionName(
  { pipeline, shard, window }: { readonly pipeline: string; readonly shard: string; readonly window: BusinessDate },
  decision: Decision,
): string {
  const hash = createHash('sha256').update(decisionBytes(decision)).digest('hex').slice(0, 12)
  const versions = decision.changes.map((change) => (change.change === 'slice' ? change.slice.version : 0))
  const place = [decision.at, Math.max(0, ...versions)].map((number) => String(number).padStart(15, '0'))
  return `${decisionFolder(pipeline)}${window}/${shard}/${place.join('-')}-${hash}.json`
}

/** Prefix of all decisions of a pipeline. */
export function decisionFolder(pipeline: string): string {
  return `decisions/${pipeline}/`
}

/** Bytes of a decision: equal decisions have equal bytes. */
export function decisionBytes({ at, changes }: Decision): Uint8Array {
  const inFile = changes.map((change) => rewordedChange(change, FILE_WORDS))
  return Buffer.from(`${JSON.stringify({ version: 1, at, changes: inFile })}\n`)
}

/** A decision from its bytes; null for bytes that are none. */
export function parseDecision(bytes: Uint8Array): Decision | null {
  try {
    const { at, changes } = DecisionFile.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    return { at, changes: changes.map((change) => Kept.parse(rewordedChange(change, OWN_WORDS))) }
  } catch {
    return null
  }
}

function kept(change: Change): readonly KeptChange[] {
  const parsed = Kept.safeParse(change)
  return parsed.success ? [parsed.data] : []
}

/** The part of a slice that no look changes without a decision. A reason may quote the time of the look. */
function lasting({
  lookedAt,
  updatedAt,
  runId,
  version,
  firstSeenAt,
  dueAt,
  firstLoadedAt,
  sighting,
  source,
  ...slice
}: Slice): string {
  return JSON.stringify({ ...slice, reason: slice.reason?.code, file: source?.path })
}
