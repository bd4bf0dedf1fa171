import { command } from '../command.ts'
import { withDaybreak } from '../open.ts'

/** A look at the tables, for people who have nothing else installed. */
export const query = command({
  name: 'query',
  description: 'Ask the warehouse a question in SQL; it only reads.',
  args: { sql: { type: 'positional', description: 'One SELECT, e.g. `select count(*) from toast.order_details`.' } },
  examples: ["daybreak query 'select business_date, sum(total) from toast.order_details group by 1 order by 1'"],
  async run(call) {
    await withDaybreak(call, async ({ ports }) => {
      const { columns, rows } = await ports.warehouse.query(call.args.sql)
      await call.output.rows({
        columns: [...columns],
        rows: rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]))),
        empty: 'No rows.',
      })
    })
  },
})
