import { DaybreakError } from '../../errors.ts'
import { epochOf } from '../../lib/job-id.ts'
import type { SurveyedPartition, Table, Warehouse } from '../../pipeline/destination.ts'
import type { BusinessDate } from '../../pipeline/entities.ts'
import { LOADS_TABLE, PARTITION_COLUMN } from '../../sql/dialects/bigquery/columns.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/bigquery/quote.ts'
import type { Context } from './call.ts'
import { tableSql } from './names.ts'
import { readRows } from './read.ts'

// The loads of one date are asked for by each of its streams, within seconds.
const FRESH = 600_000
const MOST_BYTES = 107_374_182_400
// A pipeline of some hundred dates of one environment; the oldest answer is forgotten first.
const MOST_DATES = 200

interface Answer {
  readonly at: number
  readonly partitions: Promise<readonly SurveyedPartition[]>
}

/**
 * Epochs of the loads that succeeded, from the table of loads: one small query for all tables of a date. Rows are not
 * counted. The answer for one date is kept for ten minutes: what this process loads later is in its ledger.
 */
export function createSurvey(context: Context): Warehouse['survey'] {
  const answers = new Map<string, Answer>()
  const forDate = (schema: string, window: BusinessDate) => {
    const key = `${schema}/${window}`
    const now = context.clock.now()
    const known = answers.get(key)
    if (known && now - known.at < FRESH) return known.partitions
    const partitions = readNewest(context, schema, [window])
    answers.delete(key)
    answers.set(key, { at: now, partitions })
    partitions.catch(() => answers.delete(key))
    const [oldest] = answers.keys()
    if (answers.size > MOST_DATES && oldest !== undefined) answers.delete(oldest)
    return partitions
  }
  return async (tables, windows) => {
    const [table] = tables
    const [window] = windows
    if (table === undefined || window === undefined) return []
    const all =
      windows.length === 1 ? await forDate(table.schema, window) : await readNewest(context, table.schema, windows)
    return all.filter(({ stream }) => isAmong(tables, stream))
  }
}

function isAmong(tables: readonly Table[], stream: string): boolean {
  return tables.some(({ name }) => name === stream)
}

/** Ids of one partition differ in epoch, attempt and content alone, and epochs have ten digits: the last by letters is the newest. */
async function readNewest(
  context: Context,
  schema: string,
  windows: readonly BusinessDate[],
): Promise<readonly SurveyedPartition[]> {
  const [table, day, id] = ['table_name', PARTITION_COLUMN, 'job_id'].map((name) => quoteIdentifier(name))
  const days = windows.map((window) => `DATE ${quoteString(window)}`).join(', ')
  const from = `${tableSql(context.project, { schema, name: LOADS_TABLE.name })} WHERE ${day} IN (${days})`
  const sql = `SELECT ${table}, ${day}, MAX(${id}) FROM ${from} GROUP BY ${table}, ${day}`
  const options = { what: `read ${LOADS_TABLE.name}`, maximumBytesBilled: MOST_BYTES }
  const { rows } = await readRows(context, sql, options).catch(nothingWhenMissing)
  return rows.map(([stream, window, newest]) => ({
    stream: stream ?? '',
    window: window ?? '',
    epoch: epochOf(newest ?? ''),
    rows: null,
  }))
}

/** Before the first load of a dataset there is no table of loads. */
function nothingWhenMissing(error: unknown): { readonly rows: readonly (readonly (string | null)[])[] } {
  if (error instanceof DaybreakError && /Not found: (Table|Dataset) /.test(error.message)) return { rows: [] }
  throw error
}
