import type { Contract } from '../../contract/contract.ts'
import { type HeaderPlan, matchHeader } from '../../contract/drift.ts'
import { addedColumns } from '../../contract/table.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { REJECT_COLUMNS } from '../rejects/rejects.ts'
import { checksSql } from './checks.ts'
import { bigqueryScope, OWN, raw, refuseUnable } from './columns.ts'
import { failuresJsonSql } from './failures.ts'
import { judgedSql, type SheetTables } from './judge.ts'
import { KEY_PARAMETER } from './privacy.ts'
import { SHARD, WINDOW } from './sheet.ts'
import { reconcileSql, summarySql } from './summary.ts'
import { literal } from './text.ts'

/** Name of the temporary table that the first statement makes and the others read. */
export const JUDGED = 'daybreak_judged'

/** Inputs that decide the statements, in addition to the contract. */
interface BigqueryOptions {
  /** Names in the header of the files. */
  readonly header: readonly string[]
  readonly tables: SheetTables
}

/** A contract as GoogleSQL over the records of files that have one header, of any number of slices. */
export interface BigqueryTransform {
  readonly plan: HeaderPlan
  /** Query: every record with its columns and all that is wrong with it. To be kept as the table `JUDGED`. */
  readonly judged: string
  /** Query over `JUDGED`: the accepted rows, columns in the order of a part. */
  readonly rows: string
  /** Query over `JUDGED`: one row per rejected record, columns in the order of `REJECT_COLUMNS`. */
  readonly rejects: string
  /** Query over `JUDGED` and the files: one row per file with its counts and exact sums. */
  readonly summary: string
  /** Query over `JUDGED`: one row per slice and check. */
  readonly checks: string
  /** Statement that fails unless every record of every file is a header, a row or a reject. */
  readonly reconcile: string
  readonly table: typeof JUDGED
  /** Names and types of the query parameters. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Compiles a contract for files with one header. @throws {DaybreakError} DRIFT_*, CONFIG_INVALID, EXPRESSION_INVALID. */
export function compileToBigquery(contract: Contract, { header, tables }: BigqueryOptions): BigqueryTransform {
  refuseUnable(contract)
  const plan = matchHeader(contract, header)
  const names = [...contract.columns, ...contract.derived, ...addedColumns(contract)].map((column) =>
    quoted(column.name),
  )
  const meeting = { contract, file: plan, scope: bigqueryScope(contract), raw }
  return {
    plan,
    judged: judgedSql(meeting, tables, names),
    rows: `SELECT ${names.join(', ')} FROM ${JUDGED} WHERE ARRAY_LENGTH(${OWN.failures}) = 0`,
    rejects: rejectsSql(contract),
    summary: summarySql(contract, JUDGED, tables.files),
    checks: checksSql(contract, meeting.scope, JUDGED),
    reconcile: reconcileSql(JUDGED, tables.files),
    table: JUDGED,
    parameters: { [KEY_PARAMETER]: 'BYTES' },
  }
}

const quoted = (name: string): string => quoteIdentifier(name)

function rejectsSql({ stream }: Contract): string {
  const first = `${OWN.failures}[SAFE_OFFSET(0)]`
  const sql: Readonly<Record<(typeof REJECT_COLUMNS)[number]['name'], string>> = {
    stream: literal(stream),
    file: '_source_file',
    line: '_row_number',
    record: OWN.record,
    column: `${first}.field`,
    value: OWN.value,
    rule: `${first}.rule`,
    message: `${first}.message`,
    failures: failuresJsonSql(OWN.failures),
    raw: OWN.shown,
    record_sha256: OWN.sha256,
    raw_sha256: '_raw_sha256',
    byte_offset: OWN.offset,
    byte_length: OWN.length,
  }
  const columns = [SHARD, WINDOW, ...REJECT_COLUMNS.map(({ name }) => `${sql[name]} AS ${quoted(name)}`)]
  return `SELECT ${columns.join(', ')} FROM ${JUDGED} WHERE ARRAY_LENGTH(${OWN.failures}) > 0`
}
