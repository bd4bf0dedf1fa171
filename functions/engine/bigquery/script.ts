import { DaybreakError } from '../../errors.ts'
import type { BigqueryTransform } from './compile.ts'
import { FILES, RECORDS, type SheetTable, WINDOW } from './sheet.ts'
import type { RebuildTables } from './tables.ts'
import { literal } from './text.ts'

/** Where rows and rejects go: Parquet in a bucket, as parts of partitions, or tables to look at and to copy partitions from. */
export type Destination =
  | { readonly kind: 'parts'; readonly uri: string }
  | ({ readonly kind: 'tables' } & Pick<RebuildTables, 'rows' | 'rejects'>)

/** BigQuery takes no longer statement. */
const LONGEST_STATEMENT = 1024 * 1024

/** The tables that the lines of JSON are loaded into. They hold raw bytes, so they end by themselves after a day. */
export function sheetTablesSql(tables: Pick<RebuildTables, 'records' | 'files'>): string {
  return `${createSql(tables.records, RECORDS)}${createSql(tables.files, FILES)}`
}

function createSql(table: string, { columns }: SheetTable): string {
  const lines = columns.map(({ name, type }) => `  ${name} ${type} NOT NULL`).join(',\n')
  const options = 'OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY))'
  return `CREATE OR REPLACE TABLE ${table} (\n${lines}\n)\n${options};\n`
}

/** A load job over the lines of JSON, as `configuration.load` of BigQuery's API: the table is replaced, and no line may be bad. */
export function loadConfiguration({ columns }: SheetTable, uris: readonly string[]): object {
  return {
    sourceUris: uris,
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    schema: { fields: columns.map(({ name, type }) => ({ name, type, mode: 'REQUIRED' })) },
    writeDisposition: 'WRITE_TRUNCATE',
    createDisposition: 'CREATE_NEVER',
    maxBadRecords: 0,
    ignoreUnknownValues: false,
  }
}

/**
 * The statements in order, for one job: judge, prove that no record is lost, write rows and rejects, report.
 * @throws {DaybreakError} CONFIG_INVALID when they are longer than BigQuery takes.
 */
export function scriptSql(transform: BigqueryTransform, destination: Destination): string {
  const script = [
    `CREATE TEMP TABLE ${transform.table} AS\n${transform.judged}`,
    transform.reconcile,
    ...written(transform, destination),
    transform.summary,
    transform.checks,
  ]
    .map((statement) => `${statement};\n`)
    .join('\n')
  if (Buffer.byteLength(script) <= LONGEST_STATEMENT) return script
  throw new DaybreakError(
    'CONFIG_INVALID',
    `the contract cannot be compiled to BigQuery: ${Buffer.byteLength(script)} bytes of SQL are more than the ${LONGEST_STATEMENT} it takes`,
  )
}

function written({ rows, rejects }: BigqueryTransform, destination: Destination): readonly string[] {
  if (destination.kind === 'tables')
    return [
      `CREATE OR REPLACE TABLE ${destination.rows} PARTITION BY ${WINDOW} AS\n${rows}`,
      `CREATE OR REPLACE TABLE ${destination.rejects} PARTITION BY ${WINDOW} AS\n${rejects}`,
    ]
  const to = (name: string): string => {
    const uri = literal(`${destination.uri.replace(/\/$/, '')}/${name}-*.parquet`)
    return `EXPORT DATA OPTIONS (uri = ${uri}, format = 'PARQUET', compression = 'ZSTD', overwrite = FALSE) AS\n`
  }
  return [`${to('part')}${rows}`, `${to('rejects')}${rejects}`]
}
