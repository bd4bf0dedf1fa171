import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { sumTotals } from '../../../lib/decimal.ts'
import { epochOf } from '../../../lib/job-id.ts'
import {
  type JobReference,
  type LoadJob,
  type LoadStatus,
  type PartitionContent,
  type RecordedWindow,
  type Started,
  type SurveyedPartition,
  storedLoad,
  type Table,
  type TargetPlan,
  type Writing,
  type WrittenColumn,
} from '../../../pipeline/destination.ts'
import type { Totals } from '../../../pipeline/entities.ts'
import { mergeSql } from '../../../sql/dialects/duckdb/merge.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { totalSql } from '../../../sql/dialects/duckdb/totals.ts'
import { valueType } from '../../../sql/dialects/duckdb/values.ts'
import { inTransaction, readRows } from '../connection.ts'
import { firstLine, lastingWarehouseError, throwWarehouseFailed, toFailure } from '../errors.ts'
import type { Session } from './file.ts'
import { instantSql } from './jobs.ts'
import { tableName } from './names.ts'

const LOADS = 'main._daybreak_loads'
const STAGE = 'daybreak_stage'

/** Makes the table of a window that is copied from another system, or adds columns that it lacks. @throws {DaybreakError} LOAD_REJECTED. */
export async function ensureTarget({ connection }: Session, table: Table, writing: Writing): Promise<void> {
  await connection.run(
    `CREATE TABLE IF NOT EXISTS ${LOADS} (load_id VARCHAR PRIMARY KEY, pipeline VARCHAR, stream VARCHAR, window_id VARCHAR, number BIGINT,
       manifest_sha256 VARCHAR, epoch BIGINT, state VARCHAR, row_count BIGINT, inserted BIGINT, updated BIGINT, totals VARCHAR, message VARCHAR,
       loaded_at TIMESTAMP WITH TIME ZONE)`,
  )
  const { statements, refusals } = planTarget(await columnsOf(connection, table), table, writing)
  const [refusal] = refusals
  if (refusal !== undefined) throw rejected(refusal)
  for (const statement of statements) await connection.run(statement)
}

/** Changes nothing: the statements that `ensureTarget` would run, and what would be refused. */
export async function planTable(connection: DuckDBConnection, table: Table, writing: Writing): Promise<TargetPlan> {
  return planTarget(await columnsOf(connection, table), table, writing)
}

/** The plan for a table that is not there, as in a file that nothing was loaded into. */
export function planNewTable(table: Table, writing: Writing): TargetPlan {
  return planTarget(new Map(), table, writing)
}

function planTarget(found: ReadonlyMap<string, string>, table: Table, writing: Writing): TargetPlan {
  const { columns, create } = writing
  const types = columns.map((column) => found.get(column.name) ?? typeSql(column))
  if (found.size === 0) {
    const refusal = `there is no table ${tableName(table)}; create it, or set \`create: { table: true }\``
    const statements = [`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(table.schema)}`, createSql(table, writing)]
    return { isNew: true, types, statements, refusals: [...(create.table ? [] : [refusal]), ...namedAlike(writing)] }
  }
  const missing = columns.filter(({ name }) => !found.has(name))
  const names = missing.map(({ name }) => quoteIdentifier(name)).join(', ')
  const refusal = `${tableName(table)} has no column ${names}; add it, or set \`create: { columns: add }\``
  return {
    isNew: false,
    types,
    statements: missing.map(
      (column) => `ALTER TABLE ${tableName(table)} ADD COLUMN IF NOT EXISTS ${columnSql(column)}`,
    ),
    refusals: missing.length > 0 && !create.columns ? [refusal] : [],
  }
}

/** DuckDB takes `Id` and `id` for one column. */
function namedAlike({ columns }: Writing): readonly string[] {
  const first = Map.groupBy(columns, ({ name }) => name.toLowerCase())
  return [...first.values()].flatMap(([one, other]) =>
    one && other
      ? [`"${one.name}" and "${other.name}" are one column in DuckDB; give one of them another name in \`columns\``]
      : [],
  )
}

function createSql(table: Table, { columns, key, stamp, strategy }: Writing): string {
  const required = new Set([...key, ...columns.filter(({ isRequired }) => isRequired).map(({ name }) => name)])
  const lines = columns.map((column) => `${columnSql(column)}${required.has(column.name) ? ' NOT NULL' : ''}`)
  const stamped = stamp === null ? [] : [`${quoteIdentifier(stamp.column)} TIMESTAMP WITH TIME ZONE NOT NULL`]
  // A key that is replaced in one transaction would meet its own index: a table that is replaced whole has none.
  const isKeyed = key.length > 0 && strategy !== 'append' && strategy !== 'replace'
  const primary = isKeyed ? [`PRIMARY KEY (${key.map(quoteIdentifier).join(', ')})`] : []
  return `CREATE TABLE IF NOT EXISTS ${tableName(table)} (${[...lines, ...stamped, ...primary].join(', ')})`
}

const columnSql = (column: WrittenColumn): string => `${quoteIdentifier(column.name)} ${typeSql(column)}`

/** Its JSON type keeps the text as it is, and is read as such. */
const typeSql = (column: WrittenColumn): string => (column.type === 'json' ? 'JSON' : valueType(column))

/** The type of each column of a table; none where there is no table. */
export async function columnsOf(
  connection: DuckDBConnection,
  { schema, name }: Table,
): Promise<ReadonlyMap<string, string>> {
  const rows = await readRows(
    connection,
    `SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database()
       AND schema_name = ${quoteString(schema)} AND table_name = ${quoteString(name)}`,
  )
  return new Map(rows.map(([column, type]) => [column ?? '', type ?? '']))
}

/** The state of a load; null for an id that was never used. */
export async function targetStatus(
  connection: DuckDBConnection,
  { id }: Pick<JobReference, 'id'>,
): Promise<LoadStatus | null> {
  const found = await findLoad(connection, id)
  return found?.status ?? null
}

async function findLoad(connection: DuckDBConnection, id: string) {
  const [row] = await readRows(
    connection,
    `SELECT state, row_count, totals, message, manifest_sha256 FROM ${LOADS} WHERE load_id = ${quoteString(id)}`,
  ).catch(noneYet)
  if (row === undefined) return null
  const [state, row_count, totals, message, manifest_sha256] = row
  return storedLoad({ state, row_count, totals, message, manifest_sha256 })
}

function noneYet(error: unknown): readonly (readonly (string | null)[])[] {
  if (firstLine(error).startsWith('Catalog Error: Table with name _daybreak_loads does not exist')) return []
  throw error
}

/** Loads a window in one transaction with the row of its id. A failure of the data is the load's state, and no error of this call. */
export async function loadTarget(
  { connection }: Session,
  job: LoadJob,
  writing: Writing,
  now: number,
): Promise<Started> {
  if (await isUsed(connection, job)) return { created: false }
  try {
    await inTransaction(connection, async () => {
      await expectNewest(connection, job, writing)
      const written = await write(connection, job, writing)
      await record(connection, job, writing, { ...written, state: 'done', now })
    })
  } catch (error) {
    if (await isUsed(connection, job)) return { created: false }
    const lasting = lastingWarehouseError(error, `run load ${job.id}`)
    if (lasting) throw lasting
    const failure = toFailure(error)
    if (!failure.permanent) throw error
    await record(connection, job, writing, { state: 'failed', message: failure.message, now }).catch(
      throwWarehouseFailed(`record load ${job.id}`),
    )
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${STAGE}`).catch(() => undefined)
  }
  return { created: true }
}

async function isUsed(connection: DuckDBConnection, job: LoadJob): Promise<boolean> {
  const found = await findLoad(connection, job.id)
  if (found !== null && found.content !== job.content)
    throw new DaybreakError('JOB_CONFLICT', `a load ${job.id} exists, and loaded other content`)
  return found !== null
}

async function expectNewest(
  connection: DuckDBConnection,
  { window }: LoadJob,
  { pipeline, stream, number }: Writing,
): Promise<void> {
  const [newer] = await readRows(
    connection,
    `SELECT window_id FROM ${LOADS} WHERE pipeline = ${quoteString(pipeline)} AND stream = ${quoteString(stream)}
       AND state = 'done' AND number > ${Math.trunc(number)} ORDER BY number DESC LIMIT 1`,
  )
  if (newer === undefined) return
  throw rejected(`window ${window} of ${stream} is older than ${newer[0]}, which is loaded`)
}

interface Written {
  readonly rows: number
  readonly inserted: number
  readonly updated: number
  readonly totals: Totals
}

async function write(connection: DuckDBConnection, { table, entries }: LoadJob, writing: Writing): Promise<Written> {
  const { columns, strategy, key, stamp } = writing
  const target = tableName(table)
  const types = await columnsOf(connection, table)
  const parts = entries.flatMap(({ part }) => (part.rows > 0 ? [quoteString(part.uri)] : []))
  const values = columns.map(
    (column, place) =>
      `CAST(c${place} AS ${types.get(column.name) ?? typeSql(column)}) AS ${quoteIdentifier(column.name)}`,
  )
  const source =
    parts.length === 0
      ? `SELECT ${columns.map(({ name }) => quoteIdentifier(name)).join(', ')} FROM ${target} LIMIT 0`
      : `SELECT ${values.join(', ')} FROM read_parquet([${parts.join(', ')}])`
  const totals = comparable(writing, types)
  const listed = sumTotals(entries.map((entry) => entry.totals))
  const stamped = stamp === null ? null : { column: stamp.column, value: instantSql(stamp.at) }
  if (strategy === 'replace' || strategy === 'append') {
    if (strategy === 'replace') await connection.run(`DELETE FROM ${target}`)
    const before = await countRows(connection, target)
    const inserted = await insert(connection, { target, source, columns, stamp: stamped })
    const all = await count(connection, {
      from: target,
      totals: strategy === 'replace' ? totals : [],
      value: quoteIdentifier,
    })
    expectEqual(target, all.rows - before, inserted)
    return { rows: inserted, inserted, updated: 0, totals: { ...listed, ...all.totals } }
  }
  await connection.run(`CREATE OR REPLACE TEMPORARY TABLE ${STAGE} AS ${source}`)
  const staged = await count(connection, { from: STAGE, totals, value: quoteIdentifier })
  const known = await knownKeys(connection, target, key)
  if (strategy === 'fail' && known > 0)
    throw rejected(
      `${known} keys are in ${target} already (${key.join(', ')}); nothing was written. Remove them, or choose another \`on_conflict\``,
    )
  for (const statement of mergeSql({ target, stage: STAGE, strategy, key, columns, stamp: stamped }))
    await connection.run(statement)
  await expectWritten(connection, { target, writing, staged, totals })
  const inserted = staged.rows - known
  return {
    rows: staged.rows,
    inserted,
    updated: strategy === 'skip' ? 0 : known,
    totals: { ...listed, ...staged.totals },
  }
}

interface Insert {
  readonly target: string
  readonly source: string
  readonly columns: readonly WrittenColumn[]
  readonly stamp: { readonly column: string; readonly value: string } | null
}

async function insert(connection: DuckDBConnection, { target, source, columns, stamp }: Insert): Promise<number> {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const into = [...names, ...(stamp === null ? [] : [quoteIdentifier(stamp.column)])].join(', ')
  const values = stamp === null ? '*' : `*, ${stamp.value}`
  return (await connection.run(`INSERT INTO ${target} (${into}) SELECT ${values} FROM (${source})`)).rowsChanged
}

async function countRows(connection: DuckDBConnection, table: string): Promise<number> {
  const [row] = await readRows(connection, `SELECT count(*) FROM ${table}`)
  return Number(row?.[0] ?? 0)
}

/** Rows and sums of a whole table. */
export async function countTarget(
  connection: DuckDBConnection,
  table: Table,
  writing: Writing,
): Promise<PartitionContent> {
  const totals = comparable(writing, await columnsOf(connection, table))
  return { ...(await count(connection, { from: tableName(table), totals, value: quoteIdentifier })), sources: null }
}

async function knownKeys(connection: DuckDBConnection, target: string, key: readonly string[]): Promise<number> {
  const keys = key.map(quoteIdentifier).join(', ')
  const [row] = await readRows(connection, `SELECT count(*) FROM ${STAGE} SEMI JOIN ${target} USING (${keys})`)
  return Number(row?.[0] ?? 0)
}

/** Sums that the table can be asked for: those of columns that have the type that was written. */
function comparable({ totals }: Writing, types: ReadonlyMap<string, string>): Writing['totals'] {
  return totals.filter(({ column, measure }) => {
    const type = types.get(column.name)
    return measure === 'values' || type === valueType(column) || (column.type === 'json' && type === 'JSON')
  })
}

interface Counting {
  readonly from: string
  readonly totals: Writing['totals']
  /** A column as SQL. */
  readonly value: (name: string) => string
}

async function count(
  connection: DuckDBConnection,
  { from, totals, value }: Counting,
): Promise<{ rows: number; totals: Totals }> {
  const sums = totals.map((total) => totalSql(total, value(total.column.name)))
  const [row = []] = await readRows(connection, `SELECT ${['count(*)', ...sums].join(', ')} FROM ${from}`)
  return {
    rows: Number(row[0] ?? 0),
    totals: Object.fromEntries(totals.map(({ name }, at) => [name, row[at + 1] ?? '0'])),
  }
}

interface Writtenness {
  readonly target: string
  readonly writing: Writing
  readonly staged: { readonly rows: number; readonly totals: Totals }
  readonly totals: Writing['totals']
}

/** Asks the table itself, before the commit, what of the staged rows it has now. */
async function expectWritten(
  connection: DuckDBConnection,
  { target, writing, staged, totals }: Writtenness,
): Promise<void> {
  const { key, strategy, columns } = writing
  const keys = key.map(quoteIdentifier).join(', ')
  const kept = new Set(
    columns.filter(({ prefer }) => strategy === 'merge' && prefer !== 'source').map(({ name }) => name),
  )
  const asked = strategy === 'skip' ? [] : totals.filter(({ column }) => !kept.has(column.name))
  const value = (name: string) => {
    const column = quoteIdentifier(name)
    return strategy === 'merge' ? `CASE WHEN s.${column} IS NOT NULL THEN t.${column} END` : `t.${column}`
  }
  const found = await count(connection, {
    from: `${target} AS t JOIN ${STAGE} AS s USING (${keys})`,
    totals: asked,
    value,
  })
  expectEqual(target, found.rows, staged.rows)
  for (const { name } of asked) expectEqual(`${target}, ${name}`, found.totals[name] ?? '0', staged.totals[name] ?? '0')
}

function expectEqual(place: string, found: string | number, expected: string | number): void {
  if (String(found) !== String(expected))
    throw rejected(`${place} holds ${found} of what was written, expected ${expected}; nothing was written`)
}

interface LoadRow extends Partial<Written> {
  readonly state: 'done' | 'failed' | 'deleted'
  readonly message?: string
  readonly now: number
}

/** Puts a load on record. */
export async function record(
  connection: DuckDBConnection,
  job: Pick<LoadJob, 'id' | 'window' | 'content'>,
  writing: Writing,
  row: LoadRow,
): Promise<void> {
  const text = (value: string | undefined) => (value === undefined ? 'NULL' : quoteString(value.replaceAll('\0', '')))
  const values = [
    ...[
      text(job.id),
      text(writing.pipeline),
      text(writing.stream),
      text(job.window),
      String(Math.trunc(writing.number)),
    ],
    ...[
      text(job.content),
      String(epochOf(job.id)),
      text(row.state),
      String(row.rows ?? 'NULL'),
      String(row.inserted ?? 'NULL'),
    ],
    ...[
      String(row.updated ?? 'NULL'),
      text(row.totals && JSON.stringify(row.totals)),
      text(row.message),
      instantSql(row.now),
    ],
  ]
  await connection.run(`INSERT INTO ${LOADS} VALUES (${values.join(', ')})`)
}

/** Windows that the file itself has on record. */
export async function recordedWindows(
  connection: DuckDBConnection,
  { pipeline, stream }: Writing,
): Promise<readonly RecordedWindow[]> {
  const rows = await readRows(
    connection,
    `SELECT window_id, max(number) FROM ${LOADS} WHERE pipeline = ${quoteString(pipeline)} AND stream = ${quoteString(stream)} AND state = 'done'
       GROUP BY window_id ORDER BY 2`,
  ).catch(noneYet)
  return rows.map(([window, number]) => ({ window: window ?? '', number: Number(number ?? 0) }))
}

/** Epochs of the windows that the file itself knows. */
export async function surveyTargets(
  connection: DuckDBConnection,
  targets: readonly Writing[],
  windows: readonly string[],
): Promise<readonly SurveyedPartition[]> {
  const list = windows.map(quoteString).join(', ')
  const found: SurveyedPartition[] = []
  for (const { pipeline, stream } of targets) {
    const rows = await readRows(
      connection,
      `SELECT window_id, max(epoch) FROM ${LOADS} WHERE pipeline = ${quoteString(pipeline)} AND stream = ${quoteString(stream)}
         AND window_id IN (${list}) GROUP BY window_id`,
    ).catch(noneYet)
    found.push(
      ...rows.map(([window, epoch]) => ({ stream, window: window ?? '', epoch: Number(epoch ?? 0), rows: null })),
    )
  }
  return found
}

function rejected(message: string): DaybreakError {
  return new DaybreakError('LOAD_REJECTED', message)
}
