import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { equalDecimals, sumTotals } from '../../lib/decimal.ts'
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
import { joinedBy, mergeSql } from '../../sql/dialects/mysql/merge.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/mysql/quote.ts'
import { totalSql } from '../../sql/dialects/mysql/totals.ts'
import { measureOf, type Total } from '../../sql/value.ts'
import { describeTable } from './discover.ts'
import { isAbsent, isDuplicate, isOfServer, messageOf } from './errors.ts'
import type { Client, TableOptions, TextRow } from './table-client.ts'
import { loadsOf, loadsTable, qualified } from './table-target.ts'
import { measuredSql, writeSql } from './value-types.ts'

/** Login, scratch folders, and the maker of CSV from parts. */
export interface DestinationOptions {
  readonly settings: TableOptions
  readonly toCsv: (
    parts: readonly string[],
    columns: readonly PartColumn[],
    path: string,
    nullText: string,
  ) => Promise<void>
  readonly withScratch: <Result>(work: (folder: string) => Promise<Result>) => Promise<Result>
}

const TEXT_STAGE = 'daybreak_text'
/** Table of the rows of a load, before they are taken in. */
export const STAGE = 'daybreak_stage'
const LOCK_SECONDS = 60

/** How a table is written. @throws {DaybreakError} LOAD_REJECTED for the table of a pipeline of files. */
export const writingOf = (table: Table): Writing => expectWriting(table, 'a mysql connection')

async function findLoad(client: Client, { id, table }: Pick<JobReference, 'id' | 'table'>): Promise<StoredLoad | null> {
  const [row] = await client
    .rows(
      `SELECT manifest_sha256, state, CAST(row_count AS CHAR) AS row_count, totals, message FROM ${loadsOf(table.schema)} WHERE load_id = ${quoteString(id)}`,
    )
    .catch(noneYet)
  if (row === undefined) return null
  return storedLoad(row)
}

function noneYet(error: unknown): readonly TextRow[] {
  if (isAbsent(error)) return []
  throw error
}

/** The state of a load; null for an id that was never used. */
export async function statusOf(client: Client, job: JobReference): Promise<LoadStatus | null> {
  return (await findLoad(client, job))?.status ?? null
}

/** Loads a window, unless its id was used. A failure of the data is the load's state, and no error of this call. */
export async function startLoad(client: Client, job: LoadJob, options: DestinationOptions): Promise<Started> {
  if (await isUsed(client, job)) return { created: false }
  return await options.withScratch(async (folder) => {
    const csv = await writeCsv(job, join(folder, 'rows.csv'), options)
    try {
      await lock(client, job.table)
      if (await isUsed(client, job)) return { created: false }
      // Statements that make tables end a transaction, so both stages are there before it. They go with the connection.
      await stage(client, job, csv)
      await inTransaction(client, () => load(client, job))
      return { created: true }
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
  const places = columns.map((column, place) => ({ place, column, asText }))
  await toCsv(parts, places, path, 'NULL')
  return path
}

/** Loads of one table go one after the other, whichever process they are in. The lock ends with the connection. */
export async function lock(client: Client, table: Table): Promise<void> {
  const [row] = await client.rows(
    `SELECT CAST(GET_LOCK(MD5(${quoteString(`daybreak ${qualified(table)}`)}), ${LOCK_SECONDS}) AS CHAR) AS got`,
  )
  if (row?.got === '1') return
  throw new DaybreakError(
    'WAREHOUSE_FAILED',
    `another load holds ${qualified(table)} for more than ${LOCK_SECONDS} seconds`,
  )
}

function isPermanent(error: unknown): boolean {
  return error instanceof DaybreakError ? error.code === 'LOAD_REJECTED' : isOfServer(error)
}

/** One transaction; none of it stays where the work fails. */
export async function inTransaction<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.run('START TRANSACTION')
  try {
    const result = await work()
    await client.run('COMMIT')
    return result
  } catch (error) {
    await client.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function isUsed(client: Client, job: LoadJob): Promise<boolean> {
  const found = await findLoad(client, job)
  if (found !== null && found.content !== job.content)
    throw new DaybreakError('JOB_CONFLICT', `a load ${job.id} exists, and loaded other content`)
  return found !== null
}

/** A table, and its rows by their number. */
interface Staging {
  readonly table: Table
  readonly entries: readonly { readonly part: { readonly rows: number } }[]
}

/** Brings the rows into a table of the types of the target. A value that the server would cut or round is refused here. */
export async function stage(client: Client, { table, entries }: Staging, csv: string | null): Promise<void> {
  const { columns, asText } = writingOf(table)
  const names = columns.map(({ name }) => quoteIdentifier(name))
  await client.run(`CREATE TEMPORARY TABLE ${STAGE} AS SELECT ${names.join(', ')} FROM ${qualified(table)} LIMIT 0`)
  if (csv === null) return
  const texts = columns.map((_, at) => `c${at}`)
  await client.run(
    `CREATE TEMPORARY TABLE ${TEXT_STAGE} (${texts.map((name) => `${name} LONGTEXT`).join(', ')}) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  )
  const sent = await client
    .sendFile(
      `LOAD DATA LOCAL INFILE 'rows.csv' INTO TABLE ${TEXT_STAGE} CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\\n' (${texts.join(', ')})`,
      csv,
    )
    .catch(withoutLocalFiles)
  const expected = entries.reduce((sum, { part }) => sum + part.rows, 0)
  if (sent.rows !== expected) throw rejected(`the server took ${sent.rows} of ${expected} rows`)
  await expectNoWarning(client, sent)
  const values = columns.map((column, at) => writeSql(column, asText, `c${at}`))
  const typed = await client.run(
    `INSERT INTO ${STAGE} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${TEXT_STAGE}`,
  )
  await expectNoWarning(client, typed)
}

async function withoutLocalFiles(error: unknown): Promise<never> {
  const text = messageOf(error)
  if (!/local data is disabled|LOCAL INFILE|\((1148|3948)\)/i.test(text)) throw error
  throw rejected(
    `the server takes no rows: ${text}. Set local_infile = ON at the server; each load sends its own rows and no other file`,
  )
}

/** The server rounds a decimal, or cuts a text, with no more than a note. */
async function expectNoWarning(client: Client, { warnings }: { readonly warnings: number }): Promise<void> {
  if (warnings === 0) return
  const found = await client.rows('SHOW WARNINGS LIMIT 3')
  const texts = found.map((row) => Object.values(row).at(-1) ?? '')
  throw rejected(`a value does not fit its column: ${texts.join('; ')}; nothing was written`)
}

/** All of one load, in a transaction. */
async function load(client: Client, job: LoadJob): Promise<void> {
  await expectNewest(client, job)
  const { within } = writingOf(job.table)
  for (const sql of within?.before ?? []) await client.run(sql)
  const written = await write(client, job)
  for (const sql of within?.after ?? []) await client.run(sql)
  await insertLoad(client, job, { state: 'done', ...written })
}

/** A window that waited, while a later one was loaded, would put old rows over new ones. */
async function expectNewest(client: Client, { table, window }: LoadJob): Promise<void> {
  const { pipeline, stream, number } = writingOf(table)
  const [newer] = await client.rows(
    `SELECT window_id FROM ${loadsOf(table.schema)} WHERE pipeline = ${quoteString(pipeline)} AND stream = ${quoteString(stream)}
       AND state = 'done' AND number > ${Math.trunc(number)} ORDER BY number DESC LIMIT 1`,
  )
  if (newer !== undefined)
    throw rejected(`window ${window} of ${stream} is older than ${newer.window_id}, which is loaded`)
}

async function write(client: Client, { table, entries }: LoadJob): Promise<Readonly<Record<string, string | number>>> {
  const writing = writingOf(table)
  const { strategy, key, columns, stamp } = writing
  const totals = await comparable(client, table)
  const staged = await count(client, { from: `${STAGE} AS s`, totals, prefix: 's' })
  const listed = sumTotals(entries.map((entry) => entry.totals))
  for (const { total } of totals) expectSame(table, total.name, staged.totals[total.name], listed[total.name])
  const known = key.length === 0 || strategy === 'replace' || strategy === 'append' ? 0 : await knownKeys(client, table)
  if (strategy === 'fail' && known > 0) await refuseKnown(client, table, known)
  // TRUNCATE would end the transaction.
  if (strategy === 'replace') await client.run(`DELETE FROM ${qualified(table)}`)
  const value = stamp === null ? null : { column: stamp.column, value: quoteString(instantText(stamp.at)) }
  let inserted = 0
  for (const sql of mergeSql({ target: qualified(table), stage: STAGE, strategy, key, columns, stamp: value }))
    inserted = (await client.run(sql)).rows
  if (inserted !== staged.rows - known)
    throw rejected(`${qualified(table)} took ${inserted} of ${staged.rows - known} new rows; nothing was written`)
  await expectWritten(client, table, { staged, totals })
  const updated = strategy === 'skip' ? 0 : known
  return { row_count: staged.rows, inserted, updated, totals: JSON.stringify({ ...listed, ...staged.totals }) }
}

const instantText = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '')

/** A sum over a column, with what is measured of it. */
interface Comparable {
  readonly total: Total
  readonly column: SourceColumn
}

/** Sums that the table can be asked for: those of columns whose type holds the values in the way in which they came. */
async function comparable(client: Client, table: Table): Promise<readonly Comparable[]> {
  const { totals, asText } = writingOf(table)
  const found = await describeTable(client, table)
  return totals.flatMap((total): readonly Comparable[] => {
    const column = found?.columns.find(({ name }) => name.toLowerCase() === total.column.name.toLowerCase())
    if (column === undefined) return []
    const isSame = asText && column.native === total.column.native
    const isKept = measureOf(column) === total.measure
    // An instant is a DATETIME in UTC, and a flag a small number.
    const isOwn =
      (total.measure === 'microseconds' && column.type === 'datetime') ||
      (total.measure === 'trues' && column.type === 'int64')
    return total.measure === 'values' || isSame || isKept || isOwn ? [{ total, column }] : []
  })
}

interface Counting {
  readonly from: string
  readonly totals: readonly Comparable[]
  readonly prefix: 's' | 't'
  /** Only values whose staged one is not NULL. */
  readonly isMerged?: boolean
}

interface Counted {
  readonly rows: number
  readonly totals: Totals
}

async function count(client: Client, { from, totals, prefix, isMerged = false }: Counting): Promise<Counted> {
  const sums = totals.map(({ total, column }, at) => {
    const own = quoteIdentifier(column.name)
    const value = measuredSql(column, { asText: true, zeroDates: 'reject' }).replaceAll(own, () => `${prefix}.${own}`)
    return `${totalSql(total, isMerged ? `CASE WHEN s.${own} IS NOT NULL THEN ${value} END` : value)} AS t${at}`
  })
  const [row] = await client.rows(`SELECT ${['CAST(COUNT(*) AS CHAR) AS `rows`', ...sums].join(', ')} FROM ${from}`)
  return {
    rows: Number(row?.rows ?? 0),
    totals: Object.fromEntries(totals.map(({ total }, at) => [total.name, row?.[`t${at}`] ?? '0'])),
  }
}

/** Rows and sums of a whole table. */
export async function countTable(client: Client, table: Table): Promise<Counted> {
  if ((await describeTable(client, table)) === null) return { rows: 0, totals: {} }
  return await count(client, { from: `${qualified(table)} AS t`, totals: await comparable(client, table), prefix: 't' })
}

async function knownKeys(client: Client, table: Table): Promise<number> {
  const [row] = await client.rows(
    `SELECT CAST(COUNT(*) AS CHAR) AS \`rows\` FROM ${STAGE} AS s JOIN ${qualified(table)} AS t ON ${joinedBy(writingOf(table).key)}`,
  )
  return Number(row?.rows ?? 0)
}

async function refuseKnown(client: Client, table: Table, known: number): Promise<never> {
  const { key } = writingOf(table)
  const names = key.map((name) => `s.${quoteIdentifier(name)}`).join(", ', ', ")
  const found = await client.rows(
    `SELECT CONCAT(${names}) AS \`key\` FROM ${STAGE} AS s JOIN ${qualified(table)} AS t ON ${joinedBy(key)} LIMIT 5`,
  )
  const named = found.map((row) => row.key).join('; ')
  throw rejected(
    `${known} keys are in ${qualified(table)} already (${key.join(', ')}): ${named}; nothing was written. Remove them, or choose another \`on_conflict\``,
  )
}

interface Writtenness {
  readonly staged: Counted
  readonly totals: readonly Comparable[]
}

/** Asks the table itself, before the commit, what of the staged rows it has now. */
async function expectWritten(client: Client, table: Table, { staged, totals }: Writtenness): Promise<void> {
  const { strategy, key, columns } = writingOf(table)
  if (strategy === 'append') return
  const isReplaced = strategy === 'replace'
  const from = isReplaced
    ? `${qualified(table)} AS t`
    : `${STAGE} AS s JOIN ${qualified(table)} AS t ON ${joinedBy(key)}`
  const kept = new Set(
    columns.filter(({ prefer }) => strategy === 'merge' && prefer !== 'source').map(({ name }) => name),
  )
  const asked = strategy === 'skip' ? [] : totals.filter(({ total }) => !kept.has(total.column.name))
  const found = await count(client, { from, totals: asked, prefix: 't', isMerged: strategy === 'merge' })
  expectSame(table, 'rows', String(found.rows), String(staged.rows))
  for (const { total } of asked) expectSame(table, total.name, found.totals[total.name], staged.totals[total.name])
}

function expectSame(table: Table, name: string, found = '0', expected = '0'): void {
  if (equalDecimals(found, expected)) return
  throw rejected(`${qualified(table)} holds ${name} of ${found}, expected ${expected}; nothing was written`)
}

/** Uses up the id of a load that failed, so that it stays failed. */
async function recordFailure(client: Client, job: LoadJob, message: string): Promise<void> {
  await client.run(loadsTable(job.table.schema))
  await insertLoad(client, job, { state: 'failed', message: message.replaceAll('\0', '') }).catch((error: unknown) => {
    // Another worker may have met the same failure.
    if (!isDuplicate(error)) throw error
  })
}

/** Puts a load on record. */
export async function insertLoad(
  client: Client,
  { id, table, window, content }: LoadName,
  facts: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { pipeline, stream, number } = writingOf(table)
  const row = {
    ...{ load_id: id, pipeline, stream, window_id: window, number, manifest_sha256: content, epoch: epochOf(id) },
    ...facts,
  }
  const values = Object.values(row).map((value) => (typeof value === 'number' ? String(value) : quoteString(value)))
  await client.run(
    `INSERT INTO ${loadsOf(table.schema)} (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')})`,
  )
}

/** Windows that the server itself has on record. */
export async function recordedWindows(client: Client, table: Table): Promise<readonly RecordedWindow[]> {
  const { pipeline, stream } = writingOf(table)
  const rows = await client
    .rows(
      `SELECT window_id, CAST(MAX(number) AS CHAR) AS number FROM ${loadsOf(table.schema)}
       WHERE pipeline = ${quoteString(pipeline)} AND stream = ${quoteString(stream)} AND state = 'done' GROUP BY window_id ORDER BY MAX(number)`,
    )
    .catch(noneYet)
  return rows.map((row) => ({ window: row.window_id ?? '', number: Number(row.number ?? 0) }))
}

/** Epochs of the windows that the server itself knows. */
export async function surveyTable(
  client: Client,
  table: Table,
  windows: readonly string[],
): Promise<readonly SurveyedPartition[]> {
  const { pipeline, stream } = writingOf(table)
  if (windows.length === 0) return []
  const rows = await client
    .rows(
      `SELECT window_id, CAST(MAX(epoch) AS CHAR) AS epoch FROM ${loadsOf(table.schema)}
       WHERE pipeline = ${quoteString(pipeline)} AND stream = ${quoteString(stream)} AND window_id IN (${windows.map(quoteString).join(', ')}) GROUP BY window_id`,
    )
    .catch(noneYet)
  return rows.map((row) => ({ stream, window: row.window_id ?? '', epoch: Number(row.epoch ?? 0), rows: null }))
}

function rejected(message: string): DaybreakError {
  return new DaybreakError('LOAD_REJECTED', message)
}
