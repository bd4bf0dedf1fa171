import { join } from 'node:path'
import type { Daybreak } from '../../functions/compose.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { RunScope } from '../../functions/pipeline/entities.ts'
import { toLocation } from '../../functions/pipeline/shard.ts'
import { dayNamed, wordsOf } from '../../functions/pipeline/slice-words.ts'
import { land, openSession } from '../../functions/pipeline/steps/extract.ts'
import { listDay } from '../../functions/pipeline/steps/list-day.ts'
import { findFile } from '../../functions/pipeline/steps/packed.ts'
import { plainFile, sliceRequest } from '../../functions/pipeline/steps/transform.ts'
import { isWork, type PreviewRow, preview, summarize } from '../../functions/pipeline/views/preview.ts'
import { readsArchive } from '../../functions/pipeline/work/from-archive.ts'
import { type Call, command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { SCOPE_ARGS, toScope } from '../scope.ts'
import { inWords, placeColumns } from '../slice-words.ts'

const THERE_IS_WORK = 10

/** Says what a run would do, without doing it. */
export const plan = command({
  name: 'plan',
  description: 'Show what a run would do: slices, files, bytes, and what is gone for ever.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
    ...SCOPE_ARGS,
    'detailed-exitcode': { type: 'boolean', description: 'Exit with 10 when there is something to do.' },
  },
  examples: ['daybreak plan toast', 'daybreak plan toast --date 2025-02-05 -o json'],
  async run(call) {
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const asked = toScope(call.args, definition)
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
  const lost = gone > 0 ? `, ${gone} of them gone for ever` : ''
  await output.text(
    `\n${rows.length} slices looked at: ${fetch} to fetch (${(bytes / 1e6).toFixed(2)} MB), ${redo} to transform again, ${keep} unchanged, ${absent} absent${lost}.`,
  )
  return rows
}

async function showFirstRows(
  { shard: id, window: date, stream }: PreviewRow,
  definition: PipelineDefinition,
  { daybreak: { ports }, call: { output } }: { daybreak: Daybreak; call: Pick<Call, 'output'> },
): Promise<void> {
  const contract = definition.contracts.get(stream)
  const location = definition.shards.find((one) => one.id === id)
  if (!contract || !location) return
  await ports.withScratch(async (scratch) => {
    const session = openSession(ports.source(definition.name), ports.clock)
    try {
      const file = findFile(contract, (await listDay({ definition, shard: location, window: date }, session)).files)
      if (!file) return
      const path = join(scratch, 'raw')
      const key = { pipeline: definition.name, stream, shard: id, window: date }
      // Landing without an archive: a dry run leaves nothing behind.
      const { raw } = await land({ key, file, path }, session, {
        ...ports.objects,
        put: async () => ({ created: false }),
      })
      const landed = { path, sha256: raw.sha256, bytes: raw.bytes }
      const { part } = await ports.transformer.transform({
        contract,
        ...sliceRequest(contract, key, toLocation(location)),
        sourceFile: file.path,
        raw: await plainFile({ raw: landed, contract, key, scratch }),
        outDir: scratch,
        privacyKey: definition.privacyKey,
      })
      const { readParquet } = await import('../../functions/adapters/duckdb/parquet.ts')
      const { columns, rows } = await readParquet(part.path, 2)
      await output.text(
        `\n${stream}, ${dayNamed({ shard: id, window: date }, wordsOf(definition))}: the first of ${part.rows} rows`,
      )
      for (const row of rows)
        await output.record(Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])))
    } finally {
      await session.close()
    }
  })
}
