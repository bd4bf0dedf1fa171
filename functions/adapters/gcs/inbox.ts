import type { Bucket } from '@google-cloud/storage'
import type { CallSettings } from './attempts.ts'
import type { Description } from './describe.ts'

/** What one connection works with. */
export interface Inbox {
  readonly bucket: Bucket
  readonly root: string
  readonly maxFileBytes: number
  readonly settings: CallSettings
  /** What was listed on this connection, by path: a read takes that generation and no other. */
  readonly seen: Map<string, Description>
}
