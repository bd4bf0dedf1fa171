import type { Run, RunSlice } from '../functions/pipeline/entities.ts'
import type { Ledger } from '../functions/pipeline/ports.ts'
import type { Words } from '../functions/pipeline/slice-words.ts'
import { problemsOf, type Resumed, resumedOf, runRow, runSliceRow } from '../functions/pipeline/views/runs.ts'
import type { Output } from './output.ts'
import { inWords, placeColumns } from './slice-words.ts'

/** Report at the end of a run, for a person or a script: the run, its problems, and the next action. */
export async function reportRun(
  run: Run,
  slices: readonly RunSlice[],
  {
    ledger,
    output,
    words,
  }: { readonly ledger: Pick<Ledger, 'deliveries'>; readonly output: Output; readonly words: Words },
): Promise<void> {
  if (output.format !== 'table')
    return await output.record({ ...runRow(run), slices: slices.map((slice) => inWords(runSliceRow(slice), words)) })
  await output.record({ ...runRow(run) })
  await printResumed(await resumedOf(slices, ledger), output)
  const problems = problemsOf(slices)
  if (problems.length === 0 && run.state !== 'partial')
    return await output.text(`\nNext: daybreak status · daybreak runs show ${run.id}`)
  await output.text('')
  if (problems.length > 0) await printProblems(problems, words, output)
  await output.text(`\nNext: daybreak runs show ${run.id} · daybreak rejects list · daybreak status`)
}

/** Prints what a run only publishes: slices that an earlier run staged count there. */
export async function printResumed({ slices, rows, runs }: Resumed, output: Output): Promise<void> {
  if (slices === 0) return
  const by = runs.length === 0 ? 'an earlier run' : `run ${runs.join(', ')}`
  await output.text(`\nPublished for ${by}, which staged them: ${slices} slices, ${rows} rows.`)
}

async function printProblems(problems: readonly RunSlice[], words: Words, output: Output): Promise<void> {
  await output.rows({
    columns: [
      ...placeColumns(words),
      { key: 'stream' },
      { key: 'outcome', tone: (value) => (value === 'failed' ? 'bad' : 'warn') },
      { key: 'code' },
      { key: 'reason' },
    ],
    rows: problems.map(({ shard, window, stream, outcome, reason }) =>
      inWords({ shard, window, stream, outcome, code: reason?.code ?? '', reason: reason?.message ?? '' }, words),
    ),
  })
}
