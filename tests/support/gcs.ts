import { type GcsObjectsOptions, openGcsObjects } from '../../functions/adapters/gcs/objects.ts'
import type { Clock, LogEntry, ObjectStore } from '../../functions/pipeline/ports.ts'

/** The buckets of tests that need no others. */
export const BUCKETS = { raw: 'acme-raw', parts: 'acme-parts', control: 'acme-control' }

export interface TestObjects {
  readonly objects: ObjectStore
  readonly logs: LogEntry[]
  /** Milliseconds of each pause between two tries. */
  readonly pauses: number[]
}

/** A clock whose pauses are noted and take no time. */
export function pausingClock(): { readonly clock: Clock; readonly pauses: number[] } {
  const pauses: number[] = []
  return {
    pauses,
    clock: {
      now: () => Date.now(),
      sleep: async (milliseconds) => {
        pauses.push(milliseconds)
      },
    },
  }
}

/** A store on the local Cloud Storage. */
export function createTestObjects(
  { url }: { readonly url: string },
  options: Partial<GcsObjectsOptions> = {},
): TestObjects {
  const logs: LogEntry[] = []
  const { clock, pauses } = pausingClock()
  const objects = openGcsObjects({
    buckets: BUCKETS,
    project: 'acme-test',
    endpoint: url,
    clock,
    log: (entry) => logs.push(entry),
    random: () => 0.5,
    ...options,
  })
  return { objects, logs, pauses }
}
