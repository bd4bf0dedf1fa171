import { createHash } from 'node:crypto'
import type { ModelConfig } from './model.ts'
import type { Source } from './place.ts'

/** A model as its author wrote it: the YAML, and the file next to it. */
export interface ModelSource {
  readonly config: ModelConfig
  readonly yaml: Source
  /** `sql` is a query, `csv` a seed, `ts` a script. */
  readonly form: 'sql' | 'csv' | 'ts'
  readonly body: Source
  /** `file:line:column` of a value of the YAML. */
  readonly placeOf: (path: readonly PropertyKey[]) => string
}

/** SHA-256 of the text of both files. */
export function digestOf({ yaml, body }: Pick<ModelSource, 'yaml' | 'body'>): string {
  return createHash('sha256').update(yaml.text).update('\0').update(body.text).digest('hex')
}
