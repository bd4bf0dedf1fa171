import type { Bucket } from '@google-cloud/storage'
import type { CallSettings } from './attempts.ts'
import type { Description } from './describe.ts'

/** State of one connection. */
export interface Inbox {
  readonly bucket: Bucket
  readonly root: string
  readonly maxFileBytes: number
  readonly settings: CallSettings
  /** Files listed on this connection, by path: a read takes that generation and no other. */
  readonly seen: Map<string, Description>
}
