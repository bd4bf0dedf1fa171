import type { Item } from '../api.ts'
import { withApi } from '../api.ts'
import type { Row } from '../cell.ts'
import { command } from '../command.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { readTime } from '../values.ts'

/** Changes of the tables since they were reported. */
export const restated = command({
  name: 'restated',
  remote: 'served',
  description:
    'List what changed in the tables since a date: corrected and late files, their money, and with --rows each row.',
  args: {
    since: {
      type: 'string',
      required: true,
      valueHint: 'TIME',
      description: 'Compare with the beginning of this day, in UTC, or with this instant.',
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
    const since = readTime('--since', args.since)
    const query = { since, ...(args.pipeline !== undefined && { pipeline: args.pipeline }) }
    const empty = `Nothing changed since ${args.since}.`
    await withApi(call, async (api) => {
      if (args.rows) {
        const { rows, isWhole } = await api('GET /api/restated/rows', { query })
        await output.rows({ columns: ROWS, rows: rows.map(toCells), empty })
        if (!isWhole) await output.text(`There are more than these ${rows.length} values.`)
        return
      }
      const { restated: found, unknown } = await api('GET /api/restated', { query })
      await output.rows({ columns: SLICES, rows: found.map(toSliceRow), empty })
      if (unknown.length === 0) return
      const named = unknown.map(({ stream, window }) => `${stream} of ${window}`).slice(0, 5)
      const more = unknown.length > 5 ? ', ...' : ''
      await output.text(`Not on record, since their history of loads begins later: ${named.join(', ')}${more}.`)
    })
  },
})

const SLICES = [
  ...(['stream', 'location', 'date', 'change'] as const),
  ...(['before', 'now'] as const).map((key) => ({ key, head: `rows ${key}`, align: 'right' as const })),
  'totals',
]
const ROWS = ['stream', 'location', 'date', 'change', 'key', 'column', 'from', 'to']

function toSliceRow({ shard, window, totals, ...rest }: Item<'GET /api/restated', 'restated'>): Row {
  return { ...rest, location: shard, date: window, totals: differences(totals) }
}

/** `amount +12.50, tip -3`: columns whose sum is another one. */
function differences(totals: Readonly<Record<string, string>>): string {
  return Object.entries(totals)
    .map(
      ([column, difference]) =>
        `${column} ${difference.startsWith('-') ? '' : '+'}${difference.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')}`,
    )
    .join(', ')
}

function toCells({ shard, window, key, ...rest }: Item<'GET /api/restated/rows', 'rows'>): Row {
  return { ...rest, location: shard, date: window, key: Object.values(key).join(' / ') }
}
