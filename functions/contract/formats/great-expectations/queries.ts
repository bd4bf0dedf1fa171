import { BIGQUERY } from '../../../sql/dialects/bigquery/dialect.ts'
import { partitionColumn, shardColumn } from '../../carried.ts'
import type { Contract, CrossCheck, Term } from '../../contract.ts'
import { compileExpression, type Expression, parseExpression } from '../../expression/expression.ts'
import { CLOSEOUT_HOUR, contractScope } from '../../scope.ts'
import type { ContractSet } from '../format.ts'
import type { Target } from './targets.ts'

/** A query that gives the offending keys, or the reason why there is none. */
type Query = { readonly sql: string } | { readonly reason: string }

const AMONG_TWO = 'only checks that compare one sum or key with another are a query'

/** A check over two streams as a query over the batch of the first; both sides are of one location and day. */
export function crossCheckQuery(check: CrossCheck, set: ContractSet, target: Target): Query {
  if ('every' in check) return existsQuery([check.every, check.existsIn], set, target)
  if (!('equal' in check) || check.orEqual || check.equal.some(({ split }) => split !== undefined))
    return { reason: AMONG_TWO }
  return equalQuery({ terms: check.equal, within: check.within, isSkipped: check.absentKey === 'skip' }, set, target)
}

interface Side {
  readonly from: string
  /** Columns that both sides are grouped by: the slice, then the key. */
  readonly keys: readonly string[]
  readonly value: string
  readonly where: string
}

type Terms = readonly [Term, Term]

function existsQuery(terms: Terms, set: ContractSet, target: Target): Query {
  const [left, right] = sidesOf(terms, set, target)
  if (!left || !right) return { reason: UNWRITTEN }
  return {
    sql: `SELECT l.* FROM (${grouped(left)}) AS l LEFT JOIN (${grouped(right)}) AS r ON ${on(left)} WHERE r.${left.keys.length === 0 ? 'v' : 'k0'} IS NULL`,
  }
}

interface Comparison {
  readonly terms: Terms
  readonly within: number
  readonly isSkipped: boolean
}

function equalQuery({ terms, within, isSkipped }: Comparison, set: ContractSet, target: Target): Query {
  const [left, right] = sidesOf(terms, set, target)
  if (!left || !right) return { reason: UNWRITTEN }
  const skipped = isSkipped ? ' AND r.k0 IS NOT NULL' : ''
  return {
    sql: `SELECT l.*, r.v AS other FROM (${grouped(left)}) AS l LEFT JOIN (${grouped(right)}) AS r ON ${on(left)} WHERE ABS(COALESCE(l.v, 0) - COALESCE(r.v, 0)) > ${within}${skipped}`,
  }
}

const UNWRITTEN = 'its sums or conditions are written for BigQuery and DuckDB alone'

function grouped({ from, keys, value, where }: Side): string {
  const names = keys.map((key, index) => `${key} AS k${index}`)
  return `SELECT ${[...names, `${value} AS v`].join(', ')} FROM ${from}${where === '' ? '' : ` WHERE ${where}`}${keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`}`
}

const on = ({ keys }: Side): string =>
  keys.length === 0 ? '1 = 1' : keys.map((_, index) => `l.k${index} = r.k${index}`).join(' AND ')

function sidesOf([left, right]: Terms, set: ContractSet, target: Target): readonly [Side | null, Side | null] {
  return [sideOf({ term: left, batch: '{batch}' }, set, target), sideOf({ term: right, batch: null }, set, target)]
}

interface Placed {
  readonly term: Term
  /** Name of the batch; null where the table is read by its own name. */
  readonly batch: string | null
}

function sideOf({ term, batch }: Placed, set: ContractSet, target: Target): Side | null {
  const contract = set.streams.get(term.stream ?? '')
  if (!contract) return null
  const value = term.sum === undefined ? 'COUNT(*)' : expressionSql(term.sum, contract, target)
  const where = term.where === undefined ? '' : expressionSql(term.where, contract, target)
  if (value === null || where === null) return null
  const slice = [partitionColumn(contract), shardColumn(contract)?.name ?? null].filter((name) => name !== null)
  const keys = [...new Set([...slice, ...(term.by === undefined ? [] : [term.by])])].map(target.identifier)
  const from = batch ?? [set.pipeline, contract.stream].map(target.identifier).join('.')
  return { from, keys, value: term.sum === undefined ? value : `SUM(${value})`, where }
}

/** An expression in the SQL of the target. BigQuery has all of them; other systems have what every system writes alike. */
function expressionSql(text: string, contract: Contract, target: Target): string | null {
  if (!target.hasRowConditions) return plainSql(parseExpression(text), target)
  let isOfTable = true
  const sql = (column: string): string => {
    if (column === CLOSEOUT_HOUR) isOfTable = false
    return target.identifier(column)
  }
  const compiled = compileExpression(text, contractScope(contract, { dialect: BIGQUERY, sql }))
  return isOfTable ? compiled.sql : null
}

function plainSql(expression: Expression, target: Target): string | null {
  if (expression.kind === 'column') return target.identifier(expression.name)
  if (expression.kind === 'is_null') {
    const operand = plainSql(expression.operand, target)
    return operand === null ? null : `${operand} IS ${expression.negated ? 'NOT ' : ''}NULL`
  }
  if (expression.kind !== 'arithmetic' || expression.operator === '/') return null
  const [left, right] = [plainSql(expression.left, target), plainSql(expression.right, target)]
  return left === null || right === null ? null : `(${left} ${expression.operator} ${right})`
}
