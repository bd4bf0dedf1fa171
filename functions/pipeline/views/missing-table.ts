import type { Slice } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import { sliceFor, type Words } from '../slice-words.ts'

interface StreamOfPipeline {
  readonly pipeline: string
  readonly stream: string
  /** Name of its file. */
  readonly file: string
  readonly words: Words
}

const LOOKED_AT = 1_000

/** Says why a stream has no table: the first of its files that is held, or that there is none. */
export async function whyNoTable(
  streams: readonly StreamOfPipeline[],
  ledger: Pick<Ledger, 'slices'>,
): Promise<string> {
  for (const { pipeline, stream, file, words } of streams) {
    const slices = await ledger.slices({ pipeline, streams: [stream], limit: LOOKED_AT })
    const held = slices.filter(({ reason, state }) => reason !== null && state !== 'missing')
    const [first] = held
    if (first)
      return `${describe(first, file, words)}${held.length > 1 ? ` (and ${held.length - 1} more like it)` : ''}`
  }
  const files = [...new Set(streams.map(({ file }) => file))]
  return `no ${files.slice(0, 3).join(', no ')} was loaded`
}

function describe({ state, reason, ...key }: Slice, file: string, words: Words): string {
  const verb = state === 'quarantined' ? 'is held' : `is ${state}`
  return `${sliceFor({ ...key, stream: file }, words)} ${verb}: ${reason?.message ?? ''}`
}
