import type { RawBuilder, SqlBool } from 'kysely'
import type { Build, BuildBase, BuildKey } from '../pipeline/entities.ts'
import type { BuildFilter, Page } from '../pipeline/ports.ts'
import { fromReason, toReason } from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { damaged, neededJson } from './damaged.ts'
import { all, among, is, page } from './filter.ts'
import type { BuildRow, Database } from './schema.ts'
import type { Writer } from './writer.ts'

/** Writes a build whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function putBuild(writer: Writer, build: Build): Promise<void> {
  const { model, fingerprint, window, version } = build
  const row = toRow(build)
  const key = { window_id: window, model, fingerprint }
  await compareAndSet({
    table: 'builds',
    key: `${model}/${fingerprint}/${window}`,
    version,
    insert: () => writer.insert('builds', row),
    update: () => writer.update('builds', row, { key, version }),
    stored: () => writer.db.selectFrom('builds').select('version').where(isKey(build)).executeTakeFirst(),
  })
}

/** One build, or null. */
export async function readBuild(db: Database, key: BuildKey): Promise<Build | null> {
  const row = await db.selectFrom('builds').selectAll().where(isKey(key)).executeTakeFirst()
  return row ? fromRow(row) : null
}

/** Builds by window, model, fingerprint. */
export async function listBuilds(db: Database, filter: BuildFilter & Page): Promise<readonly Build[]> {
  const query = db
    .selectFrom('builds')
    .selectAll()
    .where(
      all(
        among('window_id', filter.windows),
        is('model', filter.model),
        is('fingerprint', filter.fingerprint),
        among('state', filter.states),
      ),
    )
    .orderBy('window_id')
    .orderBy('model')
    .orderBy('fingerprint')
  return (await page(query, filter).execute()).map(fromRow)
}

function isKey({ model, fingerprint, window }: BuildKey): RawBuilder<SqlBool> {
  return all(is('window_id', window), is('model', model), is('fingerprint', fingerprint))
}

function toRow(build: Build): BuildRow {
  const staged = build.state === 'pending' && build.verdict !== 'none' ? build.staged : null
  return {
    model: build.model,
    fingerprint: build.fingerprint,
    window_id: build.window,
    wanted: build.wanted,
    built: build.built,
    epoch: build.epoch,
    attempt: build.attempt,
    state: build.state,
    verdict: build.state === 'pending' ? build.verdict : 'none',
    ...toReason(build.state === 'held' ? build.reason : null),
    rows: build.rows,
    bytes: build.bytes,
    staged_rows: staged?.rows ?? null,
    staged_bytes: staged?.bytes ?? null,
    missing: JSON.stringify(build.missing),
    checks: JSON.stringify(build.checks),
    updated_at: build.updatedAt,
    version: build.version + 1,
  }
}

function fromRow(row: BuildRow): Build {
  const stored = { table: 'builds', key: ['window_id', 'model', 'fingerprint'], row }
  const base: BuildBase = {
    model: row.model,
    fingerprint: row.fingerprint,
    window: row.window_id,
    wanted: row.wanted,
    built: row.built,
    epoch: row.epoch,
    attempt: row.attempt,
    rows: row.rows,
    bytes: row.bytes,
    missing: neededJson(stored, 'missing'),
    checks: neededJson(stored, 'checks'),
    updatedAt: row.updated_at,
    version: row.version,
  }
  const { state, verdict } = row
  if (state === 'idle') return { ...base, state }
  if (state === 'pending')
    return { ...base, state, verdict, staged: { rows: row.staged_rows ?? 0, bytes: row.staged_bytes } }
  const reason = fromReason(row)
  if (reason !== null) return { ...base, state, reason }
  throw damaged(stored, 'reason_code', `a reason in the state ${state}`)
}
