import { DaybreakError } from '../../errors.ts'
import { byTime, DATES_ONLY } from '../../lib/window-time.ts'
import type { SliceKey } from '../../pipeline/entities.ts'
import type { WindowRange } from '../../pipeline/people/reads.ts'
import type { SignOff, SignOffPlace } from '../../pipeline/people/records.ts'
import { neededJson } from '../damaged.ts'
import { rangeMatches } from '../filter.ts'
import type { Database } from '../schema.ts'
import { hasOthers, readTimes } from '../windows.ts'
import type { Writer } from '../writer.ts'
import type { SignOffRow } from './schema.ts'

const ALL_SHARDS = ''
const KEY = ['pipeline', 'window_id', 'shard'] as const

/** Writes a sign-off, or replaces that of the same window and shard. */
export async function putSignOff(writer: Writer, { window, totals, ...signOff }: SignOff): Promise<void> {
  const { pipeline, shard, at, actor, note } = signOff
  const row: SignOffRow = { pipeline, window_id: window, shard, at, actor, note, totals: JSON.stringify(totals) }
  await writer.replace('sign_offs', row, [...KEY])
}

/** Takes a sign-off away that is still the one of this moment. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function deleteSignOff({ db }: Writer, { pipeline, window, shard, at }: SignOffPlace): Promise<void> {
  const all = db.deleteFrom('sign_offs').where('pipeline', '=', pipeline).where('window_id', '=', window)
  const { numDeletedRows } = await all.where('shard', '=', shard).where('at', '=', at).executeTakeFirst()
  if (numDeletedRows === 1n) return
  const message = `${pipeline}/${window} is no longer signed as it was at ${new Date(at).toISOString()}; nothing was applied`
  throw new DaybreakError('LEDGER_CONFLICT', message)
}

/** Sign-offs of a range by window, shard; those of all shards are always in it. */
export async function listSignOffs(db: Database, range: WindowRange): Promise<readonly SignOff[]> {
  const shards = range.shards && [...range.shards, ALL_SHARDS]
  const withOthers = await hasOthers(db, range)
  const rows = await db
    .selectFrom('sign_offs')
    .selectAll()
    .where(rangeMatches({ ...range, ...(shards && { shards }) }, withOthers))
    .orderBy('window_id')
    .orderBy('shard')
    .execute()
  const order = byTime(withOthers ? await readTimes(db, range) : DATES_ONLY)
  return rows.map(fromRow).toSorted((a, b) => order(a.window, b.window))
}

/** All sign-offs of a pipeline by window, shard. */
export async function allSignOffs(db: Database, pipeline: string): Promise<readonly SignOff[]> {
  const query = db.selectFrom('sign_offs').selectAll().where('pipeline', '=', pipeline)
  return (await query.orderBy('window_id').orderBy('shard').execute()).map(fromRow)
}

/** The sign-off that covers a slice: of its shard, else of all shards; null without one. */
export async function readSignOff(db: Database, { pipeline, window, shard }: SliceKey): Promise<SignOff | null> {
  const found = await listSignOffs(db, { pipeline, from: window, to: window, shards: [shard] })
  return found.at(-1) ?? null
}

function fromRow(stored: SignOffRow): SignOff {
  const { window_id: window, ...row } = stored
  const totals: SignOff['totals'] = neededJson({ table: 'sign_offs', key: KEY, row: stored }, 'totals')
  return { ...row, window, totals }
}
