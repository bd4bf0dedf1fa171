import type { Instant, KnownConstant } from '../pipeline/entities.ts'
import type { Database } from './schema.ts'
import type { Writer } from './writer.ts'

interface Constants {
  readonly constants: readonly KnownConstant[]
  readonly at: Instant
}

/** Remembers values of constant columns; what is known stays as it is. */
export async function addConstants(writer: Writer, { constants, at }: Constants): Promise<void> {
  for (const { pipeline, shard, stream, column, value } of constants)
    await writer.insert('constants', { pipeline, shard, stream, column, value, at })
}

/** Known values of the constant columns of a location, in one indexed read. */
export async function listConstants(
  db: Database,
  { pipeline, shard }: Pick<KnownConstant, 'pipeline' | 'shard'>,
): Promise<readonly KnownConstant[]> {
  const rows = await db
    .selectFrom('constants')
    .select(['stream', 'column', 'value'])
    .where('pipeline', '=', pipeline)
    .where('shard', '=', shard)
    .orderBy('stream')
    .orderBy('column')
    .orderBy('value')
    .execute()
  return rows.map((row) => ({ pipeline, shard, ...row }))
}
