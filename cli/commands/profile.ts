import type { ApiAnswer } from '../../functions/api/contract/client.ts'
import { withApi } from '../api.ts'
import { command, group } from '../command.ts'
import { PIPELINE_FLAG } from '../scope.ts'
import { readFirstDay, readLastDay } from '../values.ts'

type Point = ApiAnswer<'GET /api/profiles/{stream}'>['points'][number]

const show = command({
  name: 'profile show',
  remote: 'served',
  description: 'Show how many rows and values the columns of a stream have, and how they are spread.',
  args: {
    stream: { type: 'positional', required: true, description: 'Stream, e.g. order_details.' },
    ...PIPELINE_FLAG,
    location: {
      type: 'string',
      alias: 'shard',
      valueHint: 'ID',
      description: 'Id of a shard. Its files have quantiles and frequent values; all together have none.',
    },
    column: { type: 'string', many: true, valueHint: 'NAME', description: 'Column; several with commas.' },
    from: { type: 'string', valueHint: 'DAY', description: 'First business date. Default: 31 days.' },
    to: { type: 'string', valueHint: 'DAY', description: 'Last business date.' },
    all: { type: 'boolean', description: 'Print every day of the range, not only the newest one.' },
  },
  examples: [
    'daybreak profile show order_details --location 185001',
    'daybreak profile show order_details --column amount --all',
  ],
  async run(call) {
    const { args } = call
    const query = {
      column: [...args.column],
      ...(args.pipeline !== undefined && { pipeline: args.pipeline }),
      ...(args.location !== undefined && { shard: args.location }),
      ...(args.from !== undefined && { from: readFirstDay('--from', args.from) }),
      ...(args.to !== undefined && { to: readLastDay('--to', args.to) }),
    }
    const { points, columns, sentence } = await withApi(
      call,
      (api) => api('GET /api/profiles/{stream}', { path: { stream: args.stream }, query }),
      { readOnlyWarehouse: true },
    )
    const newest = points.at(-1)?.window
    const order = new Map(columns.map(({ name }, at) => [name, at]))
    const shown = points
      .filter(({ window }) => args.all || window === newest)
      .toSorted((a, b) => (a.window < b.window ? -1 : a.window > b.window ? 1 : placeIn(order, a) - placeIn(order, b)))
    await call.output.rows({
      columns: ['date', 'column', 'type', ...COUNTS, 'min', 'max', ...NUMBERS, 'frequent'],
      rows: shown.map(rowOf),
      empty: sentence,
    })
  },
})

const COUNTS = (['files', 'rows', 'nulls', 'distinct'] as const).map((key) => ({ key, align: 'right' }) as const)
const NUMBERS = (['sum', 'mean', 'median', 'characters'] as const).map((key) => ({ key, align: 'right' }) as const)

const placeIn = (order: ReadonlyMap<string, number>, { column }: Point): number => order.get(column) ?? 0

function rowOf({ window, column, type, files, rows, nulls, distinct, min, max, sum, mean, ...point }: Point) {
  const { spread, lengths, frequent } = point
  return {
    ...{ date: window, column, type, files, rows, nulls, distinct, min, max, sum },
    mean: mean === null ? null : Number(mean.toPrecision(6)),
    median: spread?.q50 ?? null,
    characters: lengths && `${lengths.min} to ${lengths.max}`,
    frequent: frequent.map(({ value, rows: count }) => `${value} ${count}`).join(', ') || null,
  }
}

/** Counted facts about columns. */
export const profile = group({
  name: 'profile',
  description: 'Counted facts about the columns of files, as they were when the files became parts.',
  commands: { show: async () => show },
})
