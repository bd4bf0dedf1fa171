import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { KeyComparison } from '../destination.ts'
import { partRequest } from './land-shard.ts'
import type { TableEngine, TableReader } from './ports.ts'
import { WHOLE } from './shards.ts'
import type { WindowPlan } from './window-plan.ts'

interface Landing {
  readonly plan: WindowPlan
  readonly reader: TableReader
  readonly engine: TableEngine
  readonly scratch: string
  readonly signal?: AbortSignal | undefined
}

/** Reads all keys of a source as they are now, as a part on this disk. They go through the same engine as rows do. */
export async function landKeys({ plan, reader, engine, scratch, signal }: Landing): Promise<KeyComparison['part']> {
  const at = plan.columns.flatMap(({ name }, place) => (plan.key.includes(name) ? [place] : []))
  const columns = at.flatMap((place) => plan.columns[place] ?? [])
  const sourceColumns = at.flatMap((place) => plan.sourceColumns[place] ?? [])
  const keys: WindowPlan = { ...plan, columns, sourceColumns, distinctBy: null, level: 'count' }
  const { from: table, where, asText } = plan
  const view = await reader.open(
    { table, columns, from: sourceColumns, where, range: null, asText, workers: 1 },
    signal,
  )
  try {
    const rows = view.read(WHOLE)
    const raw = join(scratch, 'keys.csv')
    await pipeline(rows, createWriteStream(raw), ...(signal ? [{ signal }] : []))
    const request = partRequest(keys, { shard: WHOLE.id, raw, records: rows.rows(), files: rows.files?.() ?? null })
    const { part } = await engine.part({ ...request, outDir: scratch })
    return { uri: part.path, rows: part.rows }
  } finally {
    await view.close()
  }
}
