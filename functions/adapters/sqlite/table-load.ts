import { createReadStream } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { DaybreakError } from '../../errors.ts'
import { equalDecimals, sumTotals } from '../../lib/decimal.ts'
import { epochOf } from '../../lib/job-id.ts'
import { quotedRecords } from '../../lib/quoted-records.ts'
import {
  expectWriting,
  type LoadJob,
  type LoadName,
  type RecordedWindow,
  type StoredLoad,
  type SurveyedPartition,
  storedLoad,
  type Table,
  type Writing,
} from '../../pipeline/destination.ts'
import type { Totals } from '../../pipeline/entities.ts'
import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import { joinedBy, mergeSql } from '../../sql/dialects/sqlite/merge.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/sqlite/quote.ts'
import { totalSql } from '../../sql/dialects/sqlite/totals.ts'
import type { Total } from '../../sql/value.ts'
import { describeTable } from './discover.ts'
import { rowsOf } from './table-client.ts'
import { LOADS } from './table-target.ts'
import { measuredSql, toStored } from './value-types.ts'

/** Table of the rows of a load, before they are taken in. */
export const STAGE = 'temp.daybreak_stage'

/** How a table is written. @throws {DaybreakError} LOAD_REJECTED for the table of a pipeline of files. */
export const writingOf = (table: Table): Writing => expectWriting(table, 'a sqlite connection')

/** A load on record, with the hash of what it loaded; null for an id that was never used. */
export function findLoad(database: DatabaseSync, id: string): StoredLoad | null {
  if (describeTable(database, LOADS) === null) return null
  const [row] = rowsOf(
    database,
    `SELECT manifest_sha256, state, row_count, totals, message FROM ${LOADS} WHERE load_id = ?`,
    id,
  )
  if (row === undefined) return null
  return storedLoad(row)
}

/** True for a load that is on record. @throws {DaybreakError} JOB_CONFLICT when it loaded something else. */
export function isUsed(database: DatabaseSync, { id, content }: Pick<LoadJob, 'id' | 'content'>): boolean {
  const found = findLoad(database, id)
  if (found !== null && found.content !== content)
    throw new DaybreakError('JOB_CONFLICT', `a load ${id} exists, and loaded other content`)
  return found !== null
}

/** A table, and its rows by their number. */
interface Staging {
  readonly table: Table
  readonly entries: readonly { readonly part: { readonly rows: number } }[]
}

/** Brings rows into a temporary table, each with the type that its column has. Before the transaction, so it holds no lock meanwhile. */
export async function stageRows(
  database: DatabaseSync,
  { table, entries }: Staging,
  csv: string | null,
): Promise<void> {
  const { columns, asText } = writingOf(table)
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  database.exec(`CREATE TEMP TABLE daybreak_stage AS SELECT ${names} FROM ${quoteIdentifier(table.name)} LIMIT 0`)
  if (csv === null) return
  const insert = database.prepare(`INSERT INTO ${STAGE} VALUES (${columns.map(() => '?').join(', ')})`)
  const expected = entries.reduce((sum, { part }) => sum + part.rows, 0)
  let rows = 0
  for await (const record of quotedRecords(createReadStream(csv, { encoding: 'utf8', highWaterMark: CHUNK }))) {
    insert.run(...columns.map((column, at) => toStored(column, record[at] ?? null, asText)))
    rows++
  }
  if (rows !== expected) throw rejected(`${rows} of ${expected} rows were staged`)
}

const CHUNK = 1 << 20

/** All of one load, in the transaction of the caller. */
export function load(database: DatabaseSync, job: LoadJob): void {
  expectNewest(database, job)
  const { within } = writingOf(job.table)
  for (const sql of within?.before ?? []) database.exec(sql)
  const written = write(database, job)
  for (const sql of within?.after ?? []) database.exec(sql)
  record(database, job, { state: 'done', ...written })
}

/** A window that waited, while a later one was loaded, would put old rows over new ones. */
function expectNewest(database: DatabaseSync, { table, window }: LoadJob): void {
  const { pipeline, stream, number } = writingOf(table)
  const [newer] = rowsOf(
    database,
    `SELECT window_id FROM ${LOADS} WHERE pipeline = ? AND stream = ? AND state = 'done' AND number > ? ORDER BY number DESC LIMIT 1`,
    pipeline,
    stream,
    number,
  )
  if (newer !== undefined)
    throw rejected(`window ${window} of ${stream} is older than ${newer.window_id}, which is loaded`)
}

type Facts = Readonly<Record<string, string | number>>

function write(database: DatabaseSync, { table, entries }: LoadJob): Facts {
  const writing = writingOf(table)
  const { strategy, key, columns, stamp } = writing
  const target = quoteIdentifier(table.name)
  const totals = comparable(database, table)
  const staged = count(database, { from: `${STAGE} AS s`, totals, prefix: 's' })
  const listed = sumTotals(entries.map((entry) => entry.totals))
  for (const { total } of totals) expectSame(table, total.name, staged.totals[total.name], listed[total.name])
  const isKeyed = key.length > 0 && strategy !== 'replace' && strategy !== 'append'
  const known = isKeyed ? knownKeys(database, table) : 0
  if (strategy === 'fail' && known > 0) refuseKnown(database, table, known)
  if (strategy === 'replace') database.exec(`DELETE FROM ${target}`)
  const at = stamp === null ? null : { column: stamp.column, value: quoteString(instantText(stamp.at)) }
  let inserted = 0
  for (const sql of mergeSql({ target, stage: STAGE, strategy, key, columns, stamp: at }))
    inserted = Number(database.prepare(sql).run().changes)
  if (inserted !== staged.rows - known)
    throw rejected(`${target} took ${inserted} of ${staged.rows - known} new rows; nothing was written`)
  expectWritten(database, table, { staged, totals })
  const updated = strategy === 'skip' ? 0 : known
  return { row_count: staged.rows, inserted, updated, totals: JSON.stringify({ ...listed, ...staged.totals }) }
}

const instantText = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '')

/** A sum over a column, with the column as the file declares it. */
interface Comparable {
  readonly total: Total
  readonly column: SourceColumn
}

// A decimal of more digits than a double has is kept as text where the column says so.
const isExact = ({ native, precision }: SourceColumn): boolean => /text/i.test(native ?? '') || (precision ?? 99) <= 15

/** Sums that the table can be asked for: those of columns that keep the values as they came. */
function comparable(database: DatabaseSync, table: Table): readonly Comparable[] {
  const { totals } = writingOf(table)
  const found = describeTable(database, table.name)
  return totals.flatMap((total): readonly Comparable[] => {
    const column = found?.columns.find(({ name }) => name.toLowerCase() === total.column.name.toLowerCase())
    if (column === undefined) return []
    const isKept = column.type === total.column.type && (column.type !== 'numeric' || isExact(column))
    // The text of a number without limits may come back in another form.
    const isForm = total.measure === 'bytes' && column.type === 'numeric' && !/text/i.test(column.native ?? '')
    return total.measure === 'values' || (isKept && !isForm) ? [{ total, column }] : []
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

function count(database: DatabaseSync, { from, totals, prefix, isMerged = false }: Counting): Counted {
  const sums = totals.map(({ total, column }, at) => {
    const own = quoteIdentifier(column.name)
    const value = measuredSql(column, `${prefix}.${own}`)
    return `${totalSql(total, isMerged ? `CASE WHEN s.${own} IS NOT NULL THEN ${value} END` : value)} AS t${at}`
  })
  const [row] = rowsOf(database, `SELECT ${['count(*) AS "rows"', ...sums].join(', ')} FROM ${from}`)
  return {
    rows: Number(row?.rows ?? 0),
    totals: Object.fromEntries(totals.map(({ total }, at) => [total.name, row?.[`t${at}`] ?? '0'])),
  }
}

/** Rows and sums of a whole table. */
export function countTable(database: DatabaseSync, table: Table): Counted {
  if (describeTable(database, table.name) === null) return { rows: 0, totals: {} }
  return count(database, {
    from: `${quoteIdentifier(table.name)} AS t`,
    totals: comparable(database, table),
    prefix: 't',
  })
}

function knownKeys(database: DatabaseSync, table: Table): number {
  const [row] = rowsOf(
    database,
    `SELECT count(*) AS "rows" FROM ${STAGE} AS s JOIN ${quoteIdentifier(table.name)} AS t ON ${joinedBy(writingOf(table).key)}`,
  )
  return Number(row?.rows ?? 0)
}

function refuseKnown(database: DatabaseSync, table: Table, known: number): never {
  const { key } = writingOf(table)
  const found = rowsOf(
    database,
    `SELECT ${key.map((name) => `s.${quoteIdentifier(name)}`).join(" || ', ' || ")} AS "key" FROM ${STAGE} AS s JOIN ${quoteIdentifier(table.name)} AS t ON ${joinedBy(key)} LIMIT 5`,
  )
  throw rejected(
    `${known} keys are in ${table.name} already (${key.join(', ')}): ${found.map((row) => row.key).join('; ')}; nothing was written. Remove them, or choose another \`on_conflict\``,
  )
}

interface Writtenness {
  readonly staged: Counted
  readonly totals: readonly Comparable[]
}

/** Asks the table itself, before the commit, what of the staged rows it has now. */
function expectWritten(database: DatabaseSync, table: Table, { staged, totals }: Writtenness): void {
  const { strategy, key, columns } = writingOf(table)
  if (strategy === 'append') return
  const target = quoteIdentifier(table.name)
  const from = strategy === 'replace' ? `${target} AS t` : `${STAGE} AS s JOIN ${target} AS t ON ${joinedBy(key)}`
  const kept = new Set(
    columns.filter(({ prefer }) => strategy === 'merge' && prefer !== 'source').map(({ name }) => name),
  )
  const asked = strategy === 'skip' ? [] : totals.filter(({ total }) => !kept.has(total.column.name))
  const found = count(database, { from, totals: asked, prefix: 't', isMerged: strategy === 'merge' })
  expectSame(table, 'rows', String(found.rows), String(staged.rows))
  for (const { total } of asked) expectSame(table, total.name, found.totals[total.name], staged.totals[total.name])
}

function expectSame({ name: table }: Table, name: string, found = '0', expected = '0'): void {
  if (equalDecimals(found, expected)) return
  throw rejected(`${table} holds ${name} of ${found}, expected ${expected}; nothing was written`)
}

/** Puts a load on record, done or failed: its id is used up. */
export function record(database: DatabaseSync, { id, table, window, content }: LoadName, facts: Facts): void {
  const { pipeline, stream, number } = writingOf(table)
  const row = {
    ...{ load_id: id, pipeline, stream, window_id: window, number, manifest_sha256: content, epoch: epochOf(id) },
    ...facts,
  }
  database
    .prepare(
      `INSERT INTO ${LOADS} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
        .map(() => '?')
        .join(', ')})`,
    )
    .run(...Object.values(row))
}

/** Windows that the file itself has on record. */
export function recordedWindows(database: DatabaseSync, table: Table): readonly RecordedWindow[] {
  const { pipeline, stream } = writingOf(table)
  if (describeTable(database, LOADS) === null) return []
  return rowsOf(
    database,
    `SELECT window_id, max(number) AS number FROM ${LOADS} WHERE pipeline = ? AND stream = ? AND state = 'done' GROUP BY window_id ORDER BY 2`,
    pipeline,
    stream,
  ).map((row) => ({ window: row.window_id ?? '', number: Number(row.number ?? 0) }))
}

/** Epochs of the windows that the file itself knows. */
export function surveyTable(
  database: DatabaseSync,
  table: Table,
  windows: readonly string[],
): readonly SurveyedPartition[] {
  const { pipeline, stream } = writingOf(table)
  if (describeTable(database, LOADS) === null) return []
  return rowsOf(
    database,
    `SELECT window_id, max(epoch) AS epoch FROM ${LOADS} WHERE pipeline = ? AND stream = ? AND window_id IN (${windows.map(quoteString).join(', ')}) GROUP BY window_id`,
    pipeline,
    stream,
  ).map((row) => ({ stream, window: row.window_id ?? '', epoch: Number(row.epoch ?? 0), rows: null }))
}

function rejected(message: string): DaybreakError {
  return new DaybreakError('LOAD_REJECTED', message)
}
