import { UNALIKE } from '../../sql/dialects/bigquery/functions.ts'
import { quoteString } from '../../sql/dialects/duckdb/quote.ts'
import type { FunctionSql } from './functions.ts'
import { bound, checked, isScalar, once, type Piece, piece } from './piece.ts'

type Refuse = Parameters<FunctionSql>[2]

/** The literal of an argument. */
function literal(of: Piece | undefined, refuse: Refuse, what: string): string {
  if (typeof of?.constant === 'string') return of.constant
  throw refuse({ what: `${what} that is no literal`, instead: 'Write it as a text in quotes' })
}

/** True for STRING; the functions for BYTES have other results. */
function expectText(args: readonly (Piece | undefined)[], refuse: Refuse, name: string): void {
  if (args.some((each) => each && !isScalar(each.type, 'string')))
    throw refuse({ what: `${name} of BYTES`, instead: 'Compute with STRING' })
}

const plain =
  (name: string, duckdb = name.toLowerCase()): FunctionSql =>
  (call, args, refuse) => {
    expectText(args, refuse, name)
    return piece(call.type, `${duckdb}(${args.map(({ sql }) => sql).join(', ')})`)
  }

/** Letters whose case the engines do not agree on end the query. */
const cased =
  (name: 'LOWER' | 'UPPER'): FunctionSql =>
  (call, args, refuse) => {
    expectText(args, refuse, name)
    const problem = `${name} of a letter whose case is not the same in every warehouse`
    const sql = checked(args[0]?.sql ?? '', (text) => `NOT regexp_matches(${text}, '[${UNALIKE}]')`, problem)
    return piece(call.type, `${name.toLowerCase()}(${sql})`)
  }

// White_Space of Unicode, which is what BigQuery trims.
const BLANKS = [
  ...[9, 10, 11, 12, 13, 32, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007],
  ...[0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
]
const TRIMMED = quoteString(String.fromCodePoint(...BLANKS))

const trimmed =
  (name: 'TRIM' | 'LTRIM' | 'RTRIM'): FunctionSql =>
  (call, args, refuse) => {
    expectText(args, refuse, name)
    const [of, characters] = args
    return piece(call.type, `${name.toLowerCase()}(${of?.sql}, ${characters ? characters.sql : TRIMMED})`)
  }

/** BigQuery counts from 1, takes 0 for 1, and from the end for a negative place; one before the beginning is 1. */
const substring: FunctionSql = (call, args, refuse) => {
  expectText([args[0]], refuse, 'SUBSTR')
  const [of, from, length] = args
  if (!of || !from) throw new TypeError('SUBSTR has a text and a place')
  const place = bound(`{'t': ${of.sql}, 'p': ${from.sql}, 'n': ${length ? length.sql : 'CAST(0 AS BIGINT)'}}`, (v) => {
    const start = `CASE WHEN ${v}.p = 0 THEN 1 WHEN ${v}.p < 0 THEN greatest(length(${v}.t) + ${v}.p + 1, 1) ELSE least(${v}.p, length(${v}.t) + 1) END`
    const short = `substring(${v}.t, ${start}, least(${v}.n, length(${v}.t)))`
    const rest = `substring(${v}.t, ${start})`
    const isNull = `${v}.t IS NULL OR ${v}.p IS NULL OR ${v}.n IS NULL`
    return `CASE WHEN ${isNull} THEN NULL WHEN ${v}.n < 0 THEN error('SUBSTR of a negative length') ELSE ${length ? short : rest} END`
  })
  return piece(call.type, place)
}

const side =
  (name: 'LEFT' | 'RIGHT'): FunctionSql =>
  (call, args, refuse) => {
    expectText([args[0]], refuse, name)
    const [of, length] = args
    const count = checked(length?.sql ?? '', (n) => `${n} >= 0`, `${name} of a negative length`)
    return piece(call.type, `${name.toLowerCase()}(${of?.sql}, ${count})`)
  }

const padded =
  (name: 'LPAD' | 'RPAD'): FunctionSql =>
  (call, args, refuse) => {
    expectText([args[0], args[2]], refuse, name)
    const [of, length, filler] = args
    if (filler && literal(filler, refuse, `the filler of ${name}`) === '')
      throw refuse({ what: `${name} with an empty filler`, instead: 'Fill with at least one character' })
    const count = checked(length?.sql ?? '', (n) => `${n} >= 0`, `${name} to a negative length`)
    return piece(
      call.type,
      `${name.toLowerCase()}(${of?.sql}, CAST(${count} AS INTEGER), ${filler ? filler.sql : "' '"})`,
    )
  }

const split: FunctionSql = (call, args, refuse) => {
  expectText(args, refuse, 'SPLIT')
  const [of, delimiter] = args
  if (delimiter && literal(delimiter, refuse, 'the delimiter of SPLIT') === '')
    throw refuse({ what: 'SPLIT by an empty text', instead: 'Name a delimiter' })
  return piece(call.type, `string_split(${of?.sql}, ${delimiter ? delimiter.sql : "','"})`)
}

const replaced: FunctionSql = (call, args, refuse) => {
  expectText(args, refuse, 'REPLACE')
  return piece(call.type, `replace(${args.map(({ sql }) => sql).join(', ')})`)
}

/** Both use RE2. The pattern is a literal, so that the analyser has judged it. */
const contains: FunctionSql = (call, [of, pattern], refuse) => {
  literal(pattern, refuse, 'a pattern')
  return piece(call.type, `regexp_matches(${of?.sql}, ${pattern?.sql})`)
}

const extracted: FunctionSql = (call, [of, pattern, ...more], refuse) => {
  const groups = (literal(pattern, refuse, 'a pattern').match(/(?<!\\)\((?!\?[:=!imsU-])/g) ?? []).length
  if (more.length > 0) throw refuse({ what: 'REGEXP_EXTRACT from a place', instead: 'Take a SUBSTR before' })
  if (groups > 1) throw refuse({ what: 'REGEXP_EXTRACT of several groups', instead: 'Make all but one `(?:...)`' })
  const sql = once(of?.sql ?? '', (text) => {
    return `CASE WHEN regexp_matches(${text}, ${pattern?.sql}) THEN regexp_extract(${text}, ${pattern?.sql}, ${groups}) END`
  })
  return piece(call.type, sql)
}

const replacedByPattern: FunctionSql = (call, [of, pattern, by], refuse) => {
  literal(pattern, refuse, 'a pattern')
  literal(by, refuse, 'a replacement')
  return piece(call.type, `regexp_replace(${of?.sql}, ${pattern?.sql}, ${by?.sql}, 'g')`)
}

const like: FunctionSql = (call, [of, pattern], refuse) => {
  const text = literal(pattern, refuse, 'the pattern of LIKE')
  if (/(^|[^\\])(\\\\)*\\$/.test(text))
    throw refuse({ what: 'a pattern that ends in a backslash', instead: 'Double the backslash' })
  return piece(call.type, `(${of?.sql} LIKE ${pattern?.sql} ESCAPE '\\')`)
}

const concatenated: FunctionSql = (call, args, refuse) => {
  if (args.some(({ type }) => type.kind !== 'scalar'))
    throw refuse({ what: '`||` of arrays', instead: 'Build one array with ARRAY_AGG' })
  return piece(call.type, `(${args.map(({ sql }) => sql).join(' || ')})`)
}

/** Functions of texts, by their names in the tree. */
export const TEXT: Readonly<Record<string, FunctionSql>> = {
  concat: concatenated,
  lower: cased('LOWER'),
  upper: cased('UPPER'),
  length: (call, args, refuse) => {
    expectText(args, refuse, 'LENGTH')
    return piece(call.type, `length(${args[0]?.sql})`)
  },
  char_length: plain('CHAR_LENGTH', 'length'),
  trim: trimmed('TRIM'),
  ltrim: trimmed('LTRIM'),
  rtrim: trimmed('RTRIM'),
  starts_with: plain('STARTS_WITH'),
  ends_with: plain('ENDS_WITH', 'suffix'),
  strpos: plain('STRPOS'),
  substr: substring,
  left: side('LEFT'),
  right: side('RIGHT'),
  lpad: padded('LPAD'),
  rpad: padded('RPAD'),
  replace: replaced,
  split,
  $like: like,
  regexp_contains: contains,
  regexp_extract: extracted,
  regexp_replace: replacedByPattern,
  sha256: (call, [of]) => piece(call.type, `unhex(sha256(${of?.sql}))`),
  to_hex: (call, [of]) => piece(call.type, `lower(hex(${of?.sql}))`),
}
