import { sql } from 'kysely'
import type { ModelRelease, ModelVersion } from '../pipeline/entities.ts'
import type { Page } from '../pipeline/ports.ts'
import { conflict } from './compare-and-set.ts'
import { all, is, page } from './filter.ts'
import type { Database, ModelReleaseRow, ModelVersionRow } from './schema.ts'
import { value, type Writer } from './writer.ts'

/** Remembers a version of a model, or what is known of it now. */
export async function putModelVersion(writer: Writer, version: ModelVersion): Promise<void> {
  const row: ModelVersionRow = {
    model: version.model,
    fingerprint: version.fingerprint,
    table_fingerprint: version.table,
    definition: JSON.stringify(version.definition),
    accepts: JSON.stringify(version.accepts),
    created_at: version.createdAt,
  }
  await writer.replace('model_versions', row, ['model', 'fingerprint'])
}

/** Forgets a version and its builds. */
export async function deleteModelVersion(
  writer: Writer,
  { model, fingerprint }: Pick<ModelVersion, 'model' | 'fingerprint'>,
): Promise<void> {
  for (const table of ['builds', 'model_versions'])
    await writer.run({
      name: `delete ${table} of a version`,
      build: () => sql`delete from ${sql.table(table)} where model = ${value} and fingerprint = ${value}`,
      parameters: [model, fingerprint],
    })
}

/** Adds a release. @throws {DaybreakError} LEDGER_CONFLICT when its number is taken. */
export async function putModelRelease(writer: Writer, release: ModelRelease): Promise<void> {
  const row: ModelReleaseRow = {
    environment: release.environment,
    number: release.number,
    versions: JSON.stringify(release.versions),
    made_by: release.by,
    at: release.at,
  }
  if ((await writer.insert('model_releases', row)) === 1n) return
  throw conflict({ table: 'model_releases', key: `${release.environment}/${release.number}`, version: 0 }, 1)
}

/** All versions by model, the oldest first. */
export async function listModelVersions(db: Database): Promise<readonly ModelVersion[]> {
  const rows = await db
    .selectFrom('model_versions')
    .selectAll()
    .orderBy('model')
    .orderBy('created_at')
    .orderBy('fingerprint')
    .execute()
  return rows.map((row) => ({
    model: row.model,
    fingerprint: row.fingerprint,
    table: row.table_fingerprint,
    definition: JSON.parse(row.definition),
    accepts: JSON.parse(row.accepts),
    createdAt: row.created_at,
  }))
}

/** Releases by environment, the newest first. */
export async function listModelReleases(
  db: Database,
  filter: { readonly environment?: string } & Page,
): Promise<readonly ModelRelease[]> {
  const query = db
    .selectFrom('model_releases')
    .selectAll()
    .where(all(is('environment', filter.environment)))
    .orderBy('environment')
    .orderBy('number', 'desc')
  return (await page(query, filter).execute()).map((row) => ({
    environment: row.environment,
    number: row.number,
    versions: JSON.parse(row.versions),
    by: row.made_by,
    at: row.at,
  }))
}
