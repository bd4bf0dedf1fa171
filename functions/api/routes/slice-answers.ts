import { equalDecimals } from '../../lib/decimal.ts'
import { isOptional, type PipelineDefinition } from '../../pipeline/definition.ts'
import type { Delivery, DeliveryRecord, Partition, Slice, SliceKey, Totals } from '../../pipeline/entities.ts'
import type { Readiness } from '../../pipeline/plan/planner.ts'
import { instantText, nameOfShard, optionalInstant, reasonAnswer, type ShardNames } from '../answers.ts'

/** Digits of a hash that name a version. */
const SHORT = 12

/** Pure: the name of a version: the first digits of its hash. */
export function versionName(sha256: string): string {
  return sha256.slice(0, SHORT)
}

/** Pure: members that name a slice. */
export function keyOf({ pipeline, window, shard, stream }: SliceKey) {
  return { pipeline, window, shard, stream }
}

/** Pure: a slice in a list. */
export function sliceRow(slice: Slice, names: ShardNames) {
  const { state, delivery, rejects, raw, reason, updatedAt, runId, shard } = slice
  return {
    ...keyOf(slice),
    shardName: nameOfShard(names, shard),
    timeZone: names.get(shard)?.timeZone ?? null,
    state,
    rows: delivery?.part.rows ?? null,
    accepted: delivery?.counts.accepted ?? null,
    rejected: rejects?.rows ?? null,
    bytes: raw?.bytes ?? null,
    sha256: raw?.sha256 ?? null,
    reason: reasonAnswer(reason),
    override: delivery?.override?.how ?? null,
    updatedAt: instantText(updatedAt),
    runId,
  }
}

/** Pure: a version of a slice. */
export function versionAnswer(record: DeliveryRecord, published: Delivery | null) {
  const { raw, state, source, counts, totals, contract, engine, reason, at, runId } = record
  return {
    version: versionName(raw.sha256),
    sha256: raw.sha256,
    bytes: raw.bytes,
    file: source?.name ?? null,
    state,
    isPublished: published?.raw.sha256 === raw.sha256,
    counts,
    totals: totals === null ? null : { ...totals },
    contract,
    engine,
    reason: reasonAnswer(reason),
    modifiedAt: optionalInstant(source?.modifiedAt),
    at: instantText(at),
    runId,
  }
}

/** Rows and sums that the table holds of a slice; null where it cannot be asked now. */
export type InTable = { readonly rows: number; readonly totals: Totals } | null

/** Pure: the published delivery against the table. */
export function deliveryAnswer(delivery: Delivery | null, table: InTable) {
  if (delivery === null) return null
  const { counts, totals, part, stagedAt } = delivery
  const adds = counts.records === 1 + counts.accepted + counts.rejected && counts.accepted === part.rows
  const equals =
    table === null ||
    (table.rows === part.rows &&
      Object.entries(totals).every(([name, sum]) => equalDecimals(sum, table.totals[name] ?? '0')))
  return {
    counts,
    totals: { ...totals },
    partRows: part.rows,
    stagedAt: instantText(stagedAt),
    tableRows: table?.rows ?? null,
    tableTotals: table === null ? null : { ...table.totals },
    isBalanced: adds && equals,
  }
}

/** Pure: the life of a slice, step by step. */
export function lifeOf(
  { firstSeenAt, firstLoadedAt, delivery, raw, state }: Slice,
  { dueAt }: Pick<Readiness, 'dueAt'>,
  versions: readonly DeliveryRecord[],
) {
  const first = versions.at(-1)
  const staged = delivery?.stagedAt ?? null
  return [
    { step: 'expected' as const, at: instantText(dueAt), note: 'first look' },
    { step: 'seen' as const, at: optionalInstant(firstSeenAt), note: firstSeenAt === null ? 'not seen yet' : '' },
    {
      step: 'landed' as const,
      at: raw === null ? null : optionalInstant(first?.at),
      note: raw === null ? '' : versionName(raw.sha256),
    },
    { step: 'typed' as const, at: optionalInstant(staged), note: rowsNote(delivery) },
    { step: 'checked' as const, at: optionalInstant(staged), note: state === 'held' ? 'held' : '' },
    { step: 'staged' as const, at: optionalInstant(staged), note: '' },
    {
      step: 'loaded' as const,
      at: optionalInstant(firstLoadedAt),
      note:
        versions.length > 1 && firstLoadedAt !== null
          ? `first; ${versions.length - 1} ${versions.length === 2 ? 'correction' : 'corrections'} since`
          : '',
    },
  ]
}

/** Pure: the life of a slice of a table: its rows are read, made a part, and loaded. */
export function tableLifeOf(
  { firstLoadedAt, delivery, raw }: Slice,
  versions: readonly DeliveryRecord[],
): ReturnType<typeof lifeOf> {
  const staged = optionalInstant(delivery?.stagedAt)
  const landed = optionalInstant(versions.at(-1)?.at) ?? staged
  return [
    { step: 'landed', at: raw === null ? null : landed, note: raw === null ? '' : versionName(raw.sha256) },
    { step: 'typed', at: staged, note: rowsNote(delivery) },
    { step: 'staged', at: staged, note: '' },
    { step: 'loaded', at: optionalInstant(firstLoadedAt), note: '' },
  ]
}

function rowsNote(delivery: Delivery | null): string {
  if (delivery === null) return ''
  const { accepted, rejected } = delivery.counts
  return rejected === 0 ? `${accepted} rows` : `${accepted} rows, ${rejected} rejected`
}

/** Pure: the partition that a slice is loaded with. */
export function partitionAnswer(partition: Partition | null) {
  if (partition === null) return null
  const { state, wanted, loaded, jobId, rows, updatedAt } = partition
  return { state, wanted, loaded, jobId, rows, updatedAt: instantText(updatedAt) }
}

/** Pure: one sentence about a slice. */
export function sliceSentence(slice: Slice, versions: number, definition: PipelineDefinition): string {
  const { state, reason, rejects } = slice
  const corrected = versions > 1 ? `, after ${versions - 1} ${versions === 2 ? 'correction' : 'corrections'}` : ''
  const rejected = (rejects?.rows ?? 0) > 0 ? `; ${rejects?.rows} rejected` : ''
  if (slice.state === 'loaded')
    return `Loaded: ${slice.delivery.part.rows} rows are in the table${corrected}${rejected}.`
  if (state === 'waived') return 'Waived: no file is expected.'
  if (reason !== null) return `${capital(state)}: ${reason.message}.`
  if (state === 'expected' && isOptional(definition, slice.stream))
    return 'Optional: a file is read where it is delivered.'
  return `${capital(state)}.`
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
