import { buildSqlModels, readSqlModels } from '../../functions/compose/sql-models.ts'
import { loadProject } from '../../functions/config/project.ts'
import { readsOf } from '../../functions/sql-models/order.ts'
import { command } from '../command.ts'
import { createLog } from '../log.ts'

/** Builds the models of PostgreSQL connections. */
export const sql = command({
  name: 'model sql',
  description:
    'Build the models of config/sql: each table of PostgreSQL is replaced in one transaction, after its checks.',
  args: { list: { type: 'boolean', description: 'Only list them in their order; nothing is built.' } },
  examples: ['daybreak model sql --list', 'daybreak model sql'],
  async run({ args, options, context, output }) {
    const project = await loadProject({ ...options, env: context.env })
    const models = await readSqlModels(project)
    const empty = 'There is no model in config/sql.'
    if (args.list) {
      const rows = models.map((model) => ({
        ...{ model: model.config.model, connection: model.config.connection },
        ...{ into: `${model.table.schema}.${model.table.name}`, reads: readsOf(model, models).join(', ') },
      }))
      await output.rows({ columns: ['model', 'connection', 'into', 'reads'], rows, empty })
      return 0
    }
    const log = createLog(context.stderr, options, context.clock.now)
    const built = await buildSqlModels(project, models, { clock: context.clock, log })
    await output.rows({
      columns: ['model', 'outcome', { key: 'rows', align: 'right' }, 'reason'],
      rows: built.map((each) => ({ ...each })),
      empty,
    })
    return built.every(({ outcome }) => outcome === 'replaced') ? 0 : 3
  },
})
