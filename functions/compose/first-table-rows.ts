import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { firstRecords } from '../lib/first-records.ts'
import { windowHooks } from '../pipeline/hooks/window-hooks.ts'
import type { Ports } from '../pipeline/ports.ts'
import { partRequest } from '../pipeline/tables/land-shard.ts'
import { proposeStep } from '../pipeline/tables/next-window.ts'
import { WHOLE } from '../pipeline/tables/shards.ts'
import type { TableDefinition, TableTools } from '../pipeline/tables/tools.ts'
import type { WindowPlan } from '../pipeline/tables/window-plan.ts'

/** The first rows of a window as they would be loaded. */
export interface FirstRows {
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  readonly firstReject: string | null
  /** A few of them: file or table, line, column, value, rule and message. */
  readonly rejects: readonly Readonly<Record<string, string | null>>[]
  /** A few of them, by the names of the destination. */
  readonly rows: readonly Readonly<Record<string, string | null>>[]
}

const SHOWN = 2
// Hooks run in it only where they say so.
const DRY_RUN = { id: 'dry-run', backfillId: null, isDry: true } as const
const REJECTS_SHOWN = 5

/** Reads and maps the first rows of the next window of a stream, as a run would; null where nothing is to be read. Writes scratch files alone. */
export async function firstTableRows(
  {
    definition,
    stream,
    most,
  }: { readonly definition: TableDefinition; readonly stream: string; readonly most: number },
  tools: TableTools,
  ports: Ports,
): Promise<FirstRows | null> {
  const config = definition.config.tables[stream]
  if (config === undefined) return null
  const next = await proposeStep({ definition, stream, config, tools }, ports)
  if (next.step !== 'read') return null
  return await ports.withScratch((folder) => mapFirst(next.plan, { folder, most, definition }, { tools, ports }))
}

interface Mapping {
  readonly folder: string
  readonly most: number
  readonly definition: TableDefinition
}

interface Opened {
  readonly tools: TableTools
  readonly ports: Ports
}

async function mapFirst(
  plan: WindowPlan,
  { folder, most, definition }: Mapping,
  { tools, ports }: Opened,
): Promise<FirstRows> {
  const [reader, engine] = [await tools.reader(definition.name), await tools.engine()]
  const { from: table, columns, sourceColumns: from, where, range, asText } = plan
  const view = await reader.open({ table, columns, from, where, range, asText, workers: 1 })
  const raw = join(folder, 'raw.csv')
  try {
    const stream = view.read(WHOLE)
    const { bytes, records } = await firstRecords(stream, most)
    await writeFile(raw, bytes)
    const files = stream.files?.() ?? null
    const hooks = windowHooks({ plan, definition, run: DRY_RUN }, ports)
    const changed = (await hooks?.changeRows(WHOLE.id, { path: raw, files })) ?? null
    const { part, rejects, firstReject } = await engine.part({
      ...partRequest(plan, { shard: WHOLE.id, raw: changed?.path ?? raw, records, files: changed?.files ?? files }),
      isChanged: changed !== null,
      outDir: folder,
    })
    const { readParquet } = await import('../adapters/duckdb/parquet.ts')
    const { rows } = await readParquet(part.path, SHOWN)
    const named = rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])))
    const refused = rejects.rows === 0 ? [] : recordsOf(await readParquet(rejects.path, REJECTS_SHOWN))
    return { read: records, accepted: part.rows, rejected: rejects.rows, firstReject, rejects: refused, rows: named }
  } finally {
    await view.close()
  }
}

function recordsOf({ columns, rows }: Awaited<ReturnType<typeof import('../adapters/duckdb/parquet.ts').readParquet>>) {
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])))
}
