import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expectOwnFolder } from '../adapters/local/own-folder.ts'
import type { DestinationConfig } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import type { Destination } from '../pipeline/destination.ts'
import type { Clock, Log, Reader } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

/** Project, clock and log that a destination is opened with. */
export interface DestinationOpening {
  readonly project: Project
  readonly clock: Clock
  readonly log: Log
  /** The key of the configuration that names it, for messages. */
  readonly key: string
  /** For commands that only look at tables. */
  readonly readOnly: boolean
}

/** Project, clock and log that a reader of a destination is opened with. */
export interface ReaderOpening {
  readonly project: Project
  readonly clock: Clock
  readonly log: Log
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  /** Schemas whose tables can be named without them. */
  readonly schemas: readonly string[]
  /** Of processes that answer, as of `os.setPriority`. Default: that of this process. */
  readonly priority?: number
}

/** One kind of destination. */
export interface DestinationKind<Config extends DestinationConfig = DestinationConfig> {
  /** Loads the package of the destination and opens it. No command waits for a package that it does not use. */
  open(config: Config, opening: DestinationOpening): Promise<Destination>
  /** Opens a reader for the queries of people. Absent where the destination answers none. */
  openReader?(config: Config, opening: ReaderOpening): Promise<Reader>
}

type DestinationKinds = {
  readonly [Kind in DestinationConfig['kind']]: DestinationKind<Extract<DestinationConfig, { readonly kind: Kind }>>
}

// A look has time; a load goes back to its queue instead.
const READER_PATIENCE = 60_000

/** Every kind of destination. */
export const DESTINATIONS: DestinationKinds = {
  duckdb: {
    async open({ path, memoryLimit }, { clock, log, key, readOnly }) {
      const { openDuckdbWarehouse } = await import('../adapters/duckdb/warehouse/warehouse.ts')
      await expectOwnFolder(dirname(path), `${key}.path`)
      const settings = { path, memoryLimit, clock, log, lookPatience: READER_PATIENCE }
      return openDuckdbWarehouse(readOnly ? { ...settings, readOnly, patience: READER_PATIENCE } : settings)
    },
    async openReader({ path, memoryLimit }, { project, schemas, program, priority }) {
      const { openDuckdbReader } = await import('../adapters/duckdb/reader/reader.ts')
      const tempRoot = join(project.home, 'tmp')
      await mkdir(tempRoot, { recursive: true })
      const own = priority === undefined ? {} : { priority }
      return openDuckdbReader({ path, schemas, memoryLimit, tempRoot, program, ...own })
    },
  },
  bigquery: {
    async open(config, { project, clock, log }) {
      const { openBigqueryWarehouse } = await import('../adapters/bigquery/warehouse.ts')
      const { createTables, dollarsPerTib } = config
      const place = bigqueryPlace(config, project)
      return openBigqueryWarehouse({ ...place, createTables, dollarsPerTib, clock, log, random: Math.random })
    },
    async openReader(config, { project, schemas, clock, log }) {
      const { openBigqueryReader } = await import('../adapters/bigquery/reader.ts')
      const dataset = schemas.length === 1 ? (schemas[0] ?? null) : null
      return openBigqueryReader({ ...bigqueryPlace(config, project), dataset, clock, log, random: Math.random })
    },
  },
}

function bigqueryPlace(config: Extract<DestinationConfig, { readonly kind: 'bigquery' }>, project: Project) {
  const { location, maximumBytesBilled } = config
  const { project: id, endpoints } = googleOf(project)
  return { project: id, location, endpoint: endpoints?.bigquery, maximumBytesBilled }
}
