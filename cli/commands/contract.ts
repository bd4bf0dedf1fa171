import { loadContract } from '../../functions/config/project.ts'
import { compareContracts, overallCompatibility } from '../../functions/contract/compatibility.ts'
import type { Contract } from '../../functions/contract/contract.ts'
import { relationOf } from '../../functions/contract/relation.ts'
import { renamesOf } from '../../functions/contract/renames.ts'
import { versionProblem } from '../../functions/contract/semver.ts'
import { contractWarnings } from '../../functions/contract/warnings.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { DdlDialect } from '../../functions/sql/ddl.ts'
import { DDL_DIALECT_NAMES, DDL_DIALECTS } from '../../functions/sql/dialects/all.ts'
import { type Call, command, group } from '../command.ts'
import { readPath } from '../values.ts'
import { findContract } from './contract-find.ts'
import { contractAt } from './contract-history.ts'
import { readersOf } from './contract-readers.ts'

const DRIFT = 4

const lint = command({
  name: 'contract lint',
  description: 'Check contract files on their own, wherever they are.',
  args: {
    files: { type: 'positional', many: true, description: 'Contracts in YAML.' },
    against: {
      type: 'string',
      valueHint: 'REVISION',
      description: 'Branch, tag or commit of Git: each contract_version must say what changed since.',
    },
  },
  examples: [
    'daybreak contract lint config/contracts/toast/*.yaml',
    'daybreak contract lint config/contracts/toast/*.yaml --against main',
  ],
  async run({ args, context, options, output }) {
    if (args.files.length === 0) throw new DaybreakError('USAGE_INVALID', 'FILES is missing: contracts to check')
    const paths = args.files.map((file) => readPath('FILES', file, context.cwd))
    const found = await Promise.all(paths.map((path) => loadContract(path, context.env).catch(asProblem)))
    const problems = found.flatMap((each) => ('problem' in each ? [each.problem] : []))
    if (problems.length > 0)
      throw new DaybreakError('CONFIG_INVALID', problems.map(({ message }) => message).join('\n'))
    const contracts = found.flatMap((each) => ('problem' in each ? [] : [each]))
    const { against } = args
    if (against !== undefined)
      await refuseSmallVersions(paths, { against, env: context.env, projectDir: options.projectDir })
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

interface Versions {
  readonly against: string
  readonly env: Call['context']['env']
  readonly projectDir: string
}

/** @throws {DaybreakError} CONFIG_INVALID for a version that hides a change from readers. */
async function refuseSmallVersions(paths: readonly string[], { against, env, projectDir }: Versions): Promise<void> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const [before, after] = [await contractAt(path, against), await loadContract(path, env)]
      if (before === null) return []
      const changes = compareContracts(before, after)
      const problem = versionProblem({ before, after, changes })
      if (problem === null) return []
      const told = changes.map(({ compatibility, subject, message }) => `  ${compatibility}: ${subject} ${message}`)
      const readers = await readersOf(projectDir, { stream: after.stream, changes })
      return [[`${path}: ${problem}`, ...told, ...readers.map((name) => `  read by ${name}`)].join('\n')]
    }),
  )
  const problems = found.flat()
  if (problems.length > 0) throw new DaybreakError('CONFIG_INVALID', problems.join('\n'))
}

const diff = command({
  name: 'contract diff',
  description:
    'Compare two versions of a contract: what changes for tables, files and queries. Exit code 4 when it breaks.',
  args: {
    before: { type: 'positional', description: 'The old contract: a file, or a stream of the project.' },
    after: { type: 'positional', description: 'The new contract: a file, or a stream of the project.' },
    dialect: {
      type: 'enum',
      options: [...DDL_DIALECT_NAMES],
      description: 'Print the statements that change the table, and those of the way back, in the SQL of this system.',
    },
    schema: { type: 'string', default: 'toast', valueHint: 'NAME', description: 'Schema or dataset of the table.' },
  },
  examples: [
    'daybreak contract diff old/order_details.yaml order_details',
    'daybreak contract diff old/order_details.yaml order_details --dialect postgres',
  ],
  async run(call) {
    const [before, after] = [await findContract(call, call.args.before), await findContract(call, call.args.after)]
    const changes = compareContracts(before, after)
    const exitCode = overallCompatibility(changes) === 'breaking' ? DRIFT : 0
    const { dialect: system, schema } = call.args
    if (system !== undefined) {
      await call.output.raw(stubs(before, after, { dialect: DDL_DIALECTS[system], schema }))
      return exitCode
    }
    await call.output.rows({
      columns: ['compatibility', 'subject', 'message'],
      rows: changes.map((change) => ({ ...change })),
      empty: 'No difference that matters.',
    })
    return exitCode
  },
})

/** Statements in both directions. They are a draft: a person reads them before a database does. */
function stubs(
  before: Contract,
  after: Contract,
  { dialect, schema }: { readonly dialect: DdlDialect; readonly schema: string },
): string {
  const [old, fresh] = [before, after].map((contract) => relationOf(contract, { catalog: null, schema }))
  if (!old || !fresh) return ''
  const renames = renamesOf(before, after)
  const back = renames.map(({ from, to }) => ({ from: to, to: from }))
  const forward = dialect.alterTable({ before: old, after: fresh, renames })
  const backward = dialect.alterTable({ before: fresh, after: old, renames: back })
  const block = (title: string, statements: readonly string[]): string =>
    [`-- ${title}`, ...(statements.length === 0 ? ['-- Nothing to change.'] : statements), ''].join('\n')
  return [
    block(`${after.stream}: from the old contract to the new one.`, forward),
    block('The way back.', backward),
  ].join('\n')
}

/** Commands about contracts. */
export const contract = group({
  name: 'contract',
  description: 'Check, compare and print contracts.',
  commands: {
    lint: async () => lint,
    diff: async () => diff,
    export: async () => (await import('./contract-export.ts')).exportContracts,
    import: async () => (await import('./contract-import.ts')).importContracts,
    release: async () => (await import('./contract-release.ts')).release,
    mock: async () => (await import('./contract-mock.ts')).mockContracts,
    ddl: async () => (await import('./contract-ddl.ts')).ddl,
    headers: async () => (await import('./contract-headers.ts')).headers,
    accept: async () => (await import('./contract-accept.ts')).accept,
    sql: async () => (await import('./contract-sql.ts')).sql,
    cut: async () => (await import('./contract-cut.ts')).cut,
  },
})
