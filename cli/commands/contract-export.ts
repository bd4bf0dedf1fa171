import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { exposuresOfPipeline } from '../../functions/compose/exposures.ts'
import { yamlText } from '../../functions/config/yaml.ts'
import { FORMATS } from '../../functions/contract/formats/all.ts'
import type { ExportedFile } from '../../functions/contract/formats/format.ts'
import { inReferenceOrder } from '../../functions/contract/references.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'
import { CONTRACTS_ARGS, findContracts } from './contract-find.ts'

const NAMES = Object.keys(FORMATS)

/** Contracts in the words of another tool. */
export const exportContracts = command({
  name: 'contract export',
  description: 'Write contracts in the form that another tool reads.',
  args: {
    format: { type: 'positional', description: `One of ${NAMES.join(', ')}.` },
    ...CONTRACTS_ARGS,
    out: { type: 'string', valueHint: 'DIR', description: 'Folder for the files. Default: print a single file.' },
  },
  examples: [
    'daybreak contract export json-schema order_details --out schemas',
    'daybreak contract export odcs order_details',
  ],
  async run(call) {
    const { args, context, options, output } = call
    const format = FORMATS[args.format]
    if (!format)
      throw new DaybreakError(
        'USAGE_INVALID',
        `There is no format "${args.format}"; expected one of ${NAMES.join(', ')}`,
      )
    const found = await findContracts(call, args)
    const contracts = inReferenceOrder(found.contracts) ?? found.contracts
    const exposures = await exposuresOfPipeline(options.projectDir, found.pipeline)
    const files = format.export({ ...found, contracts, exposures })
    const [only] = files
    if (args.out === undefined) {
      if (files.length === 1 && only) return output.raw(textOf(only))
      throw new DaybreakError('USAGE_INVALID', `--out is missing: the export has ${files.length} files; name a folder`)
    }
    const out = resolve(context.cwd, args.out)
    for (const file of files) {
      const path = join(out, file.path)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, textOf(file))
    }
    await output.rows({ columns: ['file'], rows: files.map(({ path }) => ({ file: join(out, path) })) })
  },
})

/** The text of an exported file. */
export function textOf({ content }: ExportedFile): string {
  if (content.kind === 'text') return content.text
  return content.kind === 'yaml' ? yamlText(content.value) : `${JSON.stringify(content.value, null, 2)}\n`
}
