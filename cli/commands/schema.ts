import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SCHEMAS, schemaFiles, schemaText } from '../../functions/config/schemas.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'

/** The JSON Schema of one kind of YAML file, or of all of them into the project, for its editors. */
export const schema = command({
  name: 'schema',
  remote: 'ignored',
  description: 'Print the JSON Schema of a kind of YAML file, or write all of them into config/schema of the project.',
  args: {
    kind: { type: 'positional', required: false, description: `One of ${Object.keys(SCHEMAS).join(', ')}.` },
    write: { type: 'boolean', description: 'Write every schema into config/schema.' },
  },
  examples: ['daybreak schema contract > contract.json', 'daybreak schema --write'],
  async run({ args, options, output }) {
    if (args.write) {
      const files = schemaFiles()
      for (const [path, text] of files) {
        await mkdir(dirname(join(options.projectDir, path)), { recursive: true })
        await writeFile(join(options.projectDir, path), text)
      }
      return output.record({ folder: join(options.projectDir, 'config/schema'), files: files.size })
    }
    if (args.kind !== undefined) return output.raw(schemaText(args.kind))
    const kinds = Object.keys(SCHEMAS).join(', ')
    throw new DaybreakError('USAGE_INVALID', `\`daybreak schema\` needs a kind, or --write; expected one of ${kinds}`)
  },
})
