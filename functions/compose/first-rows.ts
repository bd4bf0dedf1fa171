import { join } from 'node:path'
import { type PipelineDefinition, shardOf } from '../pipeline/definition.ts'
import type { Ports } from '../pipeline/ports.ts'
import { land, openSession } from '../pipeline/steps/extract.ts'
import { findFile, listDay } from '../pipeline/steps/list-day.ts'
import { plainFile, sliceRequest } from '../pipeline/steps/transform.ts'
import type { PreviewRow } from '../pipeline/views/preview.ts'

type PreviewRows = Awaited<ReturnType<typeof readFirst>>

/** Number of first rows. */
const SHOWN = 2

/**
 * Reads the file of a planned slice and maps it, as a run would. Returns the first rows and the number of all, or null if the
 * source no longer has the file. Archives nothing; scratch files are deleted.
 */
export async function firstRows(
  { shard: id, window, stream }: Pick<PreviewRow, 'shard' | 'window' | 'stream'>,
  definition: PipelineDefinition,
  ports: Ports,
): Promise<PreviewRows | null> {
  const contract = definition.contracts.get(stream)
  const shard = shardOf(definition, id)
  if (!contract || !shard) return null
  return await ports.withScratch(async (scratch) => {
    const session = openSession(ports.source(definition.name), ports.clock)
    try {
      const file = findFile(
        contract,
        (await listDay({ definition, shard, window, contracts: [contract] }, session)).files,
      )
      if (!file) return null
      const path = join(scratch, 'raw')
      const key = { pipeline: definition.name, stream, shard: id, window }
      const unarchived = { ...ports.objects, put: async () => ({ created: false }) }
      const { raw } = await land({ key, file, path }, session, unarchived)
      const { part } = await ports.transformer.transform({
        contract,
        ...sliceRequest(contract, key, shard),
        sourceFile: file.path,
        raw: await plainFile({ raw: { path, sha256: raw.sha256, bytes: raw.bytes }, contract, key, scratch }),
        outDir: scratch,
        privacyKey: definition.privacyKey,
      })
      return await readFirst(part)
    } finally {
      await session.close()
    }
  })
}

async function readFirst(part: { readonly path: string; readonly rows: number }) {
  const { readParquet } = await import('../adapters/duckdb/parquet.ts')
  const { columns, rows } = await readParquet(part.path, SHOWN)
  const records = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])))
  return { all: part.rows, rows: records }
}
