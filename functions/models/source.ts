import { createHash } from 'node:crypto'
import type { ModelConfig } from './model.ts'
import type { Source } from './place.ts'

/** A model as its author wrote it: the YAML, and the file next to it. */
export interface ModelSource {
  readonly config: ModelConfig
  readonly yaml: Source
  /** `sql` is a query, `csv` a seed, `ts` a script. */
  readonly form: 'sql' | 'csv' | 'ts'
  /** Rows that are made from configuration have the name of its file, and stand here as a CSV file would have them. */
  readonly body: Source
  /** Other files that a script imports, by their paths. */
  readonly imported: readonly Source[]
  /** `file:line:column` of a value of the YAML. */
  readonly placeOf: (path: readonly PropertyKey[]) => string
}

/** SHA-256 of the text of all files. */
export function digestOf({ yaml, body, imported }: Pick<ModelSource, 'yaml' | 'body' | 'imported'>): string {
  const hash = createHash('sha256').update(yaml.text).update('\0').update(body.text)
  for (const { file, text } of imported) hash.update(`\0${file}\0`).update(text)
  return hash.digest('hex')
}
