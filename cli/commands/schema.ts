import { SCHEMAS, schemaText } from '../../functions/config/schemas.ts'
import { command } from '../command.ts'

/** The JSON Schema of one kind of YAML file, for an editor that does not find the one in config/schema. */
export const schema = command({
  name: 'schema',
  remote: 'ignored',
  description: 'Print the JSON Schema of a kind of YAML file.',
  args: {
    kind: { type: 'positional', description: `One of ${Object.keys(SCHEMAS).join(', ')}.` },
  },
  examples: ['daybreak schema contract > contract.json'],
  async run({ args, output }) {
    return output.raw(schemaText(args.kind))
  },
})
