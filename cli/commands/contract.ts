import { loadContract } from '../../functions/config/project.ts'
import { compareContracts, overallCompatibility } from '../../functions/contract/compatibility.ts'
import { tableOf } from '../../functions/contract/table.ts'
import { contractWarnings } from '../../functions/contract/warnings.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { DIALECT_NAMES, DIALECTS } from '../../functions/sql/dialects/all.ts'
import { command, group } from '../command.ts'
import { readPath } from '../values.ts'
import { findContract } from './contract-find.ts'

const lint = command({
  name: 'contract lint',
  description: 'Check contract files on their own, wherever they are.',
  args: { files: { type: 'positional', many: true, description: 'Contracts in YAML.' } },
  examples: ['daybreak contract lint config/contracts/toast/*.yaml'],
  async run({ args, context, output }) {
    if (args.files.length === 0) throw new DaybreakError('USAGE_INVALID', 'FILES is missing: contracts to check')
    const paths = args.files.map((file) => readPath('FILES', file, context.cwd))
    const found = await Promise.all(paths.map((path) => loadContract(path, context.env).catch(asProblem)))
    const problems = found.flatMap((each) => ('problem' in each ? [each.problem] : []))
    if (problems.length > 0)
      throw new DaybreakError('CONFIG_INVALID', problems.map(({ message }) => message).join('\n'))
    const contracts = found.flatMap((each) => ('problem' in each ? [] : [each]))
    await output.rows({
      columns: ['stream', 'file', 'columns', 'derived', 'checks'],
      rows: contracts.map(({ stream, file, columns, derived, checks }) => ({
        stream,
        file,
        columns: columns.length,
        derived: derived.length,
        checks: checks.length,
      })),
    })
    for (const contract of contracts)
      for (const { message } of contractWarnings(contract))
        await output.text(`\nWarning: ${contract.stream}: ${message}.`)
  },
})

function asProblem(error: unknown): { readonly problem: DaybreakError } {
  if (error instanceof DaybreakError) return { problem: error }
  throw error
}

const diff = command({
  name: 'contract diff',
  description:
    'Compare two versions of a contract: what changes for tables, files and queries. Exit code 4 when it breaks.',
  args: {
    before: { type: 'positional', description: 'The old contract: a file, or a stream of the project.' },
    after: { type: 'positional', description: 'The new contract: a file, or a stream of the project.' },
  },
  examples: ['daybreak contract diff old/order_details.yaml order_details'],
  async run(call) {
    const [before, after] = [await findContract(call, call.args.before), await findContract(call, call.args.after)]
    const changes = compareContracts(before, after)
    await call.output.rows({
      columns: ['compatibility', 'subject', 'message'],
      rows: changes.map((change) => ({ ...change })),
      empty: 'No difference that matters.',
    })
    return overallCompatibility(changes) === 'breaking' ? 4 : 0
  },
})

const ddl = command({
  name: 'contract ddl',
  description: 'Print the statements that make the table of a contract.',
  args: {
    contract: { type: 'positional', description: 'A stream of the project, or a file.' },
    dialect: { type: 'enum', options: [...DIALECT_NAMES], default: 'duckdb', description: 'Whose SQL.' },
    schema: { type: 'string', default: 'toast', valueHint: 'NAME', description: 'Schema or dataset of the table.' },
  },
  examples: ['daybreak contract ddl order_details', 'daybreak contract ddl order_details --dialect bigquery'],
  async run(call) {
    const { args, output } = call
    const contract = await findContract(call, args.contract)
    const table = tableOf(contract, args.schema)
    return output.raw(DIALECTS[args.dialect].createTable({ ...table, partitionBy: table.partitionColumn }))
  },
})

/** Commands about contracts. */
export const contract = group({
  name: 'contract',
  description: 'Check, compare and print contracts.',
  commands: {
    lint: async () => lint,
    diff: async () => diff,
    ddl: async () => ddl,
    accept: async () => (await import('./contract-accept.ts')).accept,
    sql: async () => (await import('./contract-sql.ts')).sql,
    cut: async () => (await import('./contract-cut.ts')).cut,
  },
})
