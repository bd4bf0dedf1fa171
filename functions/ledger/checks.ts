import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { CheckResult, Instant, SliceKey } from '../pipeline/entities.ts'
import type { CheckFilter, Page } from '../pipeline/ports.ts'
import { fromKey, KEY, toKey } from './columns.ts'
import { all, keyMatches, page, sliceIsAmong } from './filter.ts'
import type { CheckRow, Database } from './schema.ts'
import { byInstant } from './window-sort.ts'
import { hasOthers } from './windows.ts'
import { value, type Writer } from './writer.ts'

/** A stored result, the slice it is about, and when it was found. */
type StoredCheck = CheckResult & SliceKey & { readonly at: Instant }

interface Checks {
  readonly key: SliceKey
  readonly results: readonly CheckResult[]
  readonly at: Instant
}

// Written out, not bound: SQLite finds a partial index only by a condition it can read.
const FAILED = sql<SqlBool>`state = 'fail'`

// Rows of one statement, which may have some thousand parameters.
const BATCH = 50

/** Replaces all results of the slice. */
export async function putChecks(writer: Writer, { key, results, at }: Checks): Promise<void> {
  const rows = results.map((result, position) => toRow(key, { ...result, position, at }))
  for (let start = 0; start < rows.length; start += BATCH)
    await writer.replaceAll('checks', rows.slice(start, start + BATCH), [...KEY, 'position'])
  const parameters = [...Object.values(toKey(key)), results.length]
  await writer.run({ name: 'delete surplus checks', build: deleteSurplus, parameters })
}

function deleteSurplus(): RawBuilder<unknown> {
  const sameSlice = sql.join(
    KEY.map((column) => sql`${sql.ref(column)} = ${value}`),
    sql` and `,
  )
  return sql`delete from checks where ${sameSlice} and position >= ${value}`
}

/** Results by window, shard, stream, in the order they were reported. */
export async function listChecks(db: Database, filter: CheckFilter & Page): Promise<readonly StoredCheck[]> {
  const withOthers = await hasOthers(db, filter)
  const query = db
    .selectFrom('checks')
    .selectAll()
    .where(
      all(
        keyMatches(filter, withOthers),
        sliceIsAmong('checks', filter.states),
        filter.failed === true ? FAILED : null,
      ),
    )
    .orderBy('window_id')
    .orderBy('shard')
    .orderBy('stream')
    .orderBy('pipeline')
    .orderBy('position')
  return await byInstant((await page(query, filter).execute()).map(toStoredCheck), filter, db)
}

function toRow(key: SliceKey, result: CheckResult & { position: number; at: Instant }): CheckRow {
  const { check: name, position, rule, state, effect, tested, failed, message, at } = result
  return { ...toKey(key), position, name, rule, state, effect, tested, failed, message, at }
}

/** The result of a row. */
export function toStoredCheck(row: CheckRow): StoredCheck {
  const { name: check, rule, state, effect, tested, failed, message, at } = row
  return { ...fromKey(row), check, rule, state, effect, tested, failed, message, at }
}
