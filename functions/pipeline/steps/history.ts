import { type Check, type ConstantCheck, fileOf, type LossCheck, type NewFileCheck } from '../../contract/contract.ts'
import { totalColumns } from '../../contract/table.ts'
import { outcome } from '../../engine/check-result.ts'
import { equalDecimals } from '../../lib/decimal.ts'
import { byTime } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, CheckResult, Delivery, DeliveryRecord, KnownConstant, SliceKey } from '../entities.ts'
import type { Ports } from '../ports.ts'
import type { ShardConfig } from '../shard.ts'
import { dayNamed, type Words } from '../slice-words.ts'
import { readTimes } from '../window-times.ts'
import type { MadeItem, PreparedItem } from './item.ts'
import { outlierChecks } from './outlier.ts'
import type { Transformed } from './transform.ts'

interface HistoryContext {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly window: BusinessDate
  readonly words: Words
}

/** Earlier deliveries, as far as the files of a day are compared with them. */
interface Past {
  /** Deliveries of the same bytes, of any location and date. */
  readonly twins: readonly DeliveryRecord[]
  readonly constants: readonly KnownConstant[]
  /** True when the first place comes before the second, by the instants of their windows, then by shard. */
  readonly isBefore: (a: Place, b: Place) => boolean
}

type HistoryLedger = Pick<Ports['ledger'], 'dayTotals' | 'knownDays' | 'deliveries' | 'constants' | 'windows'>

type Place = Omit<SliceKey, 'pipeline'>

/** Results of checks that compare files with what was delivered before, and the constants that are new. */
interface History {
  /** By stream. */
  readonly results: ReadonlyMap<string, readonly CheckResult[]>
  readonly constants: readonly KnownConstant[]
  /** Published deliveries that these files show to be copies: the same bytes under a later date. */
  readonly copies: readonly DeliveryRecord[]
}

/** Compares the new files of a day with what was delivered before: one indexed read for each kind of history. */
export async function compareWithHistory(
  items: readonly PreparedItem[],
  context: HistoryContext,
  ledger: HistoryLedger,
): Promise<History> {
  const made = items.filter((item) => item.result === 'made')
  const outliers = await outlierChecks(made, context.definition, ledger)
  const past = await readPast(made, context, ledger)
  const results = made.map((item) => {
    const { stream } = item.key
    return [stream, [...(outliers.get(stream) ?? []), ...checksOf(item, past, context.words)]] as const
  })
  const constants = made.flatMap((item) => constantsOf(item).filter((one) => !isKnown(one, past.constants)))
  const copies = made.flatMap((item) => copiesOf(item, past))
  return { results: new Map(results), constants, copies }
}

async function readPast(
  made: readonly MadeItem[],
  { definition, shard }: HistoryContext,
  ledger: HistoryLedger,
): Promise<Past> {
  const asks = (kind: 'newFile' | 'constant') =>
    made.filter(({ contract }) => contract.checks.some((check) => kind in check))
  const sha256 = asks('newFile').map((item) => item.made.version.sha256)
  const [twins, constants] = await Promise.all([
    sha256.length === 0 ? [] : ledger.deliveries({ pipeline: definition.name, sha256 }),
    asks('constant').length === 0 ? [] : ledger.constants({ pipeline: definition.name, shard: shard.id }),
  ])
  const windows = [...made.map(({ key }) => key), ...twins].map(({ window }) => window)
  const order = byTime(await readTimes(definition.name, windows, ledger))
  const isBefore = (a: Place, b: Place) => order(a.window, b.window) < 0 || (a.window === b.window && a.shard < b.shard)
  return { twins, constants, isBefore }
}

function checksOf(item: MadeItem, past: Past, words: Words): readonly CheckResult[] {
  return item.contract.checks.flatMap((check: Check): readonly CheckResult[] => {
    if ('newFile' in check) return [newFileResult(check, { item, past, words })]
    if ('constant' in check) return [constantResult(check, { item, known: past.constants, words })]
    return 'loss' in check ? [lossResult(check, { made: item.made, before: item.slice.delivery })] : []
  })
}

/** Equal bytes belong to the first day that has them, whichever was read first: an export repeats the past, never the future. */
function copiesOf(item: MadeItem, { twins, isBefore }: Past): readonly DeliveryRecord[] {
  if (!item.contract.checks.some((check) => 'newFile' in check && check.effect === 'hold')) return []
  if (isAlikeEveryDay(item)) return []
  return twins.filter((twin) => isTwin(twin, item) && twin.state === 'staged' && isBefore(item.key, twin))
}

function isTwin(twin: DeliveryRecord, { key, made }: MadeItem): boolean {
  return twin.stream === key.stream && twin.raw.sha256 === made.version.sha256
}

/** A held copy proves nothing: the other place may be the right one. */
function newFileResult(
  check: NewFileCheck,
  { item, past, words }: { readonly item: MadeItem; readonly past: Past; readonly words: Words },
): CheckResult {
  const others = past.twins.filter(
    (twin) => isTwin(twin, item) && twin.state !== 'held' && past.isBefore(twin, item.key),
  )
  const [first] = others
  if (!first || isAlikeEveryDay(item))
    return outcome(check, {
      tested: 1,
      failed: 0,
      message: `the bytes are of no earlier ${words.window.head} and no other ${words.shard.one}`,
    })
  const more = others.length > 1 ? ` and ${others.length - 1} more` : ''
  const message = `${fileOf(item.contract)} has the bytes of ${dayNamed(first, words)}${more}`
  return outcome(check, { tested: 1, failed: 1, message })
}

/** A header alone, or a report of nothing sold: the same on every closed day. */
function isAlikeEveryDay({ contract, made: { counts, totals } }: MadeItem): boolean {
  const columns = totalColumns(contract)
  const isZero = columns.length > 0 && columns.every((column) => equalDecimals(totals[column] ?? '0', '0'))
  return counts.accepted === 0 || isZero
}

function constantsOf({ key, made, contract }: MadeItem): readonly KnownConstant[] {
  const { pipeline, shard, stream } = key
  const columns = contract.checks.flatMap((check) => ('constant' in check ? [check.constant] : []))
  return columns.flatMap((column) =>
    (made.constants?.[column] ?? []).map((value) => ({ pipeline, shard, stream, column, value })),
  )
}

function isKnown(one: KnownConstant, all: readonly KnownConstant[]): boolean {
  return all.some((known) => isSameColumn(known, one) && known.value === one.value)
}

const isSameColumn = (a: KnownConstant, b: KnownConstant): boolean => a.stream === b.stream && a.column === b.column

function constantResult(
  check: ConstantCheck,
  { item, known, words }: { readonly item: MadeItem; readonly known: readonly KnownConstant[]; readonly words: Words },
): CheckResult {
  const own = constantsOf(item).filter(({ column }) => column === check.constant)
  const before = known.filter(({ stream, column }) => stream === item.key.stream && column === check.constant)
  const other = before.length === 0 ? [] : own.filter((one) => !isKnown(one, before))
  const quoted = (all: readonly KnownConstant[]) =>
    all
      .slice(0, 3)
      .map(({ value }) => JSON.stringify(value))
      .join(', ')
  if (other.length === 0)
    return outcome(check, { tested: own.length, failed: 0, message: `${check.constant} is as before` })
  const message = `${check.constant} of ${fileOf(item.contract)} is ${quoted(other)}; files of this ${words.shard.one} had ${quoted(before)}`
  return outcome(check, { tested: own.length, failed: other.length, message })
}

/** Facts of one version of a file, and of the version that is published. */
interface Versions {
  readonly made: Transformed
  readonly before: Delivery | null
}

function lossResult(check: LossCheck, { made, before }: Versions): CheckResult {
  if (before === null || before.raw.sha256 === made.version.sha256)
    return outcome(check, { tested: 0, failed: 0, message: 'there is no earlier version' })
  const { share, totals } = check.loss
  const measures = [
    { name: 'rows', earlier: before.counts.accepted, now: made.counts.accepted },
    ...totals.map((name) => ({ name, earlier: amount(before.totals[name]), now: amount(made.totals[name]) })),
  ]
  const lost = measures.filter(({ earlier, now }) => earlier - now > share * Math.abs(earlier))
  const named = (lost.length > 0 ? lost : measures).map(
    ({ name, earlier, now }) => `${name} ${shown(earlier)} before, ${shown(now)} now`,
  )
  return outcome(check, { tested: measures.length, failed: lost.length, message: named.join('; ') })
}

// Compared with a share, so a float is exact enough.
const amount = (text: string | undefined): number => Number(text ?? '0')
const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2))
