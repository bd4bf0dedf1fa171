import type { PeopleChange } from '../../pipeline/people/changes.ts'
import type { Setting, SettingKind } from '../../pipeline/people/records.ts'
import { compareAndSet } from '../compare-and-set.ts'
import { neededJson } from '../damaged.ts'
import type { Database } from '../schema.ts'
import type { Writer } from '../writer.ts'
import type { SettingRow } from './schema.ts'

type Deleted = Extract<PeopleChange, { change: 'setting_deleted' }>

/** Writes a setting whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function putSetting(writer: Writer, setting: Setting): Promise<void> {
  const row = toRow(setting)
  const { kind, id, version } = setting
  await compareAndSet({
    table: 'settings',
    key: `${kind}/${id}`,
    version,
    insert: () => writer.insert('settings', row),
    update: () => writer.update('settings', row, { key: { kind, id }, version }),
    stored: () => versionOf(writer.db, kind, id),
  })
}

/** Deletes a setting whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function deleteSetting({ db }: Writer, { kind, id, version }: Deleted): Promise<void> {
  const remove = async () => {
    const query = db.deleteFrom('settings').where('kind', '=', kind).where('id', '=', id).where('version', '=', version)
    return (await query.executeTakeFirst()).numDeletedRows
  }
  await compareAndSet({
    table: 'settings',
    key: `${kind}/${id}`,
    version,
    insert: remove,
    update: remove,
    stored: () => versionOf(db, kind, id),
  })
}

function versionOf(db: Database, kind: SettingKind, id: string): Promise<{ readonly version: number } | undefined> {
  const query = db.selectFrom('settings').select('version').where('kind', '=', kind).where('id', '=', id)
  return query.executeTakeFirst()
}

/** Settings of a kind by id. */
export async function listSettings(db: Database, kind: SettingKind): Promise<readonly Setting[]> {
  const query = db.selectFrom('settings').selectAll().where('kind', '=', kind).orderBy('id')
  return (await query.execute()).map(fromRow)
}

/** One setting, or null. */
export async function readSetting(db: Database, kind: SettingKind, id: string): Promise<Setting | null> {
  const query = db.selectFrom('settings').selectAll().where('kind', '=', kind).where('id', '=', id)
  const row = await query.executeTakeFirst()
  return row ? fromRow(row) : null
}

/** Days that people said are known to be unusual, as they were written. */
export async function listKnownDays(db: Database): Promise<readonly Setting['body'][]> {
  return (await listSettings(db, 'events')).map(({ body }) => body)
}

function toRow({ kind, id, version, origin, body, updatedAt, updatedBy }: Setting): SettingRow {
  const text = JSON.stringify(body)
  return { kind, id, version: version + 1, origin, body: text, updated_at: updatedAt, updated_by: updatedBy }
}

function fromRow(row: SettingRow): Setting {
  const { kind, id, version, origin, updated_at, updated_by } = row
  const body: Setting['body'] = neededJson({ table: 'settings', key: ['kind', 'id'], row }, 'body')
  return { kind, id, version, origin, body, updatedAt: updated_at, updatedBy: updated_by }
}
