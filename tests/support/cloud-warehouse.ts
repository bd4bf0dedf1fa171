import { EnvironmentConfig } from '../../functions/config/config.ts'
import type { Project } from '../../functions/config/project.ts'
import type { Models } from '../../functions/models/order.ts'
import { DATASETS } from '../../functions/pipeline/build/task.ts'
import { type BigqueryServer, startBigqueryServer } from '../emulators/bigquery/server.ts'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { type Fate, startGate } from './gate.ts'
import { queriesOf } from './models.ts'

const PROJECT = 'acme-daybreak'
const BUCKETS = { raw: 'acme-raw', parts: 'acme-parts', control: 'acme-control' }

/** Cloud Storage and BigQuery of this machine. */
export interface CloudWarehouse {
  readonly storage: StorageServer
  readonly bigquery: BigqueryServer
  /** The project with its objects and tables there; source, queue and ledger stay. For `change` of a world. */
  move(project: Project): Project
  close(): Promise<void>
}

interface CloudWarehouseOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Fate of a request to either server. */
  readonly decide?: (request: string) => Fate
}

/** Starts both servers; BigQuery knows the queries of these models. */
export async function startCloudWarehouse(
  models: Models,
  { now, decide = () => 'pass' }: CloudWarehouseOptions = {},
): Promise<CloudWarehouse> {
  const storage = await startStorageServer({
    buckets: Object.values(BUCKETS).map((name) => ({ name, location: 'US' })),
  })
  const bigquery = await startBigqueryServer({
    ...{ project: PROJECT, datasets: ['toast', ...Object.values(DATASETS)], queries: queriesOf(models.values()) },
    ...(now && { now }),
    objects: (uri) => {
      const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
      return storage.bucket(bucket).get(name)?.content ?? null
    },
  })
  const gates = [await startGate(storage.url, { decide }), await startGate(bigquery.url, { decide })] as const
  const { google, objects, warehouse } = EnvironmentConfig.in.shape
  const nowhere = { pubsub: '127.0.0.1:1', secret_manager: '127.0.0.1:1', identity: 'http://127.0.0.1:1' }
  const parts = {
    google: google.parse({
      ...{ project: PROJECT, region: 'us-central1' },
      endpoints: { storage: gates[0].url, bigquery: gates[1].url, ...nowhere },
    }),
    objects: objects.parse({
      ...{ kind: 'gcs', raw_bucket: BUCKETS.raw, parts_bucket: BUCKETS.parts, control_bucket: BUCKETS.control },
    }),
    warehouse: warehouse.parse({ kind: 'bigquery', location: 'US', create_tables: true }),
  }
  return {
    ...{ storage, bigquery },
    move: (project) => ({ ...project, environment: { ...project.environment, ...parts } }),
    async close() {
      await Promise.all([...gates, storage, bigquery].map((server) => server.close()))
    },
  }
}
