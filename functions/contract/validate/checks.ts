import { DaybreakError } from '../../errors.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import { DUCKDB } from '../../sql/dialects/duckdb/dialect.ts'
import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import { columnChecks } from '../column-rules.ts'
import type {
  Check,
  ColumnType,
  Contract,
  CrossCheck,
  EqualCheck,
  ExistsCheck,
  HistoryCheck,
  Term,
} from '../contract.ts'
import { type Compiled, compileExpression, compileRowCheck, type Scope } from '../expression/expression.ts'
import { type Issue, issueOf, under } from '../issue.ts'
import { contractScope } from '../scope.ts'
import { totalColumns } from '../table.ts'

const WRITING = { dialect: DUCKDB, sql: (name: string) => quoteIdentifier(name) } as const

/** Problems of a contract's own checks. Its terms may name no stream but its own. */
export function validateChecks(contract: Contract): readonly Issue[] {
  const streams = new Map([[contract.stream, contract]])
  return [
    ...repeatedNames(contract.checks),
    ...takenNames(contract),
    ...contract.checks.flatMap((check, index) =>
      checkIssues(check, { contract, streams }).map(under(['checks', index])),
    ),
  ]
}

/** Problems of a pipeline's checks, whose terms each name one of its streams. Paths start at the pipeline. */
export function validateCrossChecks(
  checks: readonly CrossCheck[],
  contracts: ReadonlyMap<string, Contract>,
): readonly Issue[] {
  return [
    ...repeatedNames(checks),
    ...checks.flatMap((check, index) =>
      checkIssues(check, { contract: null, streams: contracts }).map(under(['checks', index])),
    ),
  ]
}

/** Where a check stands: its own contract, if it stands in one, and the streams it may name. */
interface Place {
  readonly contract: Contract | null
  readonly streams: ReadonlyMap<string, Contract>
}

function repeatedNames(checks: readonly { readonly name: string }[]): readonly Issue[] {
  return checks.flatMap(({ name }, index) =>
    checks.findIndex((check) => check.name === name) < index
      ? [{ path: ['checks', index, 'name'], message: `there is a check \`${name}\` already` }]
      : [],
  )
}

/** A check may not have the name of one that a column makes. */
function takenNames(contract: Contract): readonly Issue[] {
  const taken = new Set(columnChecks(contract).map(({ name }) => name))
  return contract.checks.flatMap(({ name }, index) =>
    taken.has(name)
      ? [{ path: ['checks', index, 'name'], message: `\`${name}\` is the name of a rule that a column has` }]
      : [],
  )
}

function checkIssues(check: Check, place: Place): readonly Issue[] {
  if ('equal' in check) return equalIssues(check, place)
  if ('together' in check) return pair(check.together, 'together', place)
  if ('every' in check) {
    return [
      ...termIssues(check.every, place).map(under(['every'])),
      ...termIssues(check.existsIn, place).map(under(['exists_in'])),
      ...needsBy(check.every, 'every'),
      ...needsBy(check.existsIn, 'exists_in'),
      ...needsSum(check),
    ]
  }
  const { contract } = place
  if (!contract) return []
  if ('that' in check) {
    return issueOf(['that'], () =>
      visible(compileRowCheck(check, contractScope(contract, WRITING)), contract, check.that),
    )
  }
  if ('unique' in check) return check.unique.flatMap((name, index) => columnIssue(name, contract, ['unique', index]))
  return historyIssues(check, contract)
}

function equalIssues({ equal, orEqual: others = [] }: EqualCheck, place: Place): readonly Issue[] {
  const [left] = equal
  return [...pair(equal, 'equal', place), ...others.flatMap((term, index) => otherIssues([left, term], index, place))]
}

/** Issues of another right side; those of the left side were found already. */
function otherIssues(terms: readonly [Term, Term], index: number, place: Place): readonly Issue[] {
  return pair(terms, 'or_equal', place)
    .filter(({ path }) => path[1] !== 0)
    .map(({ path, message }) => ({ path: ['or_equal', index, ...path.slice(2)], message }))
}

const needsSum = ({ every, above }: ExistsCheck): readonly Issue[] =>
  above?.difference === undefined || every.sum !== undefined
    ? []
    : [{ path: ['above', 'difference'], message: '`sum` of `every` is needed: the money of the missing values' }]

function historyIssues(check: HistoryCheck, contract: Contract): readonly Issue[] {
  if ('newFile' in check) return []
  if ('outlier' in check)
    return check.outlier.of === undefined ? [] : totalIssues(check.outlier.of, contract, ['outlier', 'of'])
  if ('constant' in check) return constantIssues(check.constant, contract)
  return check.loss.totals.flatMap((total, index) => totalIssues(total, contract, ['loss', 'totals', index]))
}

function constantIssues(name: string, contract: Contract): readonly Issue[] {
  const column = contract.columns.find((one) => one.name === name)
  if (!column) return [{ path: ['constant'], message: `no column \`${name}\` in the file.` }]
  if (column.type === 'string' && column.privacy === 'keep') return []
  return [{ path: ['constant'], message: `\`${name}\` is not a text that is kept as it is` }]
}

function totalIssues(total: string, contract: Contract, path: Issue['path']): readonly Issue[] {
  const known = totalColumns(contract)
  if (known.includes(total)) return []
  return [{ path, message: `no numeric column \`${total}\` in the file.${didYouMean(total, known)}` }]
}

function pair(terms: readonly [Term, Term], key: string, place: Place): readonly Issue[] {
  const [left, right] = terms
  const issues = terms.flatMap((term, index) => termIssues(term, place).map(under([key, index])))
  if (issues.length > 0) return issues
  if ((left.by === undefined) !== (right.by === undefined))
    return [{ path: [key], message: 'both sides have `by`, or neither has: totals do not compare with groups' }]
  const [a, b] = terms.map((term) => typeOfBy(term, place))
  return a === b ? [] : [{ path: [key], message: `\`by\` is a ${a} on the left and a ${b} on the right` }]
}

const needsBy = (term: Term, key: string): readonly Issue[] =>
  term.by === undefined ? [{ path: [key], message: '`by` is needed: the column whose values are looked for' }] : []

function termIssues(term: Term, place: Place): readonly Issue[] {
  const found = contractOf(term, place)
  if ('message' in found) return [found]
  const scope = contractScope(found, WRITING)
  const { sum, where, by, split } = term
  return [
    ...(sum === undefined ? [] : issueOf(['sum'], () => number(compileExpression(sum, scope), found, sum))),
    ...(where === undefined
      ? []
      : issueOf(['where'], () => visible(compileExpression(where, scope, { type: 'bool' }), found, where))),
    ...(by === undefined ? [] : columnIssue(by, found, ['by'])),
    ...splitIssues({ by, split }, scope),
  ]
}

function contractOf({ stream }: Term, { contract, streams }: Place): Contract | Issue {
  if (contract) {
    if (stream === undefined || stream === contract.stream) return contract
    return {
      path: ['stream'],
      message: `a contract checks its own stream alone; put checks with \`${stream}\` into the pipeline`,
    }
  }
  if (stream === undefined) return { path: ['stream'], message: '`stream` is needed: a pipeline has several' }
  const found = streams.get(stream)
  const hint = didYouMean(stream, [...streams.keys()])
  return found ?? { path: ['stream'], message: `\`${stream}\` is no stream of this pipeline.${hint}` }
}

function splitIssues({ by, split }: Pick<Term, 'by' | 'split'>, scope: Scope): readonly Issue[] {
  if (split === undefined) return []
  if (by === undefined) return [{ path: ['split'], message: '`split` needs `by`: the column that holds the list' }]
  const type = scope.columns.get(by)
  return type === undefined || type === 'string'
    ? []
    : [{ path: ['split'], message: `only a string is split, \`${by}\` is a ${type}` }]
}

function columnIssue(name: string, contract: Contract, path: Issue['path']): readonly Issue[] {
  const { columns } = contractScope(contract, WRITING)
  // The closeout hour belongs to the location, so it is in no table.
  const known = [...columns.keys()].filter((column) => column !== 'closeout_hour')
  if (!known.includes(name)) return [{ path, message: `no column \`${name}\`.${didYouMean(name, known)}` }]
  const hidden = hiddenColumns(contract).get(name)
  return hidden ? [{ path, message: `\`${name}\` has privacy: ${hidden}, so it tells no rows apart; use hash` }] : []
}

/** Refuses columns whose values are gone or cut before any check sees them. */
function visible(compiled: Compiled, contract: Contract, text: string): void {
  const hidden = hiddenColumns(contract)
  const name = compiled.columns.find((column) => hidden.has(column))
  if (name === undefined) return
  throw new DaybreakError(
    'EXPRESSION_INVALID',
    `\`${name}\` has privacy: ${hidden.get(name)}, so \`${text}\` would not see its values`,
  )
}

function number(compiled: Compiled, contract: Contract, text: string): void {
  visible(compiled, contract, text)
  if (compiled.type === 'int64' || compiled.type === 'numeric') return
  throw new DaybreakError('EXPRESSION_INVALID', `\`sum\` adds up exact numbers, \`${text}\` is a ${compiled.type}`)
}

function hiddenColumns({ columns }: Contract): ReadonlyMap<string, string> {
  const hidden = columns.filter(({ privacy }) => privacy === 'mask' || privacy === 'drop')
  return new Map(hidden.map(({ name, privacy }) => [name, privacy]))
}

function typeOfBy({ stream, by }: Term, { contract, streams }: Place): ColumnType | undefined {
  const found = contract ?? streams.get(stream ?? '')
  return found && by !== undefined ? contractScope(found, WRITING).columns.get(by) : undefined
}
