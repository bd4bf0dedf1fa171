import { ERRORS, type ErrorCode } from '../functions/errors.ts'
import type { Reason, Run, RunSlice } from '../functions/pipeline/model.ts'
import type { Output, Row } from './output.ts'

const EXIT_CODES = { machinery: 1, usage: 2, data: 3, drift: 4, incomplete: 5 } as const

/** What a person or a script is told at the end of a run: the run, what is wrong, and what to do next. */
export async function reportRun(run: Run, slices: readonly RunSlice[], output: Output): Promise<void> {
  if (output.format !== 'table') return await output.record({ ...toRow(run), slices: slices.map(toSliceRow) })
  await output.record(toRow(run))
  const problems = slices.filter(({ outcome }) => outcome !== 'staged' && outcome !== 'unchanged')
  if (problems.length === 0) return await output.text(`\nNext: daybreak status · daybreak runs show ${run.id}`)
  await output.text('')
  await output.rows({
    columns: [
      { key: 'location' },
      { key: 'date' },
      { key: 'stream' },
      { key: 'outcome', tone: (value) => (value === 'failed' ? 'bad' : 'warn') },
      { key: 'code' },
      { key: 'reason' },
    ],
    rows: problems.map(({ location, date, stream, outcome, reason }) => ({
      location,
      date,
      stream,
      outcome,
      code: reason?.code ?? '',
      reason: reason?.message ?? '',
    })),
  })
  await output.text(`\nNext: daybreak runs show ${run.id} · daybreak rejects list · daybreak status`)
}

/**
 * The exit code of a finished run: 0 when nothing is wrong; 1 for machinery, 3 for data, 4 for drift, 5 when something is
 * late or missing. The gravest counts.
 */
export function exitCodeOfRun(run: Run, slices: readonly RunSlice[]): number {
  if (run.state === 'failed' || run.state === 'timed_out' || run.state === 'cancelled') return codeOf(run.reason) || 1
  if (run.state !== 'partial') return 0
  const codes = slices.flatMap(({ outcome, reason }) => (outcome === 'quarantined' ? [codeOf(reason)] : []))
  return codes.includes(3) ? 3 : codes.includes(4) ? 4 : (codes.find((code) => code > 0) ?? 5)
}

/** A run as one row, for lists and JSON. */
export function toRow(run: Run): Row {
  const { id, pipeline, trigger, state, reason, counts, createdAt, startedAt, finishedAt } = run
  return {
    id,
    pipeline,
    trigger,
    state,
    slices: counts.slices,
    rows: counts.rows,
    rejected: counts.rejected,
    seconds: finishedAt === null ? null : Math.round((finishedAt - (startedAt ?? createdAt)) / 100) / 10,
    started: startedAt === null ? null : new Date(startedAt).toISOString(),
    code: reason?.code ?? null,
    reason: reason?.message ?? null,
  }
}

/** What a run did with one slice, for JSON. */
export function toSliceRow({ location, date, stream, outcome, counts, reason, milliseconds }: RunSlice): Row {
  return {
    location,
    date,
    stream,
    outcome,
    accepted: counts?.accepted ?? null,
    rejected: counts?.rejected ?? null,
    milliseconds,
    code: reason?.code ?? null,
    reason: reason?.message ?? null,
  }
}

function codeOf(reason: Reason | null): number {
  const code: ErrorCode | undefined = reason?.code
  return code === undefined ? 0 : EXIT_CODES[ERRORS[code].kind]
}
