import type { ColumnType } from '../contract/contract.ts'
import { compileExpression, compileRowCheck, type Scope } from '../contract/expression/expression.ts'
import { DaybreakError } from '../errors.ts'
import type { Dialect } from '../sql/dialect.ts'
import { BIGQUERY } from '../sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../sql/dialects/duckdb/dialect.ts'
import { aroundHoles, type CompiledCheck, hole, type Reference } from './compiled.ts'
import type { ModelCheck, Term } from './model.ts'
import type { ReferenceTable } from './reference.ts'

/** The model that checks belong to, and the tables that their terms name. */
export interface ChecksInput {
  readonly model: string
  readonly key: readonly string[]
  readonly isPartitioned: boolean
  /** A table by the words of a term. @throws {DaybreakError} MODEL_INVALID for an unknown one. */
  readonly tableOf: (term: Pick<Term, 'model' | 'stream'>) => ReferenceTable
}

/**
 * Each check as a query that gives its offences: `offence` names the key, `left_value` and `right_value` the sides.
 * @throws {DaybreakError} EXPRESSION_INVALID, MODEL_INVALID.
 */
export function compileChecks(checks: readonly ModelCheck[], input: ChecksInput): readonly CompiledCheck[] {
  const names = checks.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new DaybreakError('MODEL_INVALID', `model ${input.model}: two checks are called ${twice}; give each a name`)
  return checks.map((check) => {
    const bigquery = checkQuery(check, input, BIGQUERY)
    const duckdb = checkQuery(check, input, DUCKDB)
    return {
      name: check.name,
      ...(check.rule !== undefined && { rule: check.rule }),
      ...(check.description !== undefined && { description: check.description }),
      effect: check.effect,
      references: [...duckdb.references],
      sql: { bigquery: bigquery.sql, duckdb: duckdb.sql },
    }
  })
}

/** A query while its holes are counted. */
class CheckQuery {
  readonly references: Reference[] = []
  readonly #input: ChecksInput
  readonly #dialect: Dialect

  constructor(input: ChecksInput, dialect: Dialect) {
    this.#input = input
    this.#dialect = dialect
  }

  /** A table with a hole of its own. The columns are those that `use` reads. */
  rows(term: Pick<Term, 'model' | 'stream'>, use: (scope: Scope) => readonly string[]): string {
    const table = this.#input.tableOf(term)
    const number = this.references.length
    const alias = `t${number}`
    const columns = new Map<string, ColumnType>(table.columns.map(({ name, type }) => [name, type]))
    const used = new Set<string>()
    const scope: Scope = {
      dialect: this.#dialect,
      columns,
      sql: (name) => {
        used.add(name)
        return `${alias}.${this.#dialect.identifier(name)}`
      },
    }
    const base = { hole: number, table: table.name, alias }
    // Taken before the columns are known, because the terms of one check are compiled one after the other.
    const place = this.references.push({ ...base, columns: [], isPartitioned: false }) - 1
    const [select = '', where = ''] = use(scope)
    const own = [...used].toSorted()
    const reference = { ...base, columns: own, types: own.flatMap((name) => columns.get(name) ?? []) }
    this.references[place] =
      this.#input.isPartitioned && table.dateColumn !== null
        ? {
            ...reference,
            isPartitioned: true,
            dates: { from: 0, to: 0 },
            dateColumn: table.dateColumn,
            locationColumn: table.locationColumn,
          }
        : { ...reference, isPartitioned: false, ...(table.dateColumn !== null && { dateColumn: table.dateColumn }) }
    return `${aroundHoles(select)} FROM ${hole(number)} AS ${alias}${aroundHoles(where)}`
  }
}

interface Built {
  readonly sql: string
  readonly references: readonly Reference[]
}

function checkQuery(check: ModelCheck, input: ChecksInput, dialect: Dialect): Built {
  const query = new CheckQuery(input, dialect)
  const writing: Writing = { query, input, dialect }
  return { sql: sqlOf(check, writing), references: query.references }
}

interface Writing {
  readonly query: CheckQuery
  readonly input: ChecksInput
  readonly dialect: Dialect
}

function sqlOf(check: ModelCheck, writing: Writing): string {
  if ('unique' in check) return uniqueSql(check, writing)
  if ('that' in check) return rowSql(check, writing)
  if ('equal' in check) return equalSql(check, writing)
  if ('every' in check) return existsSql(check, writing)
  const [left, right] = check.together.map((term) => totalSql(term, writing))
  return `SELECT 'all' AS offence, l.v AS left_value, r.v AS right_value FROM (${left}) AS l CROSS JOIN (${right}) AS r WHERE (l.v = 0) <> (r.v = 0)`
}

type Kind<Name extends string> = Extract<ModelCheck, Readonly<Record<Name, unknown>>>

/** The key of a row as one text. */
function keyText({ sql, dialect: { literal, type } }: Scope, key: readonly string[]): string {
  const texts = key.map((name) => `COALESCE(CAST(${sql(name)} AS ${type({ type: 'string' })}), 'NULL')`)
  return texts.join(` || ${literal(' / ')} || `)
}

const numericNull = ({ type }: Dialect): string => `CAST(NULL AS ${type({ type: 'numeric' })})`

function uniqueSql({ unique }: Kind<'unique'>, { query, input, dialect }: Writing): string {
  const key = unique === 'key' ? input.key : unique
  const numeric = dialect.type({ type: 'numeric' })
  return query.rows({ model: input.model }, (scope) => [
    `SELECT ${keyText(scope, key)} AS offence, CAST(COUNT(*) AS ${numeric}) AS left_value, ${numericNull(dialect)} AS right_value`,
    ` GROUP BY ${key.map(scope.sql).join(', ')} HAVING COUNT(*) > 1`,
  ])
}

function rowSql(check: Kind<'that'>, { query, input, dialect }: Writing): string {
  return query.rows({ model: input.model }, (scope) => [
    `SELECT ${keyText(scope, input.key)} AS offence, ${numericNull(dialect)} AS left_value, ${numericNull(dialect)} AS right_value`,
    ` WHERE NOT (${compileRowCheck(check, scope).sql})`,
  ])
}

/** Rows of a term: their key as `k`, null where a part of it is; what is summed as `v`. */
function rowsSql({ by, sum, where, ...table }: Term, { query, dialect }: Writing): string {
  const [text, numeric] = [dialect.type({ type: 'string' }), dialect.type({ type: 'numeric' })]
  return query.rows(table, (scope) => {
    const parts = [by ?? []].flat().map((column) => `CAST(${compileExpression(column, scope).sql} AS ${text})`)
    const key = parts.length > 0 ? parts.join(` || ${dialect.literal(' / ')} || `) : `CAST(NULL AS ${text})`
    const value = sum ? `CAST(${exactSum(sum, scope)} AS ${numeric})` : numericNull(dialect)
    return [
      `SELECT ${key} AS k, ${value} AS v`,
      where ? ` WHERE ${compileExpression(where, scope, { type: 'bool' }).sql}` : '',
    ]
  })
}

function exactSum(sum: string, scope: Scope): string {
  const { sql, type } = compileExpression(sum, scope)
  if (type === 'int64' || type === 'numeric') return sql
  throw new DaybreakError(
    'EXPRESSION_INVALID',
    `\`sum: ${sum}\` is a ${type}, and only int64 and numeric add up exactly`,
  )
}

function sumOf({ sum }: Term, { dialect }: Writing): string {
  const numeric = dialect.type({ type: 'numeric' })
  return `CAST(${sum ? 'COALESCE(SUM(v), 0)' : 'COUNT(*)'} AS ${numeric})`
}

const totalSql = (term: Term, writing: Writing): string =>
  `SELECT ${sumOf(term, writing)} AS v FROM (${rowsSql(term, writing)}) AS t`

const groupsSql = (term: Term, writing: Writing): string =>
  `SELECT k, ${sumOf(term, writing)} AS v FROM (${rowsSql(term, writing)}) AS t WHERE k IS NOT NULL GROUP BY k`

function equalSql(check: Kind<'equal'>, writing: Writing): string {
  const {
    absentKey,
    equal: [left, right],
    name,
    orEqual = [],
    within,
  } = check
  const rights = [right, ...orEqual]
  if (rights.some(({ by }) => (by === undefined) !== (left.by === undefined)))
    throw new DaybreakError(
      'MODEL_INVALID',
      `model ${writing.input.model}: check ${name}: \`by\` must stand on all sides or on none`,
    )
  const { dialect } = writing
  const tolerance = dialect.expressions.decimal(within.toFixed(9), { digits: within.toFixed(0).length, scale: 9 })
  const isKeyed = left.by !== undefined
  const sideOf = (term: Term) => (isKeyed ? groupsSql(term, writing) : totalSql(term, writing))
  const first = sideOf(left)
  const joins = rights.map((term, at) => {
    return isKeyed
      ? ` LEFT JOIN (${sideOf(term)}) AS r${at} ON r${at}.k = l.k`
      : ` CROSS JOIN (${sideOf(term)}) AS r${at}`
  })
  const differences = rights.map((_, at) => `ABS(l.v - COALESCE(r${at}.v, 0))`)
  const difference = differences.length === 1 ? differences[0] : `LEAST(${differences.join(', ')})`
  const compared = isKeyed && absentKey === 'skip' ? ' AND r0.k IS NOT NULL' : ''
  return (
    `SELECT ${isKeyed ? 'l.k' : "'all'"} AS offence, l.v AS left_value, COALESCE(r0.v, 0) AS right_value ` +
    `FROM (${first}) AS l${joins.join('')} WHERE ${difference} > ${tolerance}${compared}`
  )
}

function existsSql({ every, existsIn, name }: Kind<'every'>, writing: Writing): string {
  if (!every.by || !existsIn.by)
    throw new DaybreakError('MODEL_INVALID', `model ${writing.input.model}: check ${name}: both sides need \`by\``)
  const [left, right] = [groupsSql(every, writing), groupsSql(existsIn, writing)]
  return (
    `SELECT l.k AS offence, l.v AS left_value, ${numericNull(writing.dialect)} AS right_value ` +
    `FROM (${left}) AS l LEFT JOIN (${right}) AS r ON r.k = l.k WHERE r.k IS NULL`
  )
}
