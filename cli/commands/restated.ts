import { join } from 'node:path'
import { subtractDecimals } from '../../functions/lib/decimal.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Delivery, SliceKey, Totals } from '../../functions/pipeline/entities.ts'
import { partName } from '../../functions/pipeline/names.ts'
import type { Ports } from '../../functions/pipeline/ports.ts'
import { type Restated, restatedSince } from '../../functions/pipeline/views/restated.ts'
import { diffRows, type PartRows } from '../../functions/pipeline/views/slice-diff.ts'
import type { Row } from '../cell.ts'
import { command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { readDate } from '../values.ts'

/** Changes of the tables since they were reported. */
export const restated = command({
  name: 'restated',
  description:
    'List what changed in the tables since a date: corrected and late files, their money, and with --rows each row.',
  args: {
    since: {
      type: 'string',
      required: true,
      valueHint: 'DATE',
      description: 'Compare with the beginning of this day, in UTC.',
    },
    rows: { type: 'boolean', description: 'List each row and column that changed, from and to.' },
    ...PIPELINE_ARG,
  },
  examples: [
    'daybreak restated --since 2025-02-10',
    'daybreak restated --since 2025-02-10 --rows -o csv > changes.csv',
  ],
  async run(call) {
    const { args, output } = call
    const since = readDate('--since', args.since)
    await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const { ledger } = daybreak.ports
      const filter = { pipeline: definition.name }
      const found = restatedSince(Date.parse(`${since}T00:00:00Z`), {
        slices: await ledger.slices(filter),
        deliveries: await ledger.deliveries(filter),
      })
      const empty = `Nothing changed since ${since}.`
      if (!args.rows) return await output.rows({ columns: SLICES, rows: found.map(toSliceRow), empty })
      await output.rows({ columns: ROWS, rows: rowsOf(found, definition, daybreak.ports), empty })
    })
  },
})

const SLICES = [
  ...(['stream', 'location', 'date', 'change'] as const),
  ...(['before', 'now'] as const).map((key) => ({ key, head: `rows ${key}`, align: 'right' as const })),
  'totals',
]
const ROWS = ['stream', 'location', 'date', 'change', 'key', 'column', 'from', 'to']

function placeOf({ stream, shard, window }: SliceKey) {
  return { stream, location: shard, date: window }
}

function toSliceRow({ slice, before }: Restated): Row {
  const { delivery } = slice
  const counts = { before: before?.counts?.accepted ?? 0, now: delivery?.counts.accepted ?? 0 }
  const totals = differences(before?.totals ?? {}, delivery?.totals ?? {})
  return { ...placeOf(slice), change: before === null ? 'late' : 'corrected', ...counts, totals }
}

/** `amount +12.50, tip -3`: columns whose sum is another one. */
function differences(before: Totals, now: Totals): string {
  const columns = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  const changed = columns.map(
    (column) => [column, subtractDecimals(now[column] ?? '0', before[column] ?? '0')] as const,
  )
  return changed
    .filter(([, difference]) => Number(difference) !== 0)
    .map(
      ([column, difference]) =>
        `${column} ${difference.startsWith('-') ? '' : '+'}${difference.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')}`,
    )
    .join(', ')
}

async function* rowsOf(
  found: readonly Restated[],
  { contracts }: PipelineDefinition,
  ports: Ports,
): AsyncGenerator<Row> {
  for (const { slice, before } of found) {
    const { delivery } = slice
    const key = contracts.get(slice.stream)?.key ?? []
    if (delivery === null) continue
    const after = await readPart(slice, delivery, ports)
    const old = before === null ? { columns: after.columns, rows: [] } : await readPart(slice, before, ports)
    const totals = { before: {}, after: {} }
    const { rows } = diffRows({
      before: old,
      after,
      key: key.filter((name) => after.columns.includes(name)),
      totals,
      most: Number.POSITIVE_INFINITY,
    })
    for (const { kind, key: own, columns } of rows)
      for (const [column, { from, to }] of Object.entries(columns))
        yield { ...placeOf(slice), change: kind, key: Object.values(own).join(' / '), column, from, to }
  }
}

/** A version that was transformed, so that it has a part. */
type Version = Pick<Delivery, 'raw'> & { readonly contract: string | null; readonly engine: string | null }

async function readPart(slice: SliceKey, { raw, contract, engine }: Version, ports: Ports): Promise<PartRows> {
  if (contract === null || engine === null) return { columns: [], rows: [] }
  const object = partName(slice, { sha256: raw.sha256, contract, engine })
  return await ports.withScratch(async (folder) => {
    const { readParquetRows } = await import('../../functions/adapters/duckdb/part-rows.ts')
    const path = join(folder, 'part.parquet')
    await ports.objects.fetch(object, path)
    return await readParquetRows(path)
  })
}
