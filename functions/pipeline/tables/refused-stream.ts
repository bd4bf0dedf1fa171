import { type DaybreakError, toDaybreakError } from '../../errors.ts'
import type { Instant, Run, SliceKey } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change } from '../ports.ts'
import { WHOLE } from './shards.ts'

/** A failure that another attempt would only meet again; any other is thrown. */
export function toLasting(error: unknown): DaybreakError {
  const failure = toDaybreakError(error)
  if (failure.retryable || failure.code === 'INTERNAL' || failure.code === 'CANCELLED') throw failure
  return failure
}

interface Refused {
  readonly place: Omit<SliceKey, 'shard'>
  /** Default: all of the window. */
  readonly shard?: string
  readonly failure: DaybreakError
  readonly run: Pick<Run, 'id'>
  readonly at: Instant
}

/** Pure: the record of a stream that cannot be planned or read. The others of the run go on, and the run ends `partial`. */
export function refusedStream({ place, shard = WHOLE.id, failure, run, at }: Refused): readonly Change[] {
  const reason = { code: failure.code, message: failure.message }
  return [
    {
      change: 'run_slice',
      at,
      runSlice: {
        ...{ ...place, shard, runId: run.id, outcome: 'quarantined', reason },
        ...{ counts: null, milliseconds: 0 },
      },
    },
    {
      change: 'incident_opened',
      ...incidentCause.stream(place.pipeline, place.stream),
      ...{ severity: 'error', reason, runId: run.id, at },
    },
  ]
}

/** Pure: a stream that is planned or read again has no incident. */
export function soundStream({ pipeline, stream }: Pick<SliceKey, 'pipeline' | 'stream'>, at: Instant): Change {
  return { change: 'incident_resolved', key: incidentCause.stream(pipeline, stream).key, at }
}
