import { BUSINESS_DATE } from '../../functions/contract/carried.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Answer } from '../../functions/pipeline/ports.ts'
import { withApi } from '../api.ts'
import { askWarehouse } from '../ask.ts'
import type { Column, Row } from '../cell.ts'
import { type Call, command } from '../command.ts'
import { readCount, readMilliseconds } from '../values.ts'

const SHOWN = 50
const COUNTED = 1_000_000
// A result for a program that ended early without a word would be taken for the whole.
const MOST = 1_000_000
const MOST_EVER = 1_000_000_000

/** A look at the tables, for people who have nothing else installed. */
export const query = command({
  name: 'query',
  remote: 'served',
  description: 'Ask the warehouse a question in SQL: one statement that reads, in a process of its own.',
  args: {
    sql: { type: 'positional', description: 'One SELECT, e.g. `select count(*) from toast.order_details`.' },
    limit: {
      type: 'string',
      valueHint: 'N',
      description: `Most rows. Default: ${SHOWN} in a table, all up to 1,000,000 in other formats.`,
    },
    pipeline: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Pipeline whose destination is asked. Needed where pipelines have several.',
    },
    timeout: { type: 'string', default: '60s', valueHint: 'DURATION', description: 'Longest time, e.g. `5m`.' },
  },
  examples: [
    `daybreak query 'select ${BUSINESS_DATE}, sum(total) from toast.order_details group by 1 order by 1'`,
    "daybreak query 'describe toast.order_details'",
  ],
  async run(call) {
    const { args, output } = call
    const isTable = output.format === 'table'
    const limit = args.limit === undefined ? null : readCount('--limit', args.limit, { min: 1, max: MOST_EVER })
    const shown = limit ?? (isTable ? SHOWN : MOST)
    const timeout = readMilliseconds('--timeout', args.timeout)
    const question = { sql: args.sql, limit: shown, countTo: isTable ? Math.max(shown, COUNTED) : shown, timeout }
    const isRemote = call.options.remote !== null
    const answer = await (isRemote ? askThere(question, call) : askWarehouse(question, call, args.pipeline))
    await output.rows({
      columns: answer.columns.map(toColumn),
      rows: rowsOf(answer),
      total: answer.count,
      empty: 'No rows.',
    })
    if (isTable || (limit !== null && !isRemote) || answer.count().all) return
    throw new DaybreakError(
      'QUERY_LIMIT',
      isRemote
        ? 'the server gave its first rows, and there are more; `daybreak export` in the project has all'
        : `only the first ${MOST} rows were printed; \`--limit\` allows more`,
    )
  },
})

type Asking = Call<{ readonly sql: string; readonly pipeline: string | undefined }>

/** The first rows, as a server previews them for an analyst. The question goes into its audit. */
async function askThere(
  { sql, limit }: { readonly sql: string; readonly limit: number },
  call: Asking,
): Promise<Answer> {
  const { pipeline } = call.args
  return await withApi(call, async (api) => {
    const body = { sql, ...(pipeline !== undefined && { pipeline }) }
    const { columns, rows, isWhole } = await api('POST /api/query:preview', { body })
    const batches = (async function* () {
      yield rows.slice(0, limit)
    })()
    return { columns, batches, count: () => ({ rows: rows.length, all: isWhole }) }
  })
}

function toColumn({ name, type }: Answer['columns'][number]): Column {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|INT64|DECIMAL|BIGNUMERIC|NUMERIC|DOUBLE|FLOAT|FLOAT64)\b/.test(type)
    ? { key: name, align: 'right' }
    : { key: name }
}

async function* rowsOf({ columns, batches }: Answer): AsyncGenerator<Row> {
  for await (const batch of batches)
    for (const row of batch) yield Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null]))
}
