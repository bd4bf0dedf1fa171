import { onTestFinished } from 'vitest'
import { type BigqueryWarehouseOptions, openBigqueryWarehouse } from '../../functions/adapters/bigquery/warehouse.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { LoadEntry } from '../../functions/pipeline/destination.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { type BigqueryServer, type BigqueryServerOptions, startBigqueryServer } from '../emulators/bigquery/server.ts'
import { testFolder } from './folder.ts'
import { entryOf, partWriter } from './parts.ts'

export const NOW = 1_767_600_000_123

// A URI of the parts that tests write to this disk.
const PARTS = 'gs://acme-parts'

/** The file behind the URI of a part; null when there is none. */
export async function partOnDisk(uri: string): Promise<{ readonly path: string } | null> {
  const { existsSync } = await import('node:fs')
  const path = uri.slice(PARTS.length)
  return uri.startsWith(PARTS) && existsSync(path) ? { path } : null
}

/** Writes parts as `partWriter` does, and calls them by their URIs. */
export function uriWriter(folder: string) {
  const { part, missing, broken } = partWriter(folder)
  const named = (entry: LoadEntry): LoadEntry => ({
    ...entry,
    part: { ...entry.part, uri: `${PARTS}${entry.part.uri}` },
  })
  return {
    part: async (...args: Parameters<typeof part>) => named(await part(...args)),
    missing: (name: string) => named(missing(name)),
    broken: async (name: string) => named(await broken(name)),
  }
}

/** An entry of a load job for the URI of a file that the server finds on this disk. */
export function uriEntry(path: string, rows: number): LoadEntry {
  const entry = entryOf(path, { rows })
  return { ...entry, part: { ...entry.part, uri: `${PARTS}${path}` } }
}

export interface BigqueryWorld {
  readonly server: BigqueryServer
  readonly clock: ReturnType<typeof createVirtualClock>
  readonly logged: LogEntry[]
  /** A warehouse as one instance would open it. */
  open(options?: Partial<BigqueryWarehouseOptions>): ReturnType<typeof openBigqueryWarehouse>
}

/** A local BigQuery with the dataset `toast`, a clock that sleeping moves, and parts on this disk. */
export async function bigqueryWorld(options: BigqueryServerOptions = {}): Promise<BigqueryWorld> {
  const clock = createVirtualClock({ now: NOW })
  const server = await startBigqueryServer({
    objects: partOnDisk,
    now: () => clock.now(),
    datasets: ['toast'],
    ...options,
  })
  onTestFinished(() => server.close())
  const logged: LogEntry[] = []
  return {
    server,
    clock,
    logged,
    open: (other = {}) =>
      openBigqueryWarehouse({
        project: server.project,
        location: 'US',
        endpoint: server.url,
        maximumBytesBilled: 10_737_418_240,
        createTables: true,
        clock,
        log: (entry) => void logged.push(entry),
        random: () => 0.5,
        ...other,
      }),
  }
}

/** The same with a folder for parts. */
export async function bigqueryWithParts(options: BigqueryServerOptions = {}) {
  return { ...(await bigqueryWorld(options)), ...uriWriter(await testFolder()) }
}
