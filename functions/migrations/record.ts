import type { Migration } from '../config/migration-plan.ts'
import { DaybreakError } from '../errors.ts'
import { countOf, type Database, wordsFor } from './database.ts'

/** How far a migration is. */
export type MigrationState = 'new' | 'copying' | 'copied' | 'swapping' | 'applied' | 'undone'

/** The record of a migration in its database. */
export interface MigrationRecord {
  readonly state: MigrationState
  /** Key of the last row that was copied, as a list of JSON; null before the first. */
  readonly position: readonly string[] | null
  readonly rows: number
  readonly hash: string
  readonly at: string
}

const TABLE = '_daybreak_migrations'

const NEW: MigrationRecord = { state: 'new', position: null, rows: 0, hash: '', at: '' }

/** Makes the table of records. */
export async function makeRecords({ session }: Database): Promise<void> {
  await session.run(
    `CREATE TABLE IF NOT EXISTS ${TABLE} (name varchar(200) PRIMARY KEY, pattern varchar(40) NOT NULL, plan_hash varchar(64) NOT NULL,
      state varchar(20) NOT NULL, last_key text, copied bigint NOT NULL, changed_at varchar(40) NOT NULL)`,
  )
}

/** The record of a migration; one in the state `new` where there is none. */
export async function readRecord(database: Database, name: string): Promise<MigrationRecord> {
  if ((await database.describe(TABLE)) === null) return NEW
  const { text } = wordsFor(database)
  const [row] = await database.session.query(
    `SELECT plan_hash, state, last_key, copied, changed_at FROM ${TABLE} WHERE name = ${text(name)}`,
  )
  if (row === undefined) return NEW
  return {
    state: toState(row['state'] ?? ''),
    position: row['last_key'] == null ? null : toPosition(row['last_key']),
    rows: Number(row['copied'] ?? 0),
    hash: row['plan_hash'] ?? '',
    at: row['changed_at'] ?? '',
  }
}

function toState(text: string): MigrationState {
  const states: readonly MigrationState[] = ['new', 'copying', 'copied', 'swapping', 'applied', 'undone']
  const found = states.find((state) => state === text)
  if (found) return found
  throw new DaybreakError(
    'STATE_CONFLICT',
    `${TABLE} has the state ${JSON.stringify(text)}, which this release does not know`,
  )
}

function toPosition(text: string): readonly string[] {
  const value: unknown = JSON.parse(text)
  return Array.isArray(value) ? value.map(String) : []
}

/** Writes the record of a migration, in the transaction of the caller. */
export async function writeRecord(
  database: Database,
  { name, plan, hash }: Migration,
  { state, position, rows }: Pick<MigrationRecord, 'state' | 'position' | 'rows'>,
): Promise<void> {
  const { text } = wordsFor(database)
  const last = position === null ? 'NULL' : text(JSON.stringify(position))
  const at = text(new Date().toISOString())
  const where = `WHERE name = ${text(name)}`
  const isThere = (await countOf(database, `SELECT count(*) AS n FROM ${TABLE} ${where}`)) > 0
  await database.session.run(
    isThere
      ? `UPDATE ${TABLE} SET state = ${text(state)}, plan_hash = ${text(hash)}, last_key = ${last}, copied = ${rows}, changed_at = ${at} ${where}`
      : `INSERT INTO ${TABLE} VALUES (${text(name)}, ${text(plan.pattern)}, ${text(hash)}, ${text(state)}, ${last}, ${rows}, ${at})`,
  )
}

/** One process at a time works on the migrations of a database. The lock ends with the session. */
export async function lock({ session }: Database): Promise<void> {
  if (session.system === 'postgres')
    return await session.run("SELECT pg_advisory_lock(hashtextextended('daybreak: migrations', 0))")
  const [row] = await session.query(
    "SELECT CAST(GET_LOCK(MD5(CONCAT('daybreak: migrations ', DATABASE())), 60) AS CHAR) AS got",
  )
  if (row?.['got'] !== '1')
    throw new DaybreakError('STATE_CONFLICT', `another process applies a migration to ${session.name}`)
}
