import { WIDEST } from '../../contract/expression/value.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import { quoteString } from '../../sql/dialects/duckdb/quote.ts'
import type { Call, Expression, Span } from '../tree.ts'
import { ARRAYS } from './arrays.ts'
import { castPiece } from './cast.ts'
import { type Compilation, type Refusal, refused } from './compilation.ts'
import { DATES, timeLiteral } from './dates.ts'
import type { FunctionSql } from './functions.ts'
import { LOGIC } from './logic.ts'
import { exactly, NUMBERS } from './numbers.ts'
import { duckdbTypeOf, isScalar, type Piece, piece } from './piece.ts'
import { INSTEAD } from './refuse.ts'
import { TEXT } from './text.ts'

/** Every function of one row that a model may call, by its name in the tree. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSql> = new Map(
  Object.entries({ ...LOGIC, ...NUMBERS, ...TEXT, ...DATES, ...ARRAYS }),
)

/** DuckDB's name of a column of the tree. */
export const nameOf = ({ id }: { readonly id: number }): string => `c${id}`

/** An expression in DuckDB's SQL. @throws {DaybreakError} MODEL_REFUSED for what DuckDB would answer otherwise. */
export function compileExpression(compilation: Compilation, expression: Expression): Piece {
  const refuse = (refusal: Refusal) => refused(compilation, expression.span, refusal)
  switch (expression.kind) {
    case 'literal':
      return literal(expression, refuse)
    case 'column':
      return piece(expression.type, nameOf(expression.column), compilation.shapes.get(expression.column.id))
    case 'parameter':
      throw refuse({ what: `the parameter @${expression.name}`, instead: 'Use the date column of a table' })
    case 'call':
      return call(compilation, expression)
    case 'cast': {
      if (expression.hasFormat)
        throw refuse({ what: 'CAST with a FORMAT', instead: 'Write FORMAT_DATE, FORMAT_DATETIME or FORMAT_TIMESTAMP' })
      const of = compilation.expression(expression.of)
      return castPiece(of, expression.type, { isSafe: expression.isSafe, refuse })
    }
    case 'struct': {
      const names = expression.type.kind === 'struct' ? expression.type.fields.map(({ name }) => name) : []
      const fields = expression.fields.map(
        (field, at) => `${quoteString(names[at] || `f${at}`)}: ${compilation.expression(field).sql}`,
      )
      return piece(expression.type, `{${fields.join(', ')}}`)
    }
    case 'field':
      return piece(
        expression.type,
        `struct_extract_at(${compilation.expression(expression.of).sql}, ${expression.at + 1})`,
      )
    case 'subquery':
      return subquery(compilation, expression, refuse)
    case 'aggregate':
      throw refuse({
        what: `${expression.name.toUpperCase()} in this place`,
        instead: 'Aggregate in a subquery before',
      })
    case 'unknown':
      throw refuse({ what: `the expression ${expression.node}`, instead: 'docs/models.md lists what models may say' })
  }
}

type Refuse = (refusal: Refusal) => ReturnType<typeof refused>

function literal(expression: Extract<Expression, { kind: 'literal' }>, refuse: Refuse): Piece {
  const { value, type } = expression
  // Parts of dates and modes of functions.
  if (type.kind === 'other' && type.name === 'ENUM') return { ...piece(type, ''), constant: value }
  const duckdb = duckdbTypeOf(type)
  if (duckdb === null)
    throw refuse({
      what: `a value of type ${type.kind === 'other' ? type.name : type.kind}`,
      instead: 'Use another type',
    })
  if (value === null) return { ...piece(type, `CAST(NULL AS ${duckdb})`, { digits: 1, scale: 0 }), constant: null }
  return { ...nonNull(value, expression, refuse), constant: value }
}

function nonNull(value: string, { type }: Extract<Expression, { kind: 'literal' }>, refuse: Refuse): Piece {
  if (isScalar(type, 'string')) return piece(type, quoteString(value))
  if (isScalar(type, 'bool')) return piece(type, value)
  if (isScalar(type, 'float64')) {
    if (!Number.isFinite(Number(value))) throw refuse({ what: `FLOAT64 ${value}`, instead: 'Use NULL' })
    return piece(type, `CAST(${value} AS DOUBLE)`)
  }
  if (isScalar(type, 'int64')) {
    return piece(type, `CAST(${value} AS BIGINT)`, { digits: value.replace('-', '').length, scale: 0 })
  }
  if (isScalar(type, 'numeric')) {
    const [whole = '', fraction = ''] = value.replace('-', '').split('.')
    const shape = { digits: whole.length, scale: fraction.length }
    return piece(type, `CAST('${value}' AS DECIMAL(${shape.digits + shape.scale},${shape.scale}))`, shape)
  }
  const time = timeLiteral(value, type)
  if (time !== null) return piece(type, time)
  throw refuse({ what: 'a literal of this type', instead: 'Write texts, numbers, conditions, dates and times' })
}

function call(compilation: Compilation, expression: Call): Piece {
  const { name, span } = expression
  const refuse = (refusal: Refusal) => refused(compilation, span, refusal)
  if (expression.isSafe)
    throw refuse({ what: `SAFE.${name.toUpperCase()}`, instead: 'Write SAFE_DIVIDE or SAFE_CAST, or guard with IF' })
  const compile = FUNCTIONS.get(name)
  if (!compile) throw unknownFunction(compilation, name, span)
  return compile(
    expression,
    expression.args.map((each) => compilation.expression(each)),
    refuse,
  )
}

/** A function that models may not call, with what to write instead. */
export function unknownFunction(compilation: Compilation, name: string, span: Span): ReturnType<typeof refused> {
  const known = [...FUNCTIONS.keys()].filter((each) => !each.startsWith('$'))
  const instead =
    INSTEAD[name] ?? `${didYouMean(name, known).trim()} docs/models.md lists the functions of models`.trim()
  return refused(compilation, span, { what: `the function ${name.replace('$', '').toUpperCase()}`, instead })
}

function subquery(
  compilation: Compilation,
  expression: Extract<Expression, { kind: 'subquery' }>,
  refuse: Refuse,
): Piece {
  const { form, type } = expression
  const query = compilation.scan(expression.of)
  if (form === 'EXISTS') return piece(type, `EXISTS (${query})`)
  if (form === 'SCALAR') return piece(type, `(${query})`, compilation.shapes.get(expression.of.columns[0]?.id ?? -1))
  if (form === 'IN' && expression.in) {
    const of = compilation.expression(expression.in)
    const [column] = expression.of.columns
    if (!column || !isScalar(of.type, 'numeric')) return piece(type, `(${of.sql} IN (${query}))`)
    const widened = `SELECT CAST(${nameOf(column)} AS DECIMAL(38,9)) FROM (${query}) AS ${compilation.fresh('s')}`
    return piece(type, `(${exactly(WIDEST, of)} IN (${widened}))`)
  }
  throw refuse({ what: `the subquery ${form}`, instead: 'Write EXISTS, IN or a scalar subquery' })
}
