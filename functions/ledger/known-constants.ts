import type { Instant, KnownConstant } from '../pipeline/entities.ts'
import type { Database } from './schema.ts'
import type { Writer } from './writer.ts'

interface Constants {
  readonly constants: readonly KnownConstant[]
  readonly at: Instant
}

/** Remembers values of constant columns; what is known stays as it is. */
export async function addConstants(writer: Writer, { constants, at }: Constants): Promise<void> {
  for (const { pipeline, location, stream, column, value } of constants)
    await writer.insert('constants', { pipeline, location, stream, column, value, at })
}

/** What is known of the constant columns of a location, in one indexed read. */
export async function listConstants(
  db: Database,
  { pipeline, location }: Pick<KnownConstant, 'pipeline' | 'location'>,
): Promise<readonly KnownConstant[]> {
  return await db
    .selectFrom('constants')
    .select(['pipeline', 'location', 'stream', 'column', 'value'])
    .where('pipeline', '=', pipeline)
    .where('location', '=', location)
    .orderBy('stream')
    .orderBy('column')
    .orderBy('value')
    .execute()
}
