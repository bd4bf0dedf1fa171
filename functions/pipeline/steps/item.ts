import type { Contract } from '../../contract/contract.ts'
import type { DaybreakError } from '../../errors.ts'
import type {
  CheckResult,
  DeliveryRecord,
  Instant,
  Override,
  RawObject,
  Reason,
  RunSlice,
  Slice,
  SliceKey,
  SourceFile,
} from '../entities.ts'
import type { Decision } from './decide.ts'
import type { Transformed } from './transform.ts'

/** One slice in the hands of a run: its row, its history, and the decision about it. */
export interface Item {
  readonly key: SliceKey
  readonly contract: Contract
  /** Its absence means nothing. */
  readonly optional: boolean
  readonly slice: Slice
  /** Record of the slice's newest raw object; null when it never was transformed. */
  readonly record: DeliveryRecord | null
  /** All raw objects that ever were this slice, oldest first. */
  readonly past: readonly DeliveryRecord[]
  readonly decision: Decision
  readonly version: { readonly contract: string; readonly engine: string }
  readonly lookedAt: Instant
  /** Its published file belongs to another day, and its own day was signed: it waits to be taken out. */
  readonly isClosedCopy: boolean
}

/** An item after the work. */
export type WorkedItem = Untouched | Unchanged | Made | Failed

/** An item after the work, with the milliseconds it took. */
export type PreparedItem = WorkedItem & { readonly milliseconds: number }

/** An item that became a part. */
export type MadeItem = Extract<PreparedItem, { result: 'made' }>

/** An item that could not be landed or transformed. */
export type FailedItem = Extract<PreparedItem, { result: 'failed' }>

/** Nothing was to be read. */
interface Untouched extends Item {
  readonly result: 'untouched'
}

/** The file was read, and the table shows its bytes already. */
interface Unchanged extends Item {
  readonly result: 'unchanged'
  readonly file: SourceFile
}

/** The raw object was transformed. */
interface Made extends Item {
  readonly result: 'made'
  /** The file that was fetched; null when the raw object was in the archive. */
  readonly file: SourceFile | null
  readonly raw: RawObject
  readonly made: Transformed
}

/** Reading, landing or transforming failed. */
interface Failed extends Item {
  readonly result: 'failed'
  /** The file that was to be fetched; null when the raw object was in the archive. */
  readonly file: SourceFile | null
  /** Null when the failure came before the bytes were landed. */
  readonly raw: RawObject | null
  readonly failure: DaybreakError
}

/** One slice, settled: its next row, and what that means. */
export interface SettledItem {
  readonly item: PreparedItem
  readonly slice: Slice
  readonly outcome: RunSlice['outcome']
  readonly reason: Reason | null
  readonly deliveries: readonly DeliveryRecord[]
  /** All results of its checks; null when nothing was checked anew. */
  readonly checks: readonly CheckResult[] | null
  /** Why it is published although something held it back. */
  readonly override?: Override
}
