import type { Column, Contract, UniqueCheck } from '../../contract/contract.ts'
import { compileRowCheck, type Scope } from '../../contract/expression/expression.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { CHARACTER_PATTERNS } from '../characters.ts'
import type { FileColumns } from '../duckdb/text-column.ts'
import { allowedIn, LONGEST_KEY, textRuleOf } from '../duckdb/text-column.ts'
import { type Expectation, expectationOf } from '../rejects/cause.ts'
import {
  CHARACTERS_EXPECTED,
  checkFailure,
  emptyFailure,
  expectedBut,
  type Failure,
  faultFailure,
  longKeyFailure,
  swallowedFailure,
  typeRule,
  uniqueFailure,
} from '../rejects/failure.ts'
import type { RecordFault } from '../rejects/plan.ts'
import { rejectingChecks } from '../rule.ts'
import { acceptedSql, codeSql, nameSql, placeSql } from './characters.ts'
import { OWN } from './columns.ts'
import { literal, matches } from './text.ts'

/** Where a contract meets a file, and how its columns are written. */
export interface Meeting {
  readonly contract: Contract
  readonly file: FileColumns
  readonly scope: Scope
  /** SQL of the text at a position of the file; NULL when it is empty. */
  readonly raw: (position: number) => string
}

const NONE = 'CAST(NULL AS STRING)'
/** SQL type of all that is wrong with one record, in the order of its rules. */
const FAILURES = 'ARRAY<STRUCT<field STRING, rule STRING, message STRING, code INT64>>'
const NO_CODE = 'CAST(NULL AS INT64)'

function failureSql({ column, rule, message }: Failure): string {
  return saidSql(column === null ? NONE : literal(column), rule, literal(message))
}

/** The same where the column and the message are SQL of texts. The character with the code is named at the end of the message. */
function saidSql(field: string, rule: string, message: string, code: string = NO_CODE): string {
  return `STRUCT(${field} AS field, ${literal(rule)} AS rule, ${message} AS message, ${code} AS code)`
}

/** SQL of what is wrong with a record that is no row: `fault` names it, `found` counts its fields. */
export function faultsSql(fault: string, found: string, { contract, file }: Meeting): string {
  const { width } = file
  const faults = ['nul', 'encoding', 'quotes'] as const satisfies readonly RecordFault[]
  const whens = faults.map((each) => `WHEN '${each}' THEN ${failureSql(faultFailure(each, { width, found: '' }))}`)
  const { message } = faultFailure('field_count', { width, found: '' })
  const counted = `CONCAT(${literal(message)}, CAST(${found} AS STRING))`
  const fields = saidSql(NONE, 'field_count', counted)
  return `[CASE ${fault} ${whens.join(' ')} WHEN 'swallowed_lines' THEN ${swallowedSql(contract, file)} ELSE ${fields} END]`
}

function swallowedSql({ columns }: Contract, { positions }: FileColumns): string {
  const named = columns.flatMap(({ name }) => {
    const position = positions.get(name)
    return position === undefined ? [] : [`WHEN ${position} THEN ${literal(name)}`]
  })
  const field = named.length === 0 ? NONE : `CASE ${OWN.swallowing}.place ${named.join(' ')} END`
  const { rule, message } = swallowedFailure(null, '\n')
  const [before = '', after = ''] = message.split('\n')
  const said = `CONCAT(${literal(before)}, CAST(${OWN.swallowing}.lines AS STRING), ${literal(after)})`
  return saidSql(field, rule, said)
}

/** SQL of all rules that a row breaks: those of its columns in the order of the file, then the checks of single rows. */
export function brokenRulesSql(meeting: Meeting): string {
  const { contract, file } = meeting
  const place = ({ name }: Column): number => file.positions.get(name) ?? file.width
  const columns = contract.columns
    .toSorted((a, b) => place(a) - place(b))
    .flatMap((column) => columnSql(column, meeting))
  const rules = [...columns, ...checksSql(meeting)]
  if (rules.length === 0) return `${FAILURES}[]`
  return `ARRAY(SELECT failure FROM UNNEST(${FAILURES}[${rules.join(', ')}]) AS failure WITH OFFSET AS place WHERE failure.rule IS NOT NULL ORDER BY place)`
}

function columnSql(column: Column, meeting: Meeting): readonly string[] {
  const position = meeting.file.positions.get(column.name)
  const typed = (column.type !== 'string' || column.pattern !== undefined) && column.privacy !== 'drop'
  if (position === undefined) return []
  if (!typed && !column.required) return textSql(column, meeting)
  const text = meeting.raw(position)
  const empty = failureSql(emptyFailure(column))
  if (!typed) return [`IF(${text} IS NULL, ${empty}, NULL)`, ...textSql(column, meeting)]
  const wrong = saidSql(literal(column.name), typeRule(column), ...refusedSql(expectationOf(column), text))
  const name = quoteIdentifier(column.name)
  return [
    `CASE WHEN ${name} IS NOT NULL THEN NULL WHEN ${text} IS NOT NULL THEN ${wrong}${column.required ? ` ELSE ${empty}` : ''} END`,
    ...textSql(column, meeting),
  ]
}

/** SQL of the sentence about a text that is no value of its column. */
function refusedSql(expectation: Expectation, text: string): readonly [message: string, code: string] {
  const before = acceptedSql(text, expectation.usual)
  const code = codeSql(text, before)
  const odd = `CONCAT(${literal(expectedBut(expectation, 'character '))}, ${placeSql(before)}, ' is ')`
  const causes = expectation.causes.map(
    ({ pattern, problem }) => `WHEN ${matches(text, pattern)} THEN ${literal(expectedBut(expectation, problem))}`,
  )
  const message = `CASE WHEN ${code} IS NOT NULL THEN ${odd} ${causes.join(' ')} ELSE ${literal(expectedBut(expectation, null))} END`
  return [message, code]
}

/** Conditions of a present text: a maximum length for a key, no invisible characters for most columns. */
function textSql(column: Column, meeting: Meeting): readonly string[] {
  const position = meeting.file.positions.get(column.name)
  const rule = textRuleOf(column, meeting.contract)
  if (!rule || position === undefined) return []
  const text = meeting.raw(position)
  const whens = rule.bounded
    ? [`WHEN BYTE_LENGTH(${text}) > ${LONGEST_KEY} THEN ${failureSql(longKeyFailure(column))}`]
    : []
  const allowed = allowedIn(column)
  if (rule.plain && allowed !== 'control') {
    const before = acceptedSql(text, CHARACTER_PATTERNS.accepted[allowed])
    const said = `CONCAT(${literal(`${CHARACTERS_EXPECTED}character `)}, ${placeSql(before)}, ' is ')`
    const failure = saidSql(literal(column.name), 'control_character', said, codeSql(text, before))
    whens.push(`WHEN CHAR_LENGTH(${before}) < CHAR_LENGTH(${text}) THEN ${failure}`)
  }
  return [`CASE ${whens.join(' ')} END`]
}

function checksSql(meeting: Meeting): readonly string[] {
  return rejectingChecks(meeting.contract).map((check) => {
    const { sql, columns } = compileRowCheck(check, meeting.scope)
    const failure = checkFailure({ check, columns })
    return `IF(COALESCE(${sql}, TRUE), NULL, ${failureSql(failure)})`
  })
}

/** SQL of what is wrong with a row whose key an earlier one has. */
export function repeatedSql(check: UniqueCheck): string {
  return `[${failureSql(uniqueFailure(check))}]`
}

/** SQL of the same list with characters named in its messages: once for all of them, since the names are many. */
export function namedSql(failures: string): string {
  const message = `IF(code IS NULL, message, CONCAT(message, ${nameSql('code')}))`
  return `ARRAY(SELECT AS STRUCT field, rule, ${message} AS message, code FROM UNNEST(${failures}) WITH OFFSET AS place ORDER BY place)`
}

/** SQL of all that is wrong with a record, as a JSON list. */
export function failuresJsonSql(failures: string): string {
  const quoted = (text: string): string =>
    `REPLACE(REPLACE(${text}, ${literal('\\')}, ${literal('\\\\')}), '"', ${literal('\\"')})`
  const column = `IF(failure.field IS NULL, 'null', CONCAT('"', failure.field, '"'))`
  const json = `CONCAT('{"column":', ${column}, ',"rule":"', failure.rule, '","message":"', ${quoted('failure.message')}, '"}')`
  return `CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT ${json} FROM UNNEST(${failures}) AS failure WITH OFFSET AS place ORDER BY place), ','), ']')`
}
