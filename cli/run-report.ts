import type { Run, RunSlice } from '../functions/pipeline/entities.ts'
import type { Ledger } from '../functions/pipeline/ports.ts'
import { problemsOf, type Resumed, resumedOf, runRow, runSliceRow } from '../functions/pipeline/views/runs.ts'
import type { Output } from './output.ts'
import { inWords } from './slice-words.ts'

/** Report at the end of a run, for a person or a script: the run, its problems, and the next action. */
export async function reportRun(
  run: Run,
  slices: readonly RunSlice[],
  { ledger, output }: { readonly ledger: Pick<Ledger, 'deliveries'>; readonly output: Output },
): Promise<void> {
  if (output.format !== 'table')
    return await output.record({ ...runRow(run), slices: slices.map(runSliceRow).map(inWords) })
  await output.record({ ...runRow(run) })
  await printResumed(await resumedOf(slices, ledger), output)
  const problems = problemsOf(slices)
  if (problems.length === 0 && run.state !== 'partial')
    return await output.text(`\nNext: daybreak status · daybreak runs show ${run.id}`)
  await output.text('')
  if (problems.length > 0) await printProblems(problems, output)
  await output.text(`\nNext: daybreak runs show ${run.id} · daybreak rejects list · daybreak status`)
}

/** Prints what a run only publishes: slices that an earlier run staged count there. */
export async function printResumed({ slices, rows, runs }: Resumed, output: Output): Promise<void> {
  if (slices === 0) return
  const by = runs.length === 0 ? 'an earlier run' : `run ${runs.join(', ')}`
  await output.text(`\nPublished for ${by}, which staged them: ${slices} slices, ${rows} rows.`)
}

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
