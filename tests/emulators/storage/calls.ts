import type { Operation } from './faults.ts'

/** How Google bills an operation. */
export type OperationClass = 'A' | 'B' | 'free'

/** One request that reached the server, for tests that count and for what a night costs. */
export interface Call {
  readonly operation: Operation
  readonly class: OperationClass
  readonly bucket: string
  readonly name: string
  readonly query: Readonly<Record<string, string>>
  /** 0 when the connection was cut instead of an answer. */
  readonly status: number
  /** Content in bytes, without the envelope. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/**
 * Operation classes of cloud.google.com/storage/pricing. A resumable upload is one operation, billed where it starts;
 * errors of the caller are billed as well, so every call counts.
 */
export const CLASSES: Readonly<Record<Operation, OperationClass>> = {
  'objects.insert': 'A',
  'objects.insert.start': 'A',
  'objects.insert.chunk': 'free',
  'objects.insert.query': 'free',
  'objects.get': 'B',
  'objects.get.media': 'B',
  'objects.list': 'A',
  'objects.patch': 'A',
  'objects.delete': 'free',
  'objects.rewrite': 'A',
  'objects.copy': 'A',
  'buckets.get': 'B',
  'buckets.list': 'A',
  'buckets.insert': 'A',
  'buckets.testIamPermissions': 'B',
  'notifications.insert': 'A',
  'notifications.list': 'B',
  'notifications.delete': 'A',
}
