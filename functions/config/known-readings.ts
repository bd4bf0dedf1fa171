import type { Reading, SchemaOf } from './read.ts'
import type { YamlInput } from './yaml.ts'

// Characters of the texts that are kept: the files of a project of a hundred streams.
const MOST_TEXT = 1 << 20

const known = new Map<unknown, Map<string, Reading<unknown>>>()
let kept = 0

/**
 * The reading of a file that was read before with the same text, without problems. A process that loads its project again, as
 * `daybreak serve` does, parses only what was changed. A text that names a variable is read each time.
 */
export function readOnce<T>(schema: SchemaOf<T>, input: YamlInput, read: () => Reading<T>): Reading<T> {
  const { file, text } = input
  if (text.includes('${')) return read()
  const key = `${file}\0${text}`
  const found = known.get(schema)?.get(key)
  // Of the same schema, so of its type.
  if (found !== undefined) return found as Reading<T>
  const reading = read()
  if (reading.problems.length > 0 || text.length > MOST_TEXT) return reading
  if (kept + text.length > MOST_TEXT) forget()
  kept += text.length
  const ofSchema = known.get(schema) ?? new Map<string, Reading<unknown>>()
  known.set(schema, ofSchema.set(key, reading))
  return reading
}

function forget(): void {
  known.clear()
  kept = 0
}
