import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  openDuckdbTransformer,
  type TransformerOptions,
} from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Contract } from '../../functions/contract/contract.ts'
import type { Location } from '../../functions/pipeline/entities.ts'
import type { TransformRequest, TransformResult } from '../../functions/pipeline/ports.ts'
import { sliceRequest } from '../../functions/pipeline/steps/transform.ts'

export type Row = Record<string, string | null>

/** Rows, rejects and counts of a transform, values as text. */
export interface Outcome {
  readonly result: TransformResult
  readonly rows: readonly Row[]
  readonly rejects: readonly Row[]
  readonly partBytes: Buffer
  readonly rejectBytes: Buffer
}

const MAIN_STREET: Location = { id: '185129', name: 'Main Street', timeZone: 'America/New_York', closeoutHour: 4 }

export const PRIVACY_KEY = Buffer.from('a key for tests')

type Given = Partial<Omit<TransformRequest, 'raw' | 'outDir' | 'contract' | 'place'>> & {
  readonly place?: TransformRequest['place'] | undefined

  readonly date?: string
  readonly location?: Location
}

/** The real transformer, with everything it writes read back and deleted. */
export async function openTransformBench(options: Partial<TransformerOptions> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'daybreak-engine-'))
  const transformer = await openDuckdbTransformer({
    lanes: 2,
    memoryLimit: '512MB',
    tempDir: root,
    ...options,
  })
  const reader = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await reader.connect()
  await connection.run("SET TimeZone = 'UTC'")

  async function readRows(path: string): Promise<readonly Row[]> {
    const result = await connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet('${path}')`)
    const names = result.columnNames()
    return result
      .getRows()
      .map((row) => Object.fromEntries(row.map((value, at) => [names[at]!, value === null ? null : String(value)])))
  }

  return {
    transformer,
    root,
    readRows,
    async transform(
      contract: Contract,
      bytes: string | Buffer,
      { date = '2025-02-05', location = MAIN_STREET, ...given }: Given = {},
    ): Promise<Outcome> {
      const folder = await mkdtemp(join(root, 'run-'))
      try {
        const content = Buffer.from(bytes)
        const path = join(folder, 'raw')
        await writeFile(path, content)
        const result = await transformer.transform({
          contract,
          ...sliceRequest(contract, { shard: location.id, window: date }, location),
          sourceFile: `/185129/20250205/${contract.file ?? contract.stream}`,
          raw: { path, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length },
          outDir: folder,
          privacyKey: PRIVACY_KEY,
          ...given,
        })
        return {
          result,
          rows: await readRows(result.part.path),
          rejects: await readRows(result.rejects.path),
          partBytes: await readFile(result.part.path),
          rejectBytes: await readFile(result.rejects.path),
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    async close() {
      await transformer.close()
      connection.closeSync()
      reader.closeSync()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export type TransformBench = Awaited<ReturnType<typeof openTransformBench>>
