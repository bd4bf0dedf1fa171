import type { RawFile } from './scan.ts'

/** Where a row stands in the file that its record was made of. */
export interface RowOrigin {
  readonly path: string
  readonly line: number
  /** Its bytes and their place; null in a format whose rows have none of their own. */
  readonly span: { readonly offset: number; readonly bytes: Buffer } | null
}

/** A file as the engine reads it: CSV. */
export interface EngineInput {
  readonly file: RawFile
  /** True when its records were made of a file of another format. */
  readonly isMade: boolean
  readonly origin: ((record: number) => RowOrigin) | null
}
