import type { Column, Contract, UniqueCheck } from '../../contract/contract.ts'
import { compileRowCheck, type Scope } from '../../contract/expression.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import type { FileColumns } from '../compile.ts'
import {
  checkFailure,
  emptyFailure,
  type Failure,
  faultFailure,
  LONGEST_VALUE,
  typeFailure,
  uniqueFailure,
} from '../failure.ts'
import { isPublic } from '../privacy.ts'
import type { RecordFault } from '../reject-plan.ts'
import { literal } from './text.ts'

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
const FAILURES = 'ARRAY<STRUCT<field STRING, value STRING, rule STRING, message STRING, json STRING>>'

function failureSql(failure: Failure, value: string): string {
  const { column, rule, message } = failure
  const field = column === null ? NONE : literal(column)
  const texts = [literal(rule), literal(message), literal(JSON.stringify(failure))]
  return `STRUCT(${field} AS field, ${value} AS value, ${texts[0]} AS rule, ${texts[1]} AS message, ${texts[2]} AS json)`
}

/** SQL of what is wrong with a record that is no row: `fault` names it, `found` counts its fields. */
export function faultsSql(fault: string, found: string, { width }: FileColumns): string {
  const faults = ['nul', 'encoding', 'quotes'] as const satisfies readonly RecordFault[]
  const whens = faults.map(
    (each) => `WHEN '${each}' THEN ${failureSql(faultFailure(each, { width, found: '' }), NONE)}`,
  )
  const { message } = faultFailure('field_count', { width, found: '' })
  const counted = `CONCAT(${literal(message)}, CAST(${found} AS STRING))`
  const json = `CONCAT('{"column":null,"rule":"field_count","message":"', ${counted}, '"}')`
  const fields = `STRUCT(${NONE} AS field, ${NONE} AS value, 'field_count' AS rule, ${counted} AS message, ${json} AS json)`
  return `[CASE ${fault} ${whens.join(' ')} ELSE ${fields} END]`
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
  const typed = column.type !== 'string' && column.privacy !== 'drop'
  if (position === undefined || (!typed && !column.required)) return []
  const text = meeting.raw(position)
  const empty = failureSql(emptyFailure(column), NONE)
  if (!typed) return [`IF(${text} IS NULL, ${empty}, NULL)`]
  const wrong = failureSql(typeFailure(column), valueSql(column.name, meeting))
  const name = quoteIdentifier(column.name, 'bigquery')
  return [
    `CASE WHEN ${name} IS NOT NULL THEN NULL WHEN ${text} IS NOT NULL THEN ${wrong}${column.required ? ` ELSE ${empty}` : ''} END`,
  ]
}

function checksSql(meeting: Meeting): readonly string[] {
  return meeting.contract.checks.flatMap((check) => {
    if (!('that' in check) || check.effect !== 'quarantine') return []
    const { sql, columns } = compileRowCheck(check, meeting.scope)
    const failure = checkFailure({ check, columns })
    return [`IF(COALESCE(${sql}, TRUE), NULL, ${failureSql(failure, valueSql(failure.column, meeting))})`]
  })
}

/** SQL of what is wrong with a row whose key an earlier one has. */
export function repeatedSql(check: UniqueCheck, meeting: Meeting): string {
  const failure = uniqueFailure(check)
  return `[${failureSql(failure, valueSql(failure.column, meeting))}]`
}

/** The value of a column as it stands in the file, if it may be shown. */
function valueSql(name: string | null, { contract, file, raw }: Meeting): string {
  const column = contract.columns.find((each) => each.name === name)
  const position = column && file.positions.get(column.name)
  if (!column || !isPublic(column) || position === undefined) return NONE
  return `SUBSTR(${raw(position)}, 1, ${LONGEST_VALUE})`
}
