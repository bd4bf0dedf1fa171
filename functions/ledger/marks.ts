import type { Mark } from '../pipeline/entities.ts'
import type { Database } from './schema.ts'
import type { Writer } from './writer.ts'

/** Sets a mark, or replaces its value. */
export async function putMark(writer: Writer, mark: Mark): Promise<void> {
  await writer.replace('marks', { ...mark }, ['name'])
}

/** The mark of that name, or null. */
export async function readMark(db: Database, name: string): Promise<Mark | null> {
  const row = await db.selectFrom('marks').selectAll().where('name', '=', name).executeTakeFirst()
  return row ?? null
}
