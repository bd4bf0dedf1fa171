import type { Instant } from '../functions/pipeline/entities.ts'

/** One file as the server would show it. */
export interface MockFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly modifiedAt: Instant
}
