import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { type Column, createTable } from './0001-create-tables.ts'

const TEXTS = (names: readonly string[]): readonly Column[] => names.map((name) => [name, 'text'])

/** Values that columns of a location keep, what an incident is about, and indexes to compare a file with earlier ones. */
export async function supportVerdicts(transaction: Database, dialect: LedgerDialect): Promise<void> {
  const tables = {
    constants: ['pipeline', 'location', 'stream', 'column', 'value'],
    incident_subjects: ['key', 'subject'],
  }
  for (const [name, primaryKey] of Object.entries(tables)) {
    const columns: readonly Column[] = [...TEXTS(primaryKey), ['at', 'bigint']]
    await createTable(transaction, { name, table: { columns, primaryKey, words: {} }, dialect })
  }
  await sql`create index deliveries_by_sha256 on deliveries (pipeline, raw_sha256)`.execute(transaction)
  await sql`create index checks_failed on checks (pipeline, business_date) where state = 'fail'`.execute(transaction)
  await groupIncidents(transaction)
}

/** Open incidents of one day each become one per cause, with the days as subjects: the newest stands for the others. */
async function groupIncidents(transaction: Database): Promise<void> {
  const open = await transaction
    .selectFrom('incidents')
    .select(['id', 'key', 'reason_code', 'updated_at'])
    .where('state', '<>', 'resolved')
    .orderBy('updated_at', 'desc')
    .orderBy('id')
    .execute()
  const standing = new Set<string>()
  for (const { id, key, reason_code, updated_at } of open) {
    const { cause, subject } = toCause(key, reason_code) ?? {}
    if (cause === undefined || subject === undefined) continue
    const change = standing.has(cause) ? { state: 'resolved' as const, resolved_at: updated_at } : { key: cause }
    await transaction.updateTable('incidents').set(change).where('id', '=', id).execute()
    const row = { key: cause, subject, at: updated_at }
    await transaction
      .insertInto('incident_subjects')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    standing.add(cause)
  }
}

/** `check/toast/185001/2025-02-05/items_tie` is the cause `check/toast/185001/items_tie`, and hits a day. */
function toCause(key: string, code: string): { readonly cause: string; readonly subject: string } | null {
  const [kind = '', pipeline, location, date = '', name] = key.split('/')
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return null
  const place = `${pipeline}/${location}`
  if (kind === 'missing' || kind === 'unreadable') return { cause: `${kind}/${place}`, subject: date }
  if (kind === 'quarantine') return { cause: `refused/${place}/${code}`, subject: `${date} ${name}` }
  return kind === 'check' || kind === 'rejects' ? { cause: `${kind}/${place}/${name}`, subject: date } : null
}
