import type { ImportedLocation } from '../pipeline/entities.ts'
import type { Database } from './schema.ts'
import type { Writer } from './writer.ts'

/** Adds a location that was imported, or replaces its zone and closeout hour. */
export async function putImportedLocation(writer: Writer, location: ImportedLocation): Promise<void> {
  const row = {
    pipeline: location.pipeline,
    location: location.id,
    time_zone: location.timeZone,
    closeout_hour: location.closeoutHour,
    imported_at: location.at,
  }
  await writer.replace('imported_locations', row, ['pipeline', 'location'])
}

/** All of them, by pipeline and id. */
export async function listImportedLocations(db: Database): Promise<readonly ImportedLocation[]> {
  const rows = await db.selectFrom('imported_locations').selectAll().orderBy('pipeline').orderBy('location').execute()
  return rows.map((row) => ({
    pipeline: row.pipeline,
    id: row.location,
    timeZone: row.time_zone,
    closeoutHour: row.closeout_hour,
    at: row.imported_at,
  }))
}
