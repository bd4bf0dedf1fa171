import { firstRows } from '../../functions/compose/first-rows.ts'
import type { Daybreak } from '../../functions/compose.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { RunScope } from '../../functions/pipeline/entities.ts'
import { dayNamed, wordsOf } from '../../functions/pipeline/slice-words.ts'
import { isTables } from '../../functions/pipeline/tables/tools.ts'
import { isWork, type PreviewRow, preview, summarize } from '../../functions/pipeline/views/preview.ts'
import { readsArchive } from '../../functions/pipeline/work/from-archive.ts'
import { expectLocal, withApi } from '../api.ts'
import { type Call, command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG, SCOPE_ARGS, type Scoped, scopeThere, toScope } from '../scope.ts'
import { inWords, placeColumns } from '../slice-words.ts'
import { dryRunTables, showTablePlan } from '../table-plan.ts'

const THERE_IS_WORK = 10

/** Says what a run would do, without doing it. */
export const plan = command({
  name: 'plan',
  remote: 'served',
  description:
    'Show what a run would do: slices, files, bytes, and files that are gone from the source; of tables their columns and SQL.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    'detailed-exitcode': { type: 'boolean', description: 'Exit with 10 when there is something to do.' },
  },
  examples: ['daybreak plan toast', 'daybreak plan toast --date 2025-02-05 -o json', 'daybreak plan shop_to_lake'],
  async run(call) {
    if (call.options.remote !== null) {
      if (call.args['detailed-exitcode']) expectLocal(call, 'plan', '--detailed-exitcode')
      return await planThere(call)
    }
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const asked = toScope(call.args, definition)
      if (isTables(definition)) {
        const { streams } = await showTablePlan({ definition, scope: asked }, daybreak, call.output)
        const isDue = streams.some(({ action }) => action !== 'none')
        return call.args['detailed-exitcode'] && isDue ? THERE_IS_WORK : 0
      }
      const isNarrowed = asked.windows !== undefined || asked.shards !== undefined
      const fromArchive = readsArchive(definition, {
        fromArchive: false,
        isNarrowed,
        ...(asked.shards && { shards: asked.shards }),
      })
      const rows = await showPlan({ definition, scope: { ...asked, fromArchive } }, daybreak, call)
      return call.args['detailed-exitcode'] && rows.some(isWork) ? THERE_IS_WORK : 0
    })
  },
})

/** Plans a run at the server from its ledger: the server does not ask the source for a plan. */
export async function planThere(call: Call<Scoped>): Promise<number> {
  const { args, output } = call
  return await withApi(call, async (api) => {
    const { pipeline, ...scope } = await scopeThere(args, api)
    const body = { pipeline, ...scope, reason: 'a plan' }
    const { plan: planned } = await api('POST /api/runs', { query: { validateOnly: true }, body })
    if (planned === null) throw new TypeError('a plan is answered with a plan')
    const { sentence, slices, states } = planned
    await output.record({ pipeline, sentence, slices, ...states })
    return 0
  })
}

interface Planned {
  readonly definition: PipelineDefinition
  readonly scope: RunScope
}

/** The plan, then the first mapped rows of one new file per stream; nothing is written but scratch files. */
export async function dryRun(
  { definition, scope }: Planned,
  daybreak: Daybreak,
  call: Pick<Call, 'output'>,
): Promise<number> {
  if (isTables(definition)) return await dryRunTables({ definition, scope }, daybreak, call.output)
  const rows = await showPlan({ definition, scope }, daybreak, call)
  for (const stream of definition.contracts.keys()) {
    const first = rows.find((row) => row.stream === stream && row.action === 'fetch')
    if (first && call.output.format === 'table') await showFirstRows(first, definition, { daybreak, call })
  }
  return 0
}

async function showPlan(
  { definition, scope }: Planned,
  { ports }: Daybreak,
  { output }: Pick<Call, 'output'>,
): Promise<readonly PreviewRow[]> {
  const words = wordsOf(definition)
  const rows = await preview(definition, { scope, trigger: 'cli' }, ports)
  const shown = output.format === 'table' ? rows.filter((row) => isWork(row) || row.note !== '') : rows
  await output.rows({
    columns: [...placeColumns(words), 'stream', 'state', 'action', { key: 'bytes', align: 'right' }, 'note'],
    rows: shown.map((row) => inWords(row, words)),
    empty:
      rows.length > 0
        ? 'Nothing to do: everything the source has is loaded.'
        : 'No day is due now. Name the days to look at: `daybreak plan --date YYYY-MM-DD`.',
  })
  const { fetch, redo, keep, absent, gone, bytes } = summarize(rows)
  const lost = gone > 0 ? `, ${gone} of them gone from the source` : ''
  await output.text(
    `\n${rows.length} slices looked at: ${fetch} to fetch (${(bytes / 1e6).toFixed(2)} MB), ${redo} to transform again, ${keep} unchanged, ${absent} absent${lost}.`,
  )
  return rows
}

async function showFirstRows(
  row: PreviewRow,
  definition: PipelineDefinition,
  { daybreak: { ports }, call: { output } }: { daybreak: Daybreak; call: Pick<Call, 'output'> },
): Promise<void> {
  const found = await firstRows(row, definition, ports)
  if (found === null) return
  await output.text(`\n${row.stream}, ${dayNamed(row, wordsOf(definition))}: the first of ${found.all} rows`)
  for (const each of found.rows) await output.record(each)
}
