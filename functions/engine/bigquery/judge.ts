import type { Contract, UniqueCheck } from '../../contract/contract.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { foldedFields } from '../duckdb/text-column.ts'
import { completeSql } from '../duckdb/unique-key.ts'
import { LONGEST_RAW } from '../rejects/failure.ts'
import { foldedRecordSql, foldedTextSql } from './characters.ts'
import { derivedLevels, exactColumns, fileColumnSql, OWN, PADS } from './columns.ts'
import { brokenRulesSql, faultsSql, type Meeting, repeatedSql } from './failures.ts'
import { padsSql } from './privacy.ts'
import { SHARD, WINDOW } from './sheet.ts'
import { shownSelects } from './shown.ts'
import { swallowingSql } from './swallowed.ts'
import { decodedSql, fieldSql, fieldsSql, undefinedBytesSql } from './text.ts'

/** Tables of `RECORDS` and `FILES`, quoted. */
export interface SheetTables {
  readonly records: string
  readonly files: string
}

/** Each step sees the columns of the step before it and adds its own. */
export function judgedSql(meeting: Meeting, tables: SheetTables, kept: readonly string[]): string {
  const { contract, file } = meeting
  const fields = foldedFields(contract, file).map((allowed, at) => {
    const field = fieldSql(OWN.fields, at)
    return `${allowed === null ? field : `NULLIF(${foldedTextSql(field, allowed)}, '')`} AS ${meeting.raw(at)}`
  })
  const typed = contract.columns.map((column) => fileColumnSql(column, file.positions.get(column.name)))
  const added = [
    `${decodedSql(OWN.bytes, OWN.encoding)} AS ${OWN.text}`,
    `${foldedRecordSql(OWN.text)} AS ${OWN.folded}`,
    `${fieldsSql(OWN.folded)} AS ${OWN.fields}`,
    `${swallowingSql(OWN.fields, file.width)} AS ${OWN.swallowing}`,
    [`${faultSql(file.width)} AS ${OWN.fault}`, ...fields].join(', '),
    exactColumns(contract, file.positions).join(', '),
    typed.join(', '),
  ]
  const selects = [
    ...added.filter((columns) => columns !== '').map((columns) => `*, ${columns}`),
    ...derivedLevels(contract),
    `*, ${allFailuresSql(meeting)} AS ${OWN.failures}`,
  ]
  const steps = [readSql(tables), ...selects.map((select, at) => `SELECT ${select} FROM daybreak_step_${at}`)]
  for (const check of contract.checks)
    if ('unique' in check && check.effect === 'quarantine') steps.push(...repeatedSteps(check, contract, steps.length))
  for (const select of shownSelects(meeting)) steps.push(`SELECT ${select} FROM daybreak_step_${steps.length - 1}`)
  const named = steps.map((sql, at) => `daybreak_step_${at} AS (\n${sql}\n)`)
  return `WITH ${named.join(',\n')}\nSELECT ${[...kept, ...PLACE].join(', ')} FROM daybreak_step_${steps.length - 1}`
}

function readSql({ records, files }: SheetTables): string {
  const pads = padsSql()
  return [
    `SELECT r.${SHARD}, r.${WINDOW}, f.source_file AS _source_file, r.line AS _row_number, f.raw_sha256 AS _raw_sha256,`,
    `f.time_zone AS ${OWN.timeZone}, f.closeout_hour AS ${OWN.closeoutHour}, f.encoding AS ${OWN.encoding},`,
    `r.record AS ${OWN.record}, r.byte_offset AS ${OWN.offset}, FROM_BASE64(r.bytes) AS ${OWN.bytes},`,
    `${pads.inner} AS ${PADS.inner}, ${pads.outer} AS ${PADS.outer}`,
    `FROM ${records} AS r JOIN ${files} AS f ON r.${SHARD} = f.${SHARD} AND r.${WINDOW} = f.${WINDOW}`,
  ].join(' ')
}

/** Why a record is no row; NULL for one that is. Empty fields after the last column hold nothing that could be lost. */
function faultSql(width: number): string {
  const beyond = `EXISTS(SELECT 1 FROM UNNEST(${OWN.fields}) AS field WITH OFFSET AS place WHERE place >= ${width} AND field NOT IN ('', '""'))`
  return [
    `CASE WHEN STRPOS(${OWN.bytes}, b'\\x00') > 0 THEN 'nul'`,
    `WHEN ${OWN.encoding} <> 'utf-8' AND ${undefinedBytesSql(OWN.bytes)} THEN 'encoding'`,
    `WHEN ${OWN.fields} IS NULL THEN 'quotes'`,
    `WHEN ARRAY_LENGTH(${OWN.fields}) < ${width} OR ${beyond} THEN 'field_count'`,
    `WHEN ${OWN.swallowing} IS NOT NULL THEN 'swallowed_lines' END`,
  ].join(' ')
}

function allFailuresSql(meeting: Meeting): string {
  const faults = faultsSql(OWN.fault, `ARRAY_LENGTH(${OWN.fields})`, meeting)
  return `IF(${OWN.fault} IS NULL, ${brokenRulesSql(meeting)}, ${faults})`
}

/** Of rows with one key the first in the file stays. A later key is looked at only among the rows that an earlier one left. */
function repeatedSteps(check: UniqueCheck, contract: Contract, at: number): readonly string[] {
  const keys = check.unique.map((column) => quoteIdentifier(column))
  const accepted = `ARRAY_LENGTH(${OWN.failures}) = 0`
  const window = `PARTITION BY ${[accepted, SHARD, WINDOW, ...keys].join(', ')} ORDER BY _row_number`
  const complete = completeSql(check, contract, (name) => quoteIdentifier(name)) ?? 'TRUE'
  const repeated = `${accepted} AND ${complete} AND ${OWN.place} > 1`
  return [
    `SELECT *, ROW_NUMBER() OVER (${window}) AS ${OWN.place} FROM daybreak_step_${at - 1}`,
    `SELECT * EXCEPT (${OWN.place}) REPLACE (IF(${repeated}, ${repeatedSql(check)}, ${OWN.failures}) AS ${OWN.failures}) FROM daybreak_step_${at}`,
  ]
}

/** Members of a record that are kept in addition to its columns. */
const PLACE: readonly string[] = [
  // Checks of rows that stay may ask for it too.
  OWN.closeoutHour,
  OWN.record,
  OWN.offset,
  `LENGTH(${OWN.bytes}) AS ${OWN.length}`,
  `IF(ARRAY_LENGTH(${OWN.failures}) > 0, TO_HEX(SHA256(${OWN.bytes})), NULL) AS ${OWN.sha256}`,
  `SUBSTR(${OWN.shown}, 1, ${LONGEST_RAW}) AS ${OWN.shown}`,
  OWN.value,
  OWN.failures,
]
