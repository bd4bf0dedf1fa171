import type { Run, RunSlice, SliceKey } from '../functions/pipeline/entities.ts'
import type { Ledger } from '../functions/pipeline/ports.ts'
import type { Row } from './cell.ts'
import type { Output } from './output.ts'

/** Report at the end of a run, for a person or a script: the run, its problems, and the next action. */
export async function reportRun(
  run: Run,
  slices: readonly RunSlice[],
  { ledger, output }: { readonly ledger: Pick<Ledger, 'deliveries'>; readonly output: Output },
): Promise<void> {
  if (output.format !== 'table') return await output.record({ ...toRow(run), slices: slices.map(toSliceRow) })
  await output.record(toRow(run))
  await printResumed(slices, ledger, output)
  // A file that is not due yet is no problem, unless something else lies in its place.
  const problems = slices.filter(
    ({ outcome, reason }) => !FINE.includes(outcome) || (outcome === 'unchanged' && reason),
  )
  if (problems.length === 0 && run.state !== 'partial')
    return await output.text(`\nNext: daybreak status · daybreak runs show ${run.id}`)
  await output.text('')
  if (problems.length > 0) await printProblems(problems, output)
  await output.text(`\nNext: daybreak runs show ${run.id} · daybreak rejects list · daybreak status`)
}

const FINE: readonly RunSlice['outcome'][] = ['staged', 'unchanged', 'resumed']

/** Slices that an earlier run staged count there; this run only publishes them. */
export async function printResumed(
  slices: readonly RunSlice[],
  ledger: Pick<Ledger, 'deliveries'>,
  output: Output,
): Promise<void> {
  const resumed = slices.filter(({ outcome }) => outcome === 'resumed')
  if (resumed.length === 0) return
  const rows = resumed.reduce((sum, { counts }) => sum + (counts?.accepted ?? 0), 0)
  const runs = await stagedBy(resumed, ledger)
  const by = runs.length === 0 ? 'an earlier run' : `run ${runs.join(', ')}`
  await output.text(`\nPublished for ${by}, which staged them: ${resumed.length} slices, ${rows} rows.`)
}

async function stagedBy(resumed: readonly RunSlice[], ledger: Pick<Ledger, 'deliveries'>): Promise<readonly string[]> {
  const keys = new Set(resumed.map(keyOf))
  const staged = await ledger.deliveries({
    shards: [...new Set(resumed.map(({ shard: location }) => location))],
    windows: [...new Set(resumed.map(({ window: date }) => date))],
    states: ['staged'],
  })
  return [...new Set(staged.filter((one) => keys.has(keyOf(one))).flatMap(({ runId }) => runId ?? []))]
}

const keyOf = ({ pipeline, shard: location, window: date, stream }: SliceKey): string =>
  `${pipeline}/${location}/${date}/${stream}`

async function printProblems(problems: readonly RunSlice[], output: Output): Promise<void> {
  await output.rows({
    columns: [
      { key: 'location' },
      { key: 'date' },
      { key: 'stream' },
      { key: 'outcome', tone: (value) => (value === 'failed' ? 'bad' : 'warn') },
      { key: 'code' },
      { key: 'reason' },
    ],
    rows: problems.map(({ shard: location, window: date, stream, outcome, reason }) => ({
      location,
      date,
      stream,
      outcome,
      code: reason?.code ?? '',
      reason: reason?.message ?? '',
    })),
  })
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

/** Outcome of one slice in a run, for JSON. */
export function toSliceRow({
  shard: location,
  window: date,
  stream,
  outcome,
  counts,
  reason,
  milliseconds,
}: RunSlice): Row {
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
