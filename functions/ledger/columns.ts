import type { Counts, PartObject, RawObject, Reason, SliceKey, SourceFile } from '../pipeline/entities.ts'
import type {
  CountsColumns,
  RawColumns,
  ReasonColumns,
  RejectsColumns,
  SliceKeyColumns,
  SourceColumns,
} from './schema.ts'

/** Columns that name a slice. */
export const KEY = ['pipeline', 'stream', 'shard', 'window_id'] as const

/** The slice a row is about. */
export function fromKey(row: SliceKeyColumns): SliceKey {
  return { pipeline: row.pipeline, stream: row.stream, shard: row.shard, window: row.window_id }
}

/** The columns that name a slice, with their values. */
export function toKey({ pipeline, stream, shard, window }: SliceKey): SliceKeyColumns {
  return { pipeline, stream, shard, window_id: window }
}

/** The slice as messages name it. */
export function describeKey({ pipeline, stream, shard, window }: SliceKey): string {
  return `${pipeline}/${stream}/${shard}/${window}`
}

/** Reason of a row; null when it has none. */
export function fromReason({ reason_code: code, reason_message: message }: ReasonColumns): Reason | null {
  return code === null || message === null ? null : { code, message }
}

/** Columns of a reason. */
export function toReason(reason: Reason | null): ReasonColumns {
  return { reason_code: reason?.code ?? null, reason_message: reason?.message ?? null }
}

/** Source file of a row; null when it has none. */
export function fromSource(row: SourceColumns): SourceFile | null {
  const { source_path: path, source_name: name, source_bytes: bytes, source_modified_at: modifiedAt } = row
  return path === null || name === null || bytes === null || modifiedAt === null
    ? null
    : { path, name, bytes, modifiedAt }
}

/** Columns of a source file. */
export function toSource(source: SourceFile | null): SourceColumns {
  return {
    source_path: source?.path ?? null,
    source_name: source?.name ?? null,
    source_bytes: source?.bytes ?? null,
    source_modified_at: source?.modifiedAt ?? null,
  }
}

/** Raw object of a row; null when it has none. */
export function fromRaw({ raw_object: object, raw_sha256: sha256, raw_bytes: bytes }: RawColumns): RawObject | null {
  return object === null || sha256 === null || bytes === null ? null : { object, sha256, bytes }
}

/** Columns of a raw object. */
export function toRaw(raw: RawObject | null): RawColumns {
  return { raw_object: raw?.object ?? null, raw_sha256: raw?.sha256 ?? null, raw_bytes: raw?.bytes ?? null }
}

/** Rejects of a row; null when it has none. */
export function fromRejects(row: RejectsColumns): PartObject | null {
  const { rejects_object: object, rejects_rows: rows, rejects_bytes: bytes } = row
  return object === null || rows === null || bytes === null ? null : { object, rows, bytes }
}

/** Columns of rejects. */
export function toRejects(part: PartObject | null): RejectsColumns {
  return { rejects_object: part?.object ?? null, rejects_rows: part?.rows ?? null, rejects_bytes: part?.bytes ?? null }
}

/** Counts of a row; null when one of them is missing. */
export function fromCounts(row: CountsColumns): Counts | null {
  const { lines, records, blank_lines: blankLines, accepted, rejected } = row
  const missing = lines === null || records === null || blankLines === null || accepted === null || rejected === null
  return missing ? null : { lines, records, blankLines, accepted, rejected }
}

/** Columns of counts. */
export function toCounts(counts: Counts | null): CountsColumns {
  return {
    lines: counts?.lines ?? null,
    records: counts?.records ?? null,
    blank_lines: counts?.blankLines ?? null,
    accepted: counts?.accepted ?? null,
    rejected: counts?.rejected ?? null,
  }
}

/** A value as JSON text; null stays null, so that SQL can ask for it. */
export function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
