import { describeTables, knownTables } from '../../functions/pipeline/views/tables.ts'
import { withReader } from '../ask.ts'
import { command } from '../command.ts'

const TIMEOUT = 60_000

/** Tables of the project, those that nothing was loaded into as well. */
export const tables = command({
  name: 'tables',
  description: 'List the tables: what each holds, its rows, its dates and its columns.',
  examples: ['daybreak tables', "daybreak query 'describe toast.order_details'"],
  async run(call) {
    const rows = await withReader(call, (reader, more, { pipelines, contracts }) =>
      describeTables(knownTables(pipelines.keys(), contracts), reader, { ...more, timeout: TIMEOUT }),
    )
    await call.output.rows({
      columns: [
        'table',
        { key: 'rows', align: 'right' },
        'from',
        'to',
        { key: 'columns', align: 'right' },
        'description',
      ],
      rows: rows.map((row) => ({ ...row })),
      empty: 'The project has no streams.',
    })
  },
})
