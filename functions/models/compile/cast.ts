import { WIDEST } from '../../contract/expression/value.ts'
import type { SqlType } from '../tree.ts'
import type { Refusal } from './compilation.ts'
import { castTime } from './dates.ts'
import { exactly } from './numbers.ts'
import { duckdbTypeOf, isScalar, nameOfType, once, type Piece, piece } from './piece.ts'

type Refuse = (refusal: Refusal) => Error

/** CAST or SAFE_CAST of a value. */
export function castPiece(
  of: Piece,
  to: SqlType,
  { isSafe, refuse }: { readonly isSafe: boolean; readonly refuse: Refuse },
): Piece {
  const kept = { constant: of.constant, isNeverZero: of.isNeverZero }
  if (of.constant === null) return { ...piece(to, `CAST(NULL AS ${duckdbTypeOf(to)})`), ...kept }
  if (sameType(of.type, to)) return of
  const number = castNumber(of, to)
  if (number) return { ...number, ...kept }
  const time = castTime(of, to)
  if (time !== null) return { ...piece(to, time), ...kept }
  if (isScalar(of.type, 'string') && to.kind === 'scalar') {
    const parse = FROM_TEXT[to.name]
    if (parse) return piece(to, fromText(of.sql, parse, { type: duckdbTypeOf(to) ?? '', isSafe }))
  }
  throw refuse({
    what: `CAST of ${nameOfType(of.type)} to ${nameOfType(to)}`,
    instead: WAYS_OUT[`${nameOfType(of.type)} ${nameOfType(to)}`] ?? 'Compute with the type that the column has',
  })
}

const WAYS_OUT: Readonly<Record<string, string>> = {
  'NUMERIC STRING': 'Engines print fractions differently: keep the number, or CAST(ROUND(x) AS INT64) first',
  'FLOAT64 STRING': 'Engines print fractions differently: keep the number, or CAST(ROUND(x) AS INT64) first',
  'DATETIME STRING': "Write FORMAT_DATETIME('%F %T', x)",
  'TIMESTAMP STRING': "Write FORMAT_TIMESTAMP('%F %T', x, 'UTC')",
}

function sameType(a: SqlType, b: SqlType): boolean {
  return a.kind === 'scalar' && b.kind === 'scalar' && a.name === b.name
}

function castNumber(of: Piece, to: SqlType): Piece | null {
  const [from, target] = [of.type, to].map((type) => (type.kind === 'scalar' ? type.name : ''))
  switch (`${from} ${target}`) {
    case 'int64 numeric': {
      const shape = { digits: of.shape.digits, scale: 0 }
      return piece(to, exactly(shape, of), shape)
    }
    case 'int64 float64':
    case 'numeric float64':
      return piece(to, `CAST(${of.sql} AS DOUBLE)`)
    case 'numeric int64': {
      const shape = { digits: Math.min(WIDEST.digits, of.shape.digits + 1), scale: 0 }
      return piece(to, `CAST(${exactly(shape, of)} AS BIGINT)`)
    }
    case 'float64 int64':
      return piece(to, `CAST(round(${of.sql}) AS BIGINT)`)
    case 'float64 numeric':
      // DuckDB multiplies before it rounds, which loses digits; 30 places are past the last digit that decides.
      return piece(to, `CAST(format('{:.30f}', ${of.sql}) AS DECIMAL(38,9))`, WIDEST)
    case 'int64 string':
    case 'bool string':
      return piece(to, `CAST(${of.sql} AS VARCHAR)`)
    case 'bool int64':
      return piece(to, `CAST(${of.sql} AS BIGINT)`)
    case 'int64 bool':
      return piece(to, `(${of.sql} <> 0)`)
    default:
      return null
  }
}

/** Texts that both engines read alike, and those that only BigQuery reads. All others are no value in either. */
interface TextForm {
  readonly plain: string
  readonly special: string
}

const DIGITS = '[0-9]+([.][0-9]*)?|[.][0-9]+'

const EXPONENT = '[eE][+-]?[0-9]+'
const BLANK = '[\\s\\x0b]*'

const FROM_TEXT: Readonly<Record<string, TextForm>> = {
  int64: { plain: '[+-]?[0-9]+', special: `${BLANK}[+-]?([0-9]+|0[xX][0-9a-fA-F]+)${BLANK}` },
  numeric: { plain: `[+-]?(${DIGITS})`, special: `${BLANK}[+-]?(${DIGITS})(${EXPONENT})?${BLANK}` },
  float64: {
    plain: `[+-]?(${DIGITS})(${EXPONENT})?`,
    special: `(?i)${BLANK}[+-]?(${DIGITS}|inf|infinity|nan)(${EXPONENT})?${BLANK}`,
  },
  bool: { plain: '(?i:true|false)', special: '$^' },
  date: { plain: '[0-9]{4}-[0-9]{2}-[0-9]{2}', special: `${BLANK}[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}${BLANK}` },
}

/** A text that only BigQuery reads ends the query, so that it is never silently another value. */
function fromText(
  sql: string,
  { plain, special }: TextForm,
  to: { readonly type: string; readonly isSafe: boolean },
): string {
  const cast = to.isSafe ? 'TRY_CAST' : 'CAST'
  return once(sql, (text) => {
    const isPlain = `regexp_full_match(${text}, '${plain}')`
    const isSpecial = `regexp_full_match(${text}, '${special}')`
    const problem = `error('CAST of a text that is not written plainly')`
    const otherwise = to.isSafe
      ? `WHEN ${isSpecial} THEN ${problem} ELSE NULL`
      : `WHEN ${text} IS NULL THEN NULL ELSE ${problem}`
    return `CASE WHEN ${isPlain} THEN ${cast}(${text} AS ${to.type}) ${otherwise} END`
  })
}
