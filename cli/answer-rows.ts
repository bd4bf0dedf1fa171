import type { ApiAnswer } from '../functions/api/contract/client.ts'
import type { BackfillRow } from '../functions/pipeline/views/backfills.ts'
import type { RunRow, RunSliceRow } from '../functions/pipeline/views/runs.ts'
import type { KeptFileRow, SliceRow } from '../functions/pipeline/views/slices.ts'
import { isoText } from './api.ts'

type Run = ApiAnswer<'GET /api/runs'>['runs'][number]
type RunSlice = ApiAnswer<'GET /api/runs/{id}/slices'>['slices'][number]
type SheetLine = ApiAnswer<'GET /api/runs/{id}/sheet'>['lines'][number]
type Incident = ApiAnswer<'GET /api/incidents'>['incidents'][number]
type Slice = ApiAnswer<'GET /api/slices'>['slices'][number]
type File = ApiAnswer<'GET /api/files'>['files'][number]
type Backfill = ApiAnswer<'GET /api/backfill'>['backfills'][number]

/** Pure: a run of the API as one row. */
export function toRunRow(run: Run): RunRow & Record<string, string | number | null> {
  const { id, pipeline, trigger, state, slices, rows, rejected, seconds, startedAt, reason } = run
  const started = startedAt === null ? null : isoText(startedAt)
  return {
    ...{ id, pipeline, trigger, state, slices, rows, rejected, seconds, started },
    ...{ code: reason?.code ?? null, reason: reason?.message ?? null },
  }
}

/** Pure: a slice of a run of the API as one row. */
export function toRunSliceRow(slice: RunSlice): RunSliceRow {
  const { shard, window, stream, outcome, accepted, rejected, milliseconds, reason } = slice
  return {
    ...{ shard, window, stream, outcome, accepted, rejected, milliseconds },
    ...{ code: reason?.code ?? null, reason: reason?.message ?? null },
  }
}

/** Pure: a line of a sheet of the API, without the differences. */
export function toSheetRow({ shardName: _, isBalanced, override, money, ...line }: SheetLine) {
  return {
    ...line,
    money: money.map(({ column, part, table }) => ({ column, part, table })),
    ...{ balanced: isBalanced, override },
  }
}

/** Pure: an incident of the API as one row. */
export function toIncidentRow(incident: Incident) {
  const { id, severity, state, occurrences, subjects, openedAt, reason, title } = incident
  const opened = isoText(openedAt)
  return {
    id,
    severity,
    state,
    occurrences,
    subjects: subjects.count,
    members: incident.members,
    opened,
    code: reason.code,
    message: title,
  }
}

/** Pure: a backfill of the API as one row. */
export function toBackfillRow(backfill: Backfill): BackfillRow & Record<string, string | number> {
  const { id, pipeline, state, from, to, next, runIds, reason } = backfill
  return { id, pipeline, state, start: from, end: to, next, runs: runIds.length, reason: reason?.message ?? '' }
}

const SHORT = 12

/** Pure: a slice of the API as one row. */
export function toSliceRow(slice: Slice): SliceRow {
  const { shard, window, stream, state, accepted, rejected, bytes, sha256, override, reason } = slice
  return {
    ...{ shard, window, stream, state, accepted },
    rejected: accepted === null ? null : (rejected ?? 0),
    ...{ bytes, raw: sha256?.slice(0, SHORT) ?? '', override: override ?? '' },
    ...{ code: reason?.code ?? '', reason: reason?.message ?? '' },
  }
}

/** Pure: a file of the API that no contract reads, as one row. */
export function toFileRow({ shard, window, name, bytes, sha256, reason }: File): KeptFileRow {
  const why = { code: reason?.code ?? '', reason: reason?.message ?? '' }
  return { shard, window, file: name, bytes, raw: sha256?.slice(0, SHORT) ?? '', ...why }
}
