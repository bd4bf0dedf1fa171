import { join } from 'node:path'
import type { CrossCheck } from '../../contract/contract.ts'
import { toDaybreakError } from '../../errors.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { CheckResult, Delivery, Slice, SliceKey } from '../entities.ts'
import type { Ports } from '../ports.ts'
import type { ShardConfig } from '../shard.ts'
import { bringPart, type RemakePorts } from './bring-part.ts'
import type { Transformed } from './transform.ts'

/** Pseudo stream under which the results of checks over several streams are recorded. */
export const CROSS_CHECKS = '*'

/** The result of a check over several streams, and the streams it took part with. */
export interface CrossResult {
  readonly streams: readonly string[]
  readonly result: CheckResult
  /** The result may only say that rows are missing which were rejected: that is known already, and no problem of its own. */
  readonly explained: boolean
}

/** A file of the day: the new version, if one is to be published, or what is published. */
export interface Comparable {
  readonly key: SliceKey
  readonly slice: Slice
  /** The new version; null when what is published stays. */
  readonly made: Transformed | null
}

/** A part that a check reads: the new version, or what is published. */
type TakenPart = Pick<Comparable, 'key'> &
  ({ readonly made: Transformed } | { readonly made: null; readonly delivery: Delivery })

function take({ key, made, slice: { delivery } }: Comparable): readonly TakenPart[] {
  if (made !== null) return [{ key, made }]
  return delivery === null ? [] : [{ key, made, delivery }]
}

interface CrossCheckContext {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly scratch: string
}

/**
 * Runs the pipeline's checks over one location and day. A check whose streams are not all there is not run: a late file
 * must not hold back the ones that came. One that involves nothing new was run before.
 */
export async function crossCheck(
  items: readonly Comparable[],
  { definition, shard, scratch }: CrossCheckContext,
  ports: RemakePorts,
): Promise<readonly CrossResult[]> {
  const due = definition.config.checks.flatMap((check) => {
    const streams = streamsOf(check)
    const taking = items.filter(({ key }) => streams.includes(key.stream)).flatMap(take)
    return taking.length === streams.length && taking.some(({ made }) => made) ? [{ check, streams, taking }] : []
  })
  const paths = new Map<string, string>()
  for (const { taking } of due) for (const item of taking) await bringLocal(item, { paths, scratch, definition }, ports)
  const results = await run(
    due.map(({ check }) => check),
    { paths, closeoutHour: shard.closeoutHour },
    ports.transformer,
  )
  return due.map(({ streams, taking }, index) => {
    const rejected = taking.reduce((sum, item) => sum + rejectedRows(item), 0)
    const result = results[index]
    if (!result) throw new TypeError('a check without a result')
    return { streams, result: soften(result, rejected), explained: rejected > 0 }
  })
}

/**
 * A failed check that compares streams refuses no file while rows of one of them are rejected, because it may only say that
 * those are missing. The numbers disagree all the same, so the day is disputed.
 */
export function soften(result: CheckResult, rejectedRows: number): CheckResult {
  if (result.state === 'pass' || rejectedRows === 0) return result
  const isRefusal = result.state === 'fail' && (result.effect === 'block' || result.effect === 'hold')
  return {
    ...result,
    ...(isRefusal && { effect: 'dispute' }),
    message: `${result.message}; ${rejectedRows} of their rows were rejected`,
  }
}

/**
 * Results of checks that were not due now, because their files are as they were: they stand until one of the files changes. A
 * day that is new has none, and is not asked for.
 */
export async function earlierResults(
  items: readonly Comparable[],
  { definition, fresh }: { readonly definition: PipelineDefinition; readonly fresh: readonly CrossResult[] },
  { checks }: Pick<Ports['ledger'], 'checks'>,
): Promise<readonly CheckResult[]> {
  const known = items.find(({ slice }) => slice.delivery !== null)
  if (!known || fresh.length === 0) return []
  const { pipeline, shard, window } = known.key
  const stored = await checks({ pipeline, streams: [CROSS_CHECKS], shards: [shard], windows: [window] })
  const renewed = new Set(fresh.map(({ result }) => result.check))
  const names = new Set(definition.config.checks.map(({ name }) => name))
  return stored
    .filter(({ check }) => names.has(check) && !renewed.has(check))
    .map(({ check, rule, state, effect, tested, failed, message }) => ({
      check,
      rule,
      state,
      effect,
      tested,
      failed,
      message,
    }))
}

function rejectedRows(part: TakenPart): number {
  return (part.made ?? part.delivery).counts.rejected
}

/** All together or, when one of them fails, each alone: a check is not run again before a file changes. */
async function run(
  checks: readonly CrossCheck[],
  { paths, closeoutHour }: { readonly paths: ReadonlyMap<string, string>; readonly closeoutHour: number | null },
  transformer: Ports['transformer'],
): Promise<readonly CheckResult[]> {
  if (checks.length === 0) return []
  const together = await transformer.crossChecks(checks, paths, closeoutHour).catch(() => null)
  if (together) return together
  return await Promise.all(
    checks.map(async (check) => {
      const [alone] = await transformer
        .crossChecks([check], paths, closeoutHour)
        .catch((error: unknown) => [broken(check, error)])
      return alone ?? broken(check, new TypeError('the check has no result'))
    }),
  )
}

/** Streams a check joins, each once, the left one first. */
export function streamsOf(check: CrossCheck): readonly string[] {
  const terms =
    'equal' in check
      ? [...check.equal, ...(check.orEqual ?? [])]
      : 'together' in check
        ? check.together
        : [check.every, check.existsIn]
  return [...new Set(terms.flatMap(({ stream }) => (stream === undefined ? [] : [stream])))]
}

async function bringLocal(
  part: TakenPart,
  { paths, scratch, definition }: { paths: Map<string, string>; scratch: string; definition: PipelineDefinition },
  ports: RemakePorts,
): Promise<void> {
  const { key, made } = part
  if (paths.has(key.stream)) return
  const path = made?.part.local ?? join(scratch, `${key.stream}.checked.parquet`)
  if (part.made === null) await bringPart(part.delivery, { key, definition, path }, ports)
  else if (part.made.part.local === null) await ports.objects.fetch(part.made.part.object, path)
  paths.set(key.stream, path)
}

// A check that cannot run must be seen, but is no reason to hold back what the files say.
function broken(check: CrossCheck, error: unknown): CheckResult {
  const { code, message } = toDaybreakError(error)
  return {
    check: check.name,
    rule: check.rule ?? null,
    state: 'error',
    effect: 'warn',
    tested: 0,
    failed: 0,
    message: `could not run: [${code}] ${message}`,
  }
}
