import { destinationsInUse } from '../../functions/compose/destinations.ts'
import { loadProject } from '../../functions/config/project.ts'
import type { Reader } from '../../functions/pipeline/ports.ts'
import { describeTables, knownTables, type TableRow } from '../../functions/pipeline/views/tables.ts'
import { withApi } from '../api.ts'
import { type More, withReader } from '../ask.ts'
import { type Call, command } from '../command.ts'

const TIMEOUT = 60_000

/** Tables of the project, those that nothing was loaded into as well. */
export const tables = command({
  name: 'tables',
  remote: 'served',
  description: 'List the tables: what each holds, its rows, its dates and its columns.',
  examples: ['daybreak tables', "daybreak query 'describe toast.order_details'"],
  async run(call) {
    const rows = call.options.remote === null ? await countHere(call) : await countThere(call)
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

async function countHere(call: Call): Promise<readonly TableRow[]> {
  const { projectDir, environment } = call.options
  const project = await loadProject({ projectDir, environment, env: call.context.env })
  const rows: TableRow[] = []
  for (const { pipelines } of destinationsInUse(project)) {
    const known = knownTables(pipelines, project.contracts)
    const ask = (reader: Reader, more: More) => describeTables(known, reader, { ...more, timeout: TIMEOUT })
    rows.push(...(await withReader(call, ask, pipelines[0])))
  }
  return rows
}

async function countThere(call: Call): Promise<readonly TableRow[]> {
  const { tables: found } = await withApi(call, (api) => api('GET /api/tables'))
  return found.map((row) => ({ ...row, from: row.from ?? '', to: row.to ?? '' }))
}
