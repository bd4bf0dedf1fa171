import { sumDecimals } from '../../lib/decimal.ts'
import type { Slice, Totals } from '../entities.ts'
import { isProposal } from '../steps/decide.ts'
import type { PeopleChange } from './changes.ts'
import type { SignOff } from './records.ts'

/** Pure: sums of slices by stream and column, for a signature under them. */
export function signedTotals(slices: readonly Slice[]): Totals {
  const entries = slices.flatMap(({ stream, delivery }) =>
    Object.entries(delivery?.totals ?? {}).map(([column, sum]) => [`${stream}.${column}`, sum] as const),
  )
  const groups = Map.groupBy(entries, ([name]) => name)
  return Object.fromEntries([...groups].map(([name, own]) => [name, sumDecimals(own.map(([, sum]) => sum))]))
}

/** A day that is opened again, for one shard or for all of them. */
interface Reopening {
  /** Null for all. */
  readonly shard: string | null
  /** All signatures under the day. */
  readonly signOffs: readonly SignOff[]
  /** All slices of the day. */
  readonly slices: readonly Slice[]
  /** Shards that the signature of all is about. */
  readonly shards: readonly string[]
}

/** Signatures that a reopening takes away, the changes that it makes, and the files that waited for them. */
interface Reopened {
  readonly taken: readonly SignOff[]
  readonly changes: readonly PeopleChange[]
  readonly waiting: readonly Slice[]
}

/**
 * Pure: what opening a day again changes. All signatures go; of one shard its own. A signature of all becomes one of each other
 * shard then, with its name, time and note.
 */
export function reopen({ shard, signOffs, slices, shards }: Reopening): Reopened {
  const taken = signOffs.filter((one) => shard === null || one.shard === shard || one.shard === '')
  const whole = shard === null ? undefined : taken.find((one) => one.shard === '')
  const others = shards.filter((id) => id !== shard && !signOffs.some((one) => one.shard === id))
  const split = whole ? others.map((id) => ({ ...whole, shard: id, totals: signedTotals(of(slices, id)) })) : []
  return {
    taken,
    changes: [
      ...taken.map((signOff) => ({ change: 'sign_off_deleted', signOff }) as const),
      ...split.map((signOff) => ({ change: 'sign_off', signOff }) as const),
    ],
    waiting: (shard === null ? slices : of(slices, shard)).filter(isProposal),
  }
}

function of(slices: readonly Slice[], shard: string): readonly Slice[] {
  return slices.filter((slice) => slice.shard === shard)
}
