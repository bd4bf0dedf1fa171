import { DaybreakError } from '../../errors.ts'
import type { Reason, Slice, SliceKey } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import { sliceFor, type Words } from '../slice-words.ts'

interface StreamOfPipeline {
  readonly pipeline: string
  readonly stream: string
  /** Name of its file. */
  readonly file: string
  readonly words: Words
}

/** A slice that says why its file is in no table. */
type Refused = SliceKey & Pick<Slice, 'state'> & { readonly reason: Reason }

const LOOKED_AT = 1_000

/** Says why a stream has no table: the first of its files that is held, or that there is none. */
export async function whyNoTable(
  streams: readonly StreamOfPipeline[],
  ledger: Pick<Ledger, 'slices'>,
): Promise<string> {
  for (const { pipeline, stream, file, words } of streams) {
    const slices = await ledger.slices({ pipeline, streams: [stream], limit: LOOKED_AT })
    const held = slices.flatMap(({ reason, state, ...key }) =>
      reason === null || state === 'missing' ? [] : [{ ...key, state, reason }],
    )
    const [first] = held
    if (first)
      return `${describe(first, file, words)}${held.length > 1 ? ` (and ${held.length - 1} more like it)` : ''}`
  }
  const files = [...new Set(streams.map(({ file }) => file))]
  return `no ${files.slice(0, 3).join(', no ')} was loaded`
}

function describe({ state, reason, ...key }: Refused, file: string, words: Words): string {
  const verb = state === 'quarantined' ? 'is held' : `is ${state}`
  return `${sliceFor({ ...key, stream: file }, words)} ${verb}: ${reason.message}`
}

/** Pure: the table that a query did not find; empty when there is none at all, null for another error. */
export function missingTable(error: unknown): string | null {
  if (!(error instanceof DaybreakError)) return null
  if (error.code === 'NOT_FOUND') return ''
  const found = /Table with name "?(\w+)"? does not exist|Not found: Table \S*?[.:](\w+) was not found/i.exec(
    error.message,
  )
  return found ? (found[1] ?? found[2] ?? null) : null
}
