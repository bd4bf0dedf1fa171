import type { Column } from '../../contract/contract.ts'
import { isPublic } from '../privacy.ts'
import { LONGEST_VALUE } from '../rejects/failure.ts'
import { HIDDEN } from '../rejects/shown.ts'
import { visibleSql } from './characters.ts'
import { OWN, PADS } from './columns.ts'
import { type Meeting, namedSql } from './failures.ts'
import { maskedSql } from './personal.ts'
import { protectSql } from './privacy.ts'
import { literal, matches, writtenSql } from './text.ts'

const NONE = 'CAST(NULL AS STRING)'
/** A text to be shown: `line` and place say where, `open` whether personal data may stand in it, `quoted` whether it is a field. */
const PIECES = 'ARRAY<STRUCT<line INT64, text STRING, open BOOL, quoted BOOL>>'

/**
 * Lists for `SELECT` of the steps that make the value and the text of rejects as anybody may read them: what stands there,
 * then personal data replaced, then put together. Each is a step of its own, because expressions inside others have a limit.
 */
export function shownSelects(meeting: Meeting): readonly string[] {
  const { contract } = meeting
  const everything = contract.columns.every(isPublic)
  const value = `SUBSTR(${OWN.value}, 1, ${LONGEST_VALUE})`
  const masked = everything ? value : `IF(${OWN.open}, ${maskedSql(OWN.value)}, ${OWN.value})`
  return [
    `*, ${valueSql(meeting)} AS ${OWN.value}, ${openSql(meeting)} AS ${OWN.open}, ${piecesSql(meeting)} AS ${OWN.shown}`,
    `* REPLACE (${value} AS ${OWN.value}, ${namedSql(OWN.failures)} AS ${OWN.failures})`,
    `* REPLACE (${masked} AS ${OWN.value}, ${maskedPiecesSql()} AS ${OWN.shown})`,
    `* REPLACE (${visibleSql(OWN.value)} AS ${OWN.value}, ${textSql()} AS ${OWN.shown})`,
  ]
}

const FIRST = `${OWN.failures}[SAFE_OFFSET(0)].field`

/** SQL of the value of the first column at fault as it stands in the file, if it may be shown. */
function valueSql({ contract, file, raw }: Meeting): string {
  const whens = contract.columns.flatMap((column) => {
    const position = file.positions.get(column.name)
    return position === undefined || !isPublic(column) ? [] : [`WHEN ${literal(column.name)} THEN ${raw(position)}`]
  })
  return whens.length === 0 ? NONE : `IF(${OWN.fault} IS NULL, CASE ${FIRST} ${whens.join(' ')} END, NULL)`
}

/** SQL that is true unless that value looks as its column says. */
function openSql({ contract, file, raw }: Meeting): string {
  const whens = contract.columns.flatMap(({ name, pattern }) => {
    const position = file.positions.get(name)
    if (position === undefined || pattern === undefined) return []
    return [`WHEN ${literal(name)} THEN NOT ${matches(`SUBSTR(${raw(position)}, 1, ${LONGEST_VALUE})`, pattern)}`]
  })
  return whens.length === 0 ? 'TRUE' : `COALESCE(CASE ${FIRST} ${whens.join(' ')} END, TRUE)`
}

const piece = (line: string, text: string, open: string, quoted: boolean): string =>
  `STRUCT(${line} AS line, ${text} AS text, ${open} AS open, ${quoted ? 'TRUE' : 'FALSE'} AS quoted)`

/** SQL of what a reject shows of its record, in pieces; NULL for rows that stay and where the record cannot be taken apart. */
function piecesSql(meeting: Meeting): string {
  const { contract, file } = meeting
  const known = new Map(contract.columns.map((column) => [file.positions.get(column.name), column]))
  const columns = Array.from({ length: file.width }, (_, at) => known.get(at) ?? null)
  const all = contract.columns.every(isPublic) && columns.every((column) => column !== null)
  const whens = all
    ? [`ELSE ${PIECES}[${piece('0', OWN.folded, 'FALSE', false)}]`]
    : [
        `WHEN ${OWN.fault} IS NOT NULL AND STRPOS(${OWN.folded}, '\\n') > 0 THEN ${linePiecesSql(columns)}`,
        `WHEN ARRAY_LENGTH(${OWN.fields}) = ${file.width} THEN ${recordPiecesSql(columns, meeting)}`,
      ]
  return `CASE WHEN ARRAY_LENGTH(${OWN.failures}) = 0 THEN NULL ${whens.join(' ')} END`
}

function recordPiecesSql(columns: readonly (Column | null)[], { raw }: Meeting): string {
  const pieces = columns.map((column, at) => {
    if (!column || column.privacy === 'drop')
      return piece(
        '0',
        `IF(${raw(at)} IS NULL, '', ${literal(column ? HIDDEN.dropped : HIDDEN.unknown)})`,
        'FALSE',
        true,
      )
    const text = `COALESCE(${protectSql(column.privacy, raw(at), PADS)}, '')`
    return piece('0', text, isPublic(column) ? `NOT ${shapedSql(raw(at), column)}` : 'FALSE', true)
  })
  return `${PIECES}[${pieces.join(', ')}]`
}

function shapedSql(text: string, { pattern }: Column): string {
  return pattern === undefined ? 'FALSE' : `COALESCE(${matches(text, pattern)}, FALSE)`
}

/** The parts of each line of a record that is no row and has several; a line with another number of parts is one, and not shown. */
function linePiecesSql(columns: readonly (Column | null)[]): string {
  const places = (test: (column: Column | null) => boolean): string =>
    columns.flatMap((column, at) => (test(column) ? [at] : [])).join(', ') || '-1'
  const text = [
    `CASE WHEN ARRAY_LENGTH(parts) <> ${columns.length} THEN ${literal(HIDDEN.line)} WHEN part = '' THEN ''`,
    `WHEN p IN (${places((column) => column === null)}) THEN ${literal(HIDDEN.unknown)}`,
    `WHEN p IN (${places((column) => column !== null && !isPublic(column))}) THEN ${literal(HIDDEN.private)} ELSE part END`,
  ].join(' ')
  const shaped = [...new Set(columns.flatMap((column) => column?.pattern ?? []))].map(
    (pattern) => `(p IN (${places((column) => column?.pattern === pattern)}) AND ${matches('part', pattern)})`,
  )
  const open = `p IN (${places((column) => column !== null && isPublic(column))}) AND NOT (${shaped.join(' OR ') || 'FALSE'})`
  const lines = `SELECT n, SPLIT(whole, ',') AS parts FROM UNNEST(SPLIT(REPLACE(${OWN.folded}, '\\r\\n', '\\n'), '\\n')) AS whole WITH OFFSET AS n`
  return `ARRAY(SELECT AS STRUCT n AS line, ${text} AS text, ${open} AS open, FALSE AS quoted FROM (${lines}), UNNEST(parts) AS part WITH OFFSET AS p WHERE ARRAY_LENGTH(parts) = ${columns.length} OR p = 0 ORDER BY n, p)`
}

function maskedPiecesSql(): string {
  const masked = `IF(open, ${maskedSql('text')}, text)`
  const pieces = `ARRAY(SELECT AS STRUCT line, ${masked} AS text, open, quoted FROM UNNEST(${OWN.shown}) WITH OFFSET AS p ORDER BY p)`
  return `IF(${OWN.shown} IS NULL, NULL, ${pieces})`
}

function textSql(): string {
  const field = `IF(quoted, ${writtenSql('text')}, text)`
  const lines = `SELECT line, STRING_AGG(${field}, ',' ORDER BY p) AS whole FROM UNNEST(${OWN.shown}) WITH OFFSET AS p GROUP BY line`
  return `(SELECT STRING_AGG(whole, '\\n' ORDER BY line) FROM (${lines}))`
}
