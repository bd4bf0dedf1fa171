import { createHash } from 'node:crypto'

/** A partition that a build reads, and what it holds. */
export interface Input {
  /** `toast.order_details` or `models.daily_sales`. */
  readonly table: string
  readonly window: string
  /** Number of the loaded manifest of a stream, `wanted` of the build of a model; empty for a partition that is not there. */
  readonly content: string
}

/** Everything that decides the rows of one partition of a model. */
export interface Wanting {
  /** Of the model with all that it reads. */
  readonly fingerprint: string
  readonly inputs: readonly Input[]
  /** Complete locations; null where the model asks for no completeness. */
  readonly locations: readonly string[] | null
}

/** Pure: names what a partition should hold. Equal names are equal rows; the order of inputs and locations does not count. */
export function wantedOf({ fingerprint, inputs, locations }: Wanting): string {
  const read = new Set(inputs.map(({ table, window, content }) => JSON.stringify([table, window, content])))
  const text = JSON.stringify([fingerprint, [...read].toSorted(), locations?.toSorted() ?? null])
  return createHash('sha256').update(text).digest('hex')
}
