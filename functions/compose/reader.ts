import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Project } from '../config/project.ts'
import type { Clock, Log, Reader } from '../pipeline/ports.ts'
import type { DestinationInUse } from './destinations.ts'
import { googleOf } from './google.ts'

/** Clock, log and program of a reader. */
interface ReaderOptions {
  readonly clock: Clock
  readonly log: Log
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
}

/** A reader of a destination on behalf of people. It opens nothing before it is asked. */
export async function openReader(
  { config: warehouse, pipelines: schemas }: Pick<DestinationInUse, 'config' | 'pipelines'>,
  project: Project,
  { clock, log, program }: ReaderOptions,
): Promise<Reader> {
  if (warehouse.kind === 'duckdb') {
    const { openDuckdbReader } = await import('../adapters/duckdb/reader/reader.ts')
    const tempRoot = join(project.home, 'tmp')
    await mkdir(tempRoot, { recursive: true })
    return openDuckdbReader({ path: warehouse.path, schemas, memoryLimit: warehouse.memory_limit, tempRoot, program })
  }
  const { openBigqueryReader } = await import('../adapters/bigquery/reader.ts')
  const { project: id, endpoints } = googleOf(project)
  return openBigqueryReader({
    project: id,
    location: warehouse.location,
    endpoint: endpoints?.bigquery,
    maximumBytesBilled: warehouse.maximum_bytes_billed,
    dataset: schemas.length === 1 ? (schemas[0] ?? null) : null,
    clock,
    log,
    random: Math.random,
  })
}
