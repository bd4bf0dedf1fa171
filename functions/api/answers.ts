import { Temporal } from 'temporal-polyfill'
import { cutShards, maySee } from '../access/decide.ts'
import { DaybreakError, ERRORS } from '../errors.ts'
import { invalid } from '../http/problem.ts'
import type { SignedIn } from '../http/session.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { runbookOf } from '../lib/runbook.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Instant, Reason, Run } from '../pipeline/entities.ts'
import type { ShardConfig } from '../pipeline/shard.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import { keyedRun, type RunRequest } from '../pipeline/work/run.ts'
import type { ApiCall } from './call.ts'
import type { ApiContext } from './context.ts'

/** Pure: an instant as RFC 3339 text. */
export function instantText(instant: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(instant).toString()
}

/** Pure: millionths as decimal text. */
export function microsText(micros: number): string {
  return `${Math.trunc(micros / 1e6)}.${String(Math.abs(micros) % 1e6).padStart(6, '0')}`
}

/** Pure: an instant or none as RFC 3339 text. */
export function optionalInstant(instant: Instant | null | undefined): string | null {
  return instant === null || instant === undefined ? null : instantText(instant)
}

/** Pure: an instant of a request. */
export function toInstant(text: string): Instant {
  return Temporal.Instant.from(text).epochMilliseconds
}

/** A reason as the API tells it. */
interface ReasonAnswer extends Reason {
  readonly remedy: string
  readonly runbook: string
}

/** Pure: a reason with what a person does about it; null for none. */
export function reasonAnswer<Given extends Reason | null>(reason: Given): Given extends null ? null : ReasonAnswer
export function reasonAnswer(reason: Reason | null): ReasonAnswer | null {
  if (reason === null) return null
  const { code, message } = reason
  return { code, message, remedy: ERRORS[code].remedy, runbook: runbookOf(code) }
}

/**
 * Pure: the reason of work over many shards. Its message may name any of them, so a caller of some gets the meaning of the code.
 */
export function sharedReason(reason: Reason | null, { shards }: Pick<SignedIn, 'shards'>) {
  if (reason === null || shards === null) return reasonAnswer(reason)
  return reasonAnswer({ code: reason.code, message: ERRORS[reason.code].meaning })
}

/** Pure: true for work over these shards, none for all, that touches a shard of the principal. */
export function isShared({ shards }: Pick<SignedIn, 'shards'>, touched: readonly string[] | undefined): boolean {
  return (
    shards === null || touched === undefined || touched.length === 0 || touched.some((shard) => shards.includes(shard))
  )
}

/** The pipeline of that name; without a name, the only one. @throws {DaybreakError} NOT_FOUND, REQUEST_INVALID. */
export function findDefinition(
  { definitions }: Pick<ApiContext, 'definitions'>,
  name: string | undefined,
): PipelineDefinition {
  const names = [...definitions.keys()]
  if (name === undefined && names.length > 1) throw invalid(`pipeline: expected one of ${names.join(', ')}`)
  const definition = definitions.get(name ?? names[0] ?? '')
  if (definition) return definition
  throw new DaybreakError('NOT_FOUND', `there is no pipeline ${JSON.stringify(name ?? null)}`)
}

/** Names and zones of the shards of a pipeline, by id. */
export type ShardNames = ReadonlyMap<string, ShardConfig>

/** Pure: the shards of a pipeline by id. */
export function shardsOf({ shards }: Pick<PipelineDefinition, 'shards'>): ShardNames {
  return new Map(shards.map((shard) => [shard.id, shard]))
}

/** Pure: the name of a shard for people; its id where none is known. */
export function nameOfShard(names: ShardNames, id: string): string {
  return names.get(id)?.name ?? id
}

/** Filter member for shards, cut to those that a principal may see. */
export function shardFilter(
  principal: Pick<SignedIn, 'shards'>,
  asked: readonly string[] = [],
): { readonly shards?: readonly string[] } {
  const shards = cutShards(principal, asked)
  return shards === undefined ? {} : { shards }
}

/** @throws {DaybreakError} NOT_FOUND for a shard that a principal may not see, as for one that does not exist. */
export function expectVisible(principal: Pick<SignedIn, 'shards'>, shards: readonly string[]): void {
  const hidden = shards.find((shard) => !maySee(principal, shard))
  if (hidden !== undefined) throw new DaybreakError('NOT_FOUND', `there is no ${JSON.stringify(hidden)}`)
}

/** @throws {DaybreakError} REQUEST_INVALID for names that are not known. */
export function expectKnown(field: string, names: readonly string[], known: readonly string[]): void {
  const stranger = names.find((name) => !known.includes(name))
  if (stranger === undefined) return
  throw invalid(`${field}: ${JSON.stringify(stranger)} is unknown.${didYouMean(stranger, known)}`)
}

/** Pure: the nouns of a pipeline. */
export function wordsAnswer(definition: PipelineDefinition) {
  const { shard, window, both } = wordsOf(definition)
  return { window: { ...window }, shard: { ...shard }, both }
}

/** Pure: the key of a run that a write begins. A later attempt at the same write finds the run by it. */
export function runKey({ write }: Pick<ApiCall, 'write'>): Required<Pick<RunRequest, 'key'>> {
  return { key: { text: `api/${write.id}`, at: write.at } }
}

/** The run that an earlier attempt at a write began; null without one. What it changed says no longer what was asked for. */
export async function begunRun(
  call: Pick<ApiCall, 'write'>,
  pipeline: string,
  { ledger }: Pick<ApiContext, 'ledger'>,
): Promise<Run | null> {
  return call.write.isRepeated ? await ledger.run(keyedRun(pipeline, runKey(call).key)) : null
}
