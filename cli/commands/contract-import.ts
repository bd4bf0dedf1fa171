import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { problemsError } from '../../functions/config/problem.ts'
import { contractProblems } from '../../functions/config/project-checks.ts'
import { readConfig } from '../../functions/config/read.ts'
import { readYaml, yamlText } from '../../functions/config/yaml.ts'
import { Contract } from '../../functions/contract/contract.ts'
import { importOdcs } from '../../functions/contract/formats/odcs/import.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'
import { readPath } from '../values.ts'

/** Contracts out of the words of another tool. */
export const importContracts = command({
  name: 'contract import',
  description:
    'Make contracts from a document of another tool. What a contract has no key for is kept and exported again.',
  args: {
    format: { type: 'positional', description: 'Form of the document: odcs.' },
    file: { type: 'positional', description: 'The document, in YAML or JSON.' },
    pipeline: { type: 'string', default: 'toast', valueHint: 'NAME', description: 'Pipeline of the contracts.' },
    out: { type: 'string', valueHint: 'DIR', description: 'Folder for STREAM.yaml. Default: print a single contract.' },
  },
  examples: ['daybreak contract import odcs orders.odcs.yaml --out config/contracts/shop'],
  async run(call) {
    const { args, context, output } = call
    if (args.format !== 'odcs')
      throw new DaybreakError('USAGE_INVALID', `There is no format "${args.format}" to import; expected odcs`)
    const path = readPath('FILE', args.file, context.cwd)
    const reading = readYaml({ file: args.file, text: await readFile(path, 'utf8'), env: context.env })
    if (reading.problems.length > 0) throw problemsError(reading.problems)
    const contracts = importOdcs(reading.value, args.pipeline).map(({ stream, yaml }) => {
      const file = `${stream}.yaml`
      const text = yamlText(yaml)
      const contract = readConfig(Contract, { file, text, env: {} })
      const problems = contractProblems(contract)
      if (problems.length > 0) throw problemsError(problems)
      return { file, text }
    })
    const [only] = contracts
    if (args.out === undefined) {
      if (contracts.length === 1 && only) return output.raw(only.text)
      throw new DaybreakError(
        'USAGE_INVALID',
        `--out is missing: the document has ${contracts.length} tables; name a folder`,
      )
    }
    const out = resolve(context.cwd, args.out)
    await mkdir(out, { recursive: true })
    for (const { file, text } of contracts) await writeFile(join(out, file), text)
    await output.rows({ columns: ['file'], rows: contracts.map(({ file }) => ({ file: join(out, file) })) })
  },
})
