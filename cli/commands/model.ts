import { readCompiledModels } from '../../functions/compose/models.ts'
import { command, group } from '../command.ts'
import { build } from './model-build.ts'

const list = command({
  name: 'model list',
  description: 'List the models: what each is, what it reads, its columns and its checks.',
  examples: ['daybreak model list'],
  async run({ options, output }) {
    const { models } = await readCompiledModels(options.projectDir)
    await output.rows({
      columns: [
        'model',
        'kind',
        'reads',
        { key: 'columns', align: 'right' },
        { key: 'checks', align: 'right' },
        'description',
      ],
      rows: Object.entries(models).map(([model, { kind, references, columns, checks, description }]) => ({
        model,
        kind,
        reads: [...new Set(references.map(({ table }) => table))].join(', '),
        columns: columns.length,
        checks: checks.length,
        description,
      })),
      empty: 'The project has no compiled models.',
    })
  },
})

/** Queries and the tables that they become. */
export const model = group({
  name: 'model',
  description: 'Models: queries over streams and the tables that they become.',
  commands: { list: async () => list, build: async () => build },
})
