import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import type { Writing } from '../../pipeline/destination.ts'

const common = {
  version: z.literal(1),
  load_id: z.string(),
  pipeline: z.string(),
  stream: z.string(),
  window: z.string(),
  number: z.number(),
  content: z.string(),
  epoch: z.number(),
}

const Load = z.discriminatedUnion('state', [
  z.object({
    ...common,
    state: z.literal('done'),
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    rows: z.number(),
    totals: z.record(z.string(), z.string()),
  }),
  z.object({ ...common, state: z.literal('failed'), message: z.string() }),
])

/** A load that put a file in its place, or that failed for good. */
export type FileLoad = z.infer<typeof Load>

/** Folder of the records of loads; readers of patterns pass over its name. */
export const LOADS = '_daybreak/loads'

/** Path of the record of a load. */
export function loadName(
  { pipeline, stream, number }: Pick<Writing, 'pipeline' | 'stream' | 'number'>,
  id: string,
): string {
  return `${LOADS}/${pipeline}/${stream}/${String(number).padStart(9, '0')}-${id}.json`
}

/** A record of a load. @throws {DaybreakError} WAREHOUSE_DAMAGED for a text that is none. */
export function parseLoad(text: string): FileLoad {
  const parsed = Load.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new DaybreakError('WAREHOUSE_DAMAGED', `a file below ${LOADS} is no record of a load: ${parsed.error.message}`)
}
