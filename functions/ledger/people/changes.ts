import { sql } from 'kysely'
import type { Instant } from '../../pipeline/entities.ts'
import type { PeopleChange } from '../../pipeline/people/changes.ts'
import type { ChangesAnswer } from '../../pipeline/people/reads.ts'
import type { ChangeNotice } from '../../pipeline/people/records.ts'
import { neededJson } from '../damaged.ts'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { value, type Writer } from '../writer.ts'
import { topicsOf } from './topics.ts'

// Notices of one answer.
const MOST = 500

/** Place after a notice. Its time tells a notice from one of the same number in a ledger that was restored. */
interface Cursor {
  readonly tx: string
  readonly seq: number
  readonly at: Instant
}

// Before every notice: what a ledger gives that had no change yet.
const BEGINNING: Cursor = { tx: '0', seq: 0, at: 0 }

/** Adds the notice of a transaction, unless nothing in it is shown to people. */
export async function noteChanges({ run }: Writer, changes: readonly PeopleChange[], at: Instant): Promise<void> {
  const topics = topicsOf(changes)
  if (topics.length === 0) return
  const build = () => sql`insert into changes (at, topics) values (${value}, ${value})`
  await run({ name: 'insert changes', build, parameters: [at, JSON.stringify(topics)] })
}

/** Deletes notices and answers from before an instant. The newest of those notices stays: a cursor may stand on it. */
export async function expireNotices({ run }: Writer, before: Instant): Promise<void> {
  const newest = sql`select max(seq) from changes where at < ${value}`
  const build = () => sql`delete from changes where at < ${value} and seq < (${newest})`
  await run({ name: 'expire changes', build, parameters: [before, before] })
  const buildRequests = () => sql`delete from idempotency where at < ${value}`
  await run({ name: 'expire idempotency', build: buildRequests, parameters: [before] })
}

interface Notice {
  readonly tx: string
  readonly seq: number
  readonly at: Instant
  readonly topics: string
}

/** Changes after a cursor; without one, those that are still to come. */
export async function readChanges(db: Database, dialect: LedgerDialect, text: string | null): Promise<ChangesAnswer> {
  const after = text === null ? null : parse(text)
  if (after === null) {
    const cursor = print(await newestOf(db, dialect))
    return text === null ? { state: 'ok', changes: [], cursor } : { state: 'reset', cursor }
  }
  if (!(await stands(db, dialect, after))) return { state: 'reset', cursor: print(await newestOf(db, dialect)) }
  const { type, isSettled } = dialect.transactionNumber
  const { rows } = await sql<Notice>`
    select cast(tx as text) as tx, seq, at, topics from changes
    where (tx, seq) > (cast(${after.tx} as ${type}), ${after.seq}) and ${isSettled} order by changes.tx, seq limit ${MOST}
  `.execute(db)
  const changes = rows.map((row) => ({
    at: row.at,
    topics: neededJson<ChangeNotice['topics']>({ table: 'changes', key: ['seq'], row }, 'topics'),
  }))
  return { state: 'ok', changes, cursor: print(rows.at(-1) ?? after) }
}

/** The newest cursor, and how many changes are visible beyond it: those that a transaction which still runs was numbered before. */
export async function readMark(db: Database, dialect: LedgerDialect): Promise<string> {
  const newest = await newestOf(db, dialect)
  const { rows } = await sql<{ readonly count: number }>`
    select count(*) as count from changes
    where (tx, seq) > (cast(${newest.tx} as ${dialect.transactionNumber.type}), ${newest.seq})
  `.execute(db)
  return `${print(newest)} ${Number(rows[0]?.count ?? 0)}`
}

/**
 * True when the notice that the cursor stands on is still there, and nothing is before it that is still to come: a database that was
 * restored from a dump numbers its transactions from the beginning again.
 */
async function stands(
  db: Database,
  { transactionNumber: { isSettled } }: LedgerDialect,
  cursor: Cursor,
): Promise<boolean> {
  const { tx, seq, at } = cursor
  if (seq > 0) {
    const { rows } = await sql<Notice>`
      select seq from changes where seq = ${seq} and at = ${at} and cast(tx as text) = ${tx} and ${isSettled}
    `.execute(db)
    return rows.length > 0
  }
  const { rows } = await sql<Notice>`select seq from changes where ${isSettled} order by seq limit 1`.execute(db)
  return rows.every((oldest) => oldest.seq === 1)
}

async function newestOf(db: Database, { transactionNumber: { isSettled } }: LedgerDialect): Promise<Cursor> {
  const { rows } = await sql<Cursor>`
    select cast(tx as text) as tx, seq, at from changes where ${isSettled} order by changes.tx desc, seq desc limit 1
  `.execute(db)
  return rows[0] ?? BEGINNING
}

const print = ({ tx, seq, at }: Cursor): string => `${tx}-${seq}-${at}`

function parse(text: string): Cursor | null {
  const [, tx, seq, at] = /^(\d{1,20})-(\d{1,15})-(\d{1,15})$/.exec(text) ?? []
  if (tx === undefined) return null
  return Number(seq) === 0 ? BEGINNING : { tx, seq: Number(seq), at: Number(at) }
}
