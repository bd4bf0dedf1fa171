import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { DaybreakError } from '../../errors.ts'
import { sumTotals } from '../../lib/decimal.ts'
import { epochOf } from '../../lib/job-id.ts'
import {
  expectWriting,
  type JobReference,
  type LoadJob,
  type LoadName,
  type LoadStatus,
  type RecordedWindow,
  type Started,
  type StoredLoad,
  type SurveyedPartition,
  storedLoad,
  type Table,
  type Writing,
} from '../../pipeline/destination.ts'
import type { Totals } from '../../pipeline/entities.ts'
import type { PartColumn, SourceColumn } from '../../pipeline/tables/ports.ts'
import { mergeSql } from '../../sql/dialects/postgres/merge.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/postgres/quote.ts'
import { totalSql } from '../../sql/dialects/postgres/totals.ts'
import { measureOf, type Total } from '../../sql/value.ts'
import { describeTable, rowsOf } from './discover.ts'
import { isBusy } from './errors.ts'
import { messageOf, type TableOptions } from './table-client.ts'
import { loadsOf, loadsTable, qualified } from './table-target.ts'
import { measuredSql, toValueType } from './value-types.ts'

/** Login, scratch folders, and the maker of CSV from parts. */
export interface DestinationOptions {
  readonly settings: TableOptions
  readonly toCsv: (parts: readonly string[], columns: readonly PartColumn[], path: string) => Promise<void>
  readonly withScratch: <Result>(work: (folder: string) => Promise<Result>) => Promise<Result>
}

/** Table of the rows of a load, before they are taken in. */
export const STAGE = 'pg_temp.daybreak_stage'
const CHUNK = 1 << 20

/** How a table is written. @throws {DaybreakError} LOAD_REJECTED for the table of a pipeline of files. */
export const writingOf = (table: Table): Writing => expectWriting(table, 'a postgres connection')

async function findLoad(
  client: pg.Client,
  { id, table }: Pick<JobReference, 'id' | 'table'>,
): Promise<StoredLoad | null> {
  const [row] = await rowsOf(
    client,
    `SELECT manifest_sha256, state, rows AS row_count, totals, message FROM ${loadsOf(table.schema)} WHERE load_id = ${quoteString(id)}`,
  ).catch(noneYet)
  if (row === undefined) return null
  return storedLoad(row)
}

// Undefined table, and invalid schema.
const ABSENT = ['42P01', '3F000']

function noneYet(error: unknown): readonly [] {
  if (error instanceof pg.DatabaseError && ABSENT.includes(error.code ?? '')) return []
  throw error
}

/** The state of a load; null for an id that was never used. */
export async function statusOf(client: pg.Client, job: JobReference): Promise<LoadStatus | null> {
  return (await findLoad(client, job))?.status ?? null
}

/** Loads a window, unless its id was used. A failure of the data is the load's state, and no error of this call. */
export async function startLoad(client: pg.Client, job: LoadJob, options: DestinationOptions): Promise<Started> {
  if (await isUsed(client, job)) return { created: false }
  return await options.withScratch(async (folder) => {
    const csv = await writeCsv(job, join(folder, 'rows.csv'), options)
    try {
      return { created: await inTransaction(client, () => load(client, job, csv)) }
    } catch (error) {
      if (!isPermanent(error)) throw error
      await recordFailure(client, job, messageOf(error))
      return { created: true }
    } finally {
      if (csv !== null) await rm(csv, { force: true })
    }
  })
}

/** The rows as the server reads them; null where there are none. */
async function writeCsv(job: LoadJob, path: string, { toCsv }: DestinationOptions): Promise<string | null> {
  const { columns, asText } = writingOf(job.table)
  const parts = job.entries.flatMap(({ part }) => (part.rows > 0 ? [part.uri] : []))
  if (parts.length === 0) return null
  await toCsv(
    parts,
    columns.map((column, place) => ({ place, column, asText })),
    path,
  )
  return path
}

function isPermanent(error: unknown): boolean {
  if (error instanceof DaybreakError) return error.code === 'LOAD_REJECTED'
  return error instanceof pg.DatabaseError && !isBusy(error)
}

/** One transaction; none of it stays where the work fails. */
export async function inTransaction<Result>(client: pg.Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function isUsed(client: pg.Client, job: LoadJob): Promise<boolean> {
  const load = await findLoad(client, job)
  if (load !== null && load.content !== job.content)
    throw new DaybreakError('JOB_CONFLICT', `a load ${job.id} exists, and loaded other content`)
  return load !== null
}

/** Loads of one table go one after the other, whichever process they are in. The lock ends with the transaction. */
export async function lock(client: pg.Client, table: Table): Promise<void> {
  await client.query(
    `SELECT pg_advisory_xact_lock(hashtextextended(${quoteString(`daybreak ${qualified(table)}`)}, 0))`,
  )
}

/** All of one load. False when another worker has made it meanwhile. */
async function load(client: pg.Client, job: LoadJob, csv: string | null): Promise<boolean> {
  const { table } = job
  await lock(client, table)
  if (await isUsed(client, job)) return false
  await expectNewest(client, job)
  const { within } = writingOf(table)
  for (const sql of within?.before ?? []) await client.query(sql)
  const written = await write(client, job, csv)
  for (const sql of within?.after ?? []) await client.query(sql)
  await recordDone(client, job, written)
  return true
}

/** A window that waited, while a later one was loaded, would put old rows over new ones. */
async function expectNewest(client: pg.Client, { table, window }: LoadJob): Promise<void> {
  const { pipeline: name, stream, number } = writingOf(table)
  const [newer] = await rowsOf(
    client,
    `SELECT window_id FROM ${loadsOf(table.schema)} WHERE pipeline = ${quoteString(name)} AND stream = ${quoteString(stream)}
       AND state = 'done' AND number > ${Math.trunc(number)} ORDER BY number DESC LIMIT 1`,
  )
  if (newer === undefined) return
  throw new DaybreakError(
    'LOAD_REJECTED',
    `window ${window} of ${stream} is older than ${newer.window_id}, which is loaded`,
  )
}

/** Rows and sums that a load wrote. */
interface Written {
  readonly rows: number
  readonly inserted: number
  readonly updated: number
  readonly totals: Totals
}

/** Brings rows into a temporary table of the types of the target. It goes with the transaction. */
export async function stage(client: pg.Client, table: Table, csv: string | null): Promise<void> {
  const names = writingOf(table)
    .columns.map(({ name }) => quoteIdentifier(name))
    .join(', ')
  await client.query(
    `CREATE TEMPORARY TABLE daybreak_stage ON COMMIT DROP AS SELECT ${names} FROM ${qualified(table)} WITH NO DATA`,
  )
  if (csv === null) return
  await pipeline(
    createReadStream(csv, { highWaterMark: CHUNK }),
    client.query(copyStreams.from(`COPY ${STAGE} (${names}) FROM STDIN (FORMAT csv)`)),
  )
}

async function write(client: pg.Client, { table, entries }: LoadJob, csv: string | null): Promise<Written> {
  const writing = writingOf(table)
  await stage(client, table, csv)
  const types = await columnTypes(client, table)
  const listed = sumTotals(entries.map(({ totals }) => totals))
  const totals = comparable(writing, types)
  const staged = await count(client, { from: STAGE, totals, value: (name) => quoteIdentifier(name) })
  if (writing.strategy === 'replace') await empty(client, table)
  if (writing.strategy === 'fail') await expectNoConflict(client, table)
  const written = await take(client, table)
  await expectWritten(client, table, { staged, written, totals })
  return { ...written, rows: staged.rows, totals: { ...listed, ...staged.totals } }
}

/** The columns of a table as it is now, by name. */
async function columnTypes(client: pg.Client, table: Table): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf(
    client,
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS native FROM pg_attribute
     WHERE attrelid = ${quoteString(qualified(table))}::regclass AND attnum > 0 AND NOT attisdropped`,
  )
  return new Map(rows.map(({ name, native }) => [name ?? '', native ?? '']))
}

/** A sum over a column, with what is measured of it. */
interface Comparable {
  readonly total: Total
  readonly column: SourceColumn
}

// Types that keep a text as it is.
const FAITHFUL = /^(text|character varying|json|bytea|uuid|numeric)$/

/**
 * Sums that the table can be asked for. A column whose type writes values in another way than those that came, as jsonb does with
 * a text, is compared by the number of its values.
 */
function comparable({ totals, asText, columns }: Writing, types: ReadonlyMap<string, string>): readonly Comparable[] {
  const labels = new Map(columns.map((column) => [column.name, column.labels]))
  return totals.flatMap((total) => {
    const native = types.get(total.column.name) ?? ''
    const column = { ...total.column, native, isGenerated: false, labels: labels.get(total.column.name) ?? null }
    const own = toValueType(native, false)
    const isSame = asText && native === total.column.native
    const isKept = measureOf(own) === total.measure && (total.measure !== 'bytes' || FAITHFUL.test(native))
    return total.measure === 'values' || isSame || isKept ? [{ total, column }] : []
  })
}

interface Counting {
  readonly from: string
  readonly totals: readonly Comparable[]
  /** A column as SQL. */
  readonly value: (name: string) => string
}

async function count(
  client: pg.Client,
  { from, totals, value }: Counting,
): Promise<{ readonly rows: number; readonly totals: Totals }> {
  const sums = totals.map(
    ({ total, column }, at) => `${totalSql(total, measuredSql(column, true, value(column.name)))} AS t${at}`,
  )
  const [row] = await rowsOf(client, `SELECT ${['count(*)::text AS rows', ...sums].join(', ')} FROM ${from}`)
  return {
    rows: Number(row?.rows ?? 0),
    totals: Object.fromEntries(totals.map(({ total }, at) => [total.name, row?.[`t${at}`] ?? '0'])),
  }
}

/** Rows and sums of a whole table. */
export async function countTable(
  client: pg.Client,
  table: Table,
): Promise<{ readonly rows: number; readonly totals: Totals }> {
  if ((await describeTable(client, table)) === null) return { rows: 0, totals: {} }
  const totals = comparable(writingOf(table), await columnTypes(client, table))
  return await count(client, { from: qualified(table), totals, value: (name) => quoteIdentifier(name) })
}

/** A table that others refer to cannot be truncated. */
async function empty(client: pg.Client, table: Table): Promise<void> {
  const [referenced] = await rowsOf(
    client,
    `SELECT 1 AS found FROM pg_constraint WHERE confrelid = ${quoteString(qualified(table))}::regclass AND contype = 'f' LIMIT 1`,
  )
  await client.query(referenced === undefined ? `TRUNCATE ${qualified(table)}` : `DELETE FROM ${qualified(table)}`)
}

const MOST_NAMED = 5

async function expectNoConflict(client: pg.Client, table: Table): Promise<void> {
  const { key } = writingOf(table)
  const keys = key.map(quoteIdentifier).join(', ')
  const found = await rowsOf(
    client,
    `SELECT concat_ws(', ', ${keys}) AS key, (count(*) OVER ())::text AS all FROM ${STAGE} JOIN ${qualified(table)} USING (${keys}) LIMIT ${MOST_NAMED}`,
  )
  if (found.length === 0) return
  const named = found.map((row) => row.key).join('; ')
  throw new DaybreakError(
    'LOAD_REJECTED',
    `${found[0]?.all} keys are in ${qualified(table)} already (${key.join(', ')}): ${named}; nothing was written. Remove them, or choose another \`on_conflict\``,
  )
}

async function take(client: pg.Client, table: Table): Promise<{ readonly inserted: number; readonly updated: number }> {
  const { strategy, key, columns, stamp } = writingOf(table)
  const value = stamp === null ? null : { column: stamp.column, value: `to_timestamp(${stamp.at / 1000})` }
  const [row] = await rowsOf(
    client,
    mergeSql({ target: qualified(table), stage: STAGE, strategy, key, columns, stamp: value }),
  )
  return { inserted: Number(row?.inserted ?? 0), updated: Number(row?.updated ?? 0) }
}

interface Writtenness {
  readonly staged: { readonly rows: number; readonly totals: Totals }
  readonly written: { readonly inserted: number; readonly updated: number }
  readonly totals: readonly Comparable[]
}

/** Asks the table itself, before the commit, what of the staged rows it has now. */
async function expectWritten(client: pg.Client, table: Table, { staged, written, totals }: Writtenness): Promise<void> {
  const { strategy, key, columns } = writingOf(table)
  if (strategy === 'append' || strategy === 'fail' || strategy === 'replace')
    expectEqual(table, `${written.inserted} rows`, `${staged.rows} rows`)
  if (strategy === 'append') return
  const isReplaced = strategy === 'replace'
  const keys = key.map(quoteIdentifier).join(', ')
  const from = isReplaced ? qualified(table) : `${qualified(table)} AS t JOIN ${STAGE} AS s USING (${keys})`
  const kept = new Set(
    columns.filter(({ prefer }) => strategy === 'merge' && prefer !== 'source').map(({ name }) => name),
  )
  const asked = strategy === 'skip' ? [] : totals.filter(({ column }) => !kept.has(column.name))
  const value = (name: string) => {
    const column = quoteIdentifier(name)
    if (isReplaced) return column
    return strategy === 'merge' ? `CASE WHEN s.${column} IS NOT NULL THEN t.${column} END` : `t.${column}`
  }
  const found = await count(client, { from, totals: asked, value })
  expectEqual(table, `${found.rows} rows`, `${staged.rows} rows`)
  for (const { total } of asked) {
    const sum = (totals: Totals) => `${total.name} of ${totals[total.name] ?? '0'}`
    expectEqual(table, sum(found.totals), sum(staged.totals))
  }
}

function expectEqual(table: Table, found: string, expected: string): void {
  if (found === expected) return
  const message = `${qualified(table)} holds ${found} of the rows that were written, expected ${expected}; a trigger or a rule of the table may change them. Nothing was written`
  throw new DaybreakError('LOAD_REJECTED', message)
}

async function recordDone(
  client: pg.Client,
  job: LoadJob,
  { rows, inserted, updated, totals }: Written,
): Promise<void> {
  await insertLoad(client, job, { state: 'done', rows, inserted, updated, totals: JSON.stringify(totals) })
}

/** Uses up the id of a load that failed, so that it stays failed. */
async function recordFailure(client: pg.Client, job: LoadJob, message: string): Promise<void> {
  await client.query(loadsTable(job.table.schema))
  // Another worker may have met the same failure.
  await insertLoad(client, job, { state: 'failed', message: message.replaceAll('\0', '') }).catch(unlessThere)
}

function unlessThere(error: unknown): void {
  if (!(error instanceof pg.DatabaseError) || error.code !== '23505') throw error
}

/** Puts a load on record. */
export async function insertLoad(
  client: pg.Client,
  { id, table, window, content }: LoadName,
  facts: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { pipeline: name, stream, number } = writingOf(table)
  const row = {
    ...{ load_id: id, pipeline: name, stream, window_id: window, number, manifest_sha256: content, epoch: epochOf(id) },
    ...facts,
  }
  const places = Object.keys(row).map((_, at) => `$${at + 1}`)
  await client.query(
    `INSERT INTO ${loadsOf(table.schema)} (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  )
}

/** Windows that the server itself has on record. */
export async function recordedWindows(client: pg.Client, table: Table): Promise<readonly RecordedWindow[]> {
  const { pipeline: name, stream } = writingOf(table)
  const rows = await rowsOf(
    client,
    `SELECT window_id, max(number)::text AS number FROM ${loadsOf(table.schema)}
     WHERE pipeline = ${quoteString(name)} AND stream = ${quoteString(stream)} AND state = 'done' GROUP BY window_id ORDER BY max(number)`,
  ).catch(noneYet)
  return rows.map((row) => ({ window: row.window_id ?? '', number: Number(row.number ?? 0) }))
}

/** Epochs and rows of the windows that the server itself knows. */
export async function surveyTable(
  client: pg.Client,
  table: Table,
  windows: readonly string[],
): Promise<readonly SurveyedPartition[]> {
  const { pipeline: name, stream } = writingOf(table)
  const list = windows.map(quoteString).join(', ')
  const rows = await rowsOf(
    client,
    `SELECT window_id, max(epoch)::text AS epoch FROM ${loadsOf(table.schema)}
     WHERE pipeline = ${quoteString(name)} AND stream = ${quoteString(stream)} AND window_id IN (${list}) GROUP BY window_id`,
  ).catch(noneYet)
  return rows.map((row) => ({ stream, window: row.window_id ?? '', epoch: Number(row.epoch ?? 0), rows: null }))
}
