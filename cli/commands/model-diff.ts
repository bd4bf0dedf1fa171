import { diffModels, isEqual, type ModelDiff } from '../../functions/pipeline/work/diff-models.ts'
import { command } from '../command.ts'
import { withDaybreak } from '../open.ts'
import { readCount } from '../values.ts'
import { newestDates } from './model-build.ts'

const SAMPLE = 20
const MOST_SAMPLE = 10_000
// A week has every weekday, and its bytes are few.
const NEWEST = 7

/** Differences of two versions of a model. */
export const diff = command({
  name: 'model diff',
  description:
    'Compare two versions of a model: columns, keys that were added, removed or changed, sums, and a sample of them.',
  args: {
    model: { type: 'positional', description: 'Name of the model.' },
    old: {
      type: 'string',
      valueHint: 'SIDE',
      description:
        'An environment such as `models` or `dev_anna`, a release as `models@3` or `@3`, a version of eight digits, or `project`. Default: what the views of the environment show.',
    },
    new: { type: 'string', default: 'project', valueHint: 'SIDE', description: 'The same; the checkout by default.' },
    from: { type: 'string', valueHint: 'DATE', description: 'First date. The newest 7 dates if absent.' },
    to: { type: 'string', valueHint: 'DATE', description: 'Last date, included.' },
    limit: { type: 'string', default: String(SAMPLE), valueHint: 'N', description: 'Most keys of the sample.' },
  },
  examples: [
    'daybreak model diff daily_sales',
    'daybreak model diff daily_sales --old models --new dev_anna --from 2025-02-01 --to 2025-02-28',
    'daybreak model diff daily_sales --old @3 --new @4',
  ],
  async run(call) {
    const { args, output } = call
    const limit = readCount('--limit', args.limit, { min: 0, max: MOST_SAMPLE })
    const found = await withDaybreak(
      call,
      async ({ worker, ports }) => {
        const windows = await newestDates(args, { models: worker.models?.compiled ?? new Map(), ports, count: NEWEST })
        const old = args.old ?? worker.models?.views ?? 'models'
        return await diffModels(worker, { model: args.model, old, new: args.new, windows, limit })
      },
      { isForModels: true },
    )
    if (output.format === 'json' || output.format === 'ndjson') await output.record(recordOf(found))
    else await print(found, call)
    return 0
  },
})

type Printing = Parameters<typeof diff.run>[0]

function recordOf({ keys, columns, sample, rows, ...sides }: ModelDiff) {
  return { ...sides, rows, keys, columns, sample, isEqual: isEqual({ keys, columns, sample, rows, ...sides }) }
}

async function print(found: ModelDiff, { output }: Pick<Printing, 'output'>): Promise<void> {
  const { old, new: now, windows, rows, keys } = found
  const dates = windows.length > 1 ? `${windows[0]} to ${windows.at(-1)}` : (windows[0] ?? 'no date')
  await output.text(`${old} against ${now}, ${dates}: ${rows.old} rows and ${rows.new} rows.`)
  await output.text(
    keys === null
      ? 'They have no common key, so only rows and sums are compared.'
      : `Keys: ${keys.added} added, ${keys.removed} removed, ${keys.changed} changed, ${keys.repeated} that stand more than once.`,
  )
  await output.rows({
    columns: [
      'column',
      'type',
      right('changed'),
      { ...right('old'), head: 'old sum' },
      { ...right('new'), head: 'new sum' },
    ],
    rows: found.columns.map(({ column, types, changed, sums }) => ({
      column,
      type: types.old === types.new ? types.new : `${types.old ?? 'absent'} became ${types.new ?? 'absent'}`,
      changed,
      old: sums?.old ?? null,
      new: sums?.new ?? null,
    })),
  })
  if (found.sample.length === 0) return
  await output.text(`The first ${found.sample.length} keys that differ:`)
  await output.rows({ columns: ['key', 'change', 'column', right('old'), right('new')], rows: sampleRows(found) })
}

function sampleRows({ sample }: ModelDiff) {
  return sample.flatMap(({ key, change, values }) => {
    const text = Object.values(key)
      .map((value) => value ?? 'NULL')
      .join(' ')
    const cells = values.length === 0 ? [{ column: '', old: null, new: null }] : values
    return cells.map((value) => ({ key: text, change, ...value }))
  })
}

function right(key: string) {
  return { key, align: 'right' } as const
}
