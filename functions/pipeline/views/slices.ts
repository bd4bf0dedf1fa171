import type { BusinessDate, KeptFile, Slice } from '../entities.ts'

/** A slice as one row. Absent texts are empty. */
export interface SliceRow {
  readonly shard: string
  readonly window: BusinessDate
  readonly stream: string
  readonly state: Slice['state']
  readonly accepted: number | null
  readonly rejected: number | null
  readonly bytes: number | null
  /** First 12 digits of the SHA-256 of the raw file. */
  readonly raw: string
  /** How a person released it past a check. */
  readonly override: string
  readonly code: string
  readonly reason: string
}

/** Pure: a slice as one row, for lists. */
export function sliceRow({ shard, window, stream, state, delivery, raw, reason }: Slice): SliceRow {
  return {
    shard,
    window,
    stream,
    state,
    accepted: delivery?.counts.accepted ?? null,
    rejected: delivery?.counts.rejected ?? null,
    bytes: raw?.bytes ?? null,
    raw: raw?.sha256.slice(0, 12) ?? '',
    override: delivery?.override?.how ?? '',
    code: reason?.code ?? '',
    reason: reason?.message ?? '',
  }
}

/** A file that no contract reads, as one row. */
export interface KeptFileRow extends Pick<SliceRow, 'shard' | 'window' | 'raw' | 'code' | 'reason'> {
  readonly file: string
  readonly bytes: number
}

/** Pure: a file that no contract reads, as one row. */
export function keptFileRow({ shard, window, source, raw, reason }: KeptFile): KeptFileRow {
  return {
    shard,
    window,
    file: source.name,
    bytes: source.bytes,
    raw: raw?.sha256.slice(0, 12) ?? '',
    code: reason?.code ?? '',
    reason: reason?.message ?? '',
  }
}
