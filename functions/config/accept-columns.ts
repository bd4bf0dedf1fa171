import { type Acceptance, namesWith } from '../contract/accept.ts'
import { Contract } from '../contract/contract.ts'
import { problemsError } from './problem.ts'
import { contractProblems } from './project-checks.ts'
import { readConfig } from './read.ts'
import { type Splice, spliceYaml } from './splice-yaml.ts'

/** A contract as it is written. */
interface ContractText {
  /** Path below the project. */
  readonly file: string
  readonly text: string
}

/** A contract after an edit, as text and as it is read. */
interface EditedContract {
  readonly text: string
  readonly contract: Contract
}

/**
 * Pure: writes what is accepted into the YAML of a contract. Comments and order stay.
 * @throws {DaybreakError} CONFIG_INVALID when a rule or the key needs a column that becomes optional.
 */
export function acceptColumns(
  { file, text }: ContractText,
  { columns }: Contract,
  changes: readonly Acceptance[],
): EditedContract {
  const splices = changes.flatMap((change): readonly Splice[] => {
    if (change.kind === 'added') {
      const words = `name: ${change.column}, from: ${JSON.stringify(change.header)}, type: string, optional: true, privacy: drop`
      return [{ at: ['columns'], entry: `{ ${words}, description: 'Accepted from a header. Say what it means.' }` }]
    }
    const at = ['columns', change.index]
    if (change.kind === 'removed') return [{ at: [...at, 'required'], pair: 'optional: true' }]
    const names = namesWith(columns[change.index], change.header).map((name) => JSON.stringify(name))
    return [{ at: [...at, 'from'], value: `[${names.join(', ')}]` }]
  })
  const edited = spliceYaml(text, splices)
  const reading = readConfig(Contract, { file, text: edited, env: {} })
  const problems = contractProblems(reading)
  if (reading.value === null || problems.length > 0) throw problemsError(problems)
  return { text: edited, contract: reading.value }
}
