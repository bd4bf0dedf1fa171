import { type Deployment, ledgerInstance } from './deployment.ts'

/** Connections that Cloud SQL allows a machine of PostgreSQL; the instance is told so as well (`max_connections`). */
const LIMITS: Readonly<Record<string, number>> = { 'db-f1-micro': 25, 'db-g1-small': 50 }

/** By memory, for machines of one's own size: https://cloud.google.com/sql/docs/postgres/quotas */
const LIMITS_BY_GIB: readonly (readonly [gib: number, limit: number])[] = [
  [60, 800],
  [15, 500],
  [7.5, 400],
  [6, 200],
  [0, 100],
]

/** Connections for Google's own agents, for a person, and for looking up what became of a commit. */
const RESERVED = 8
/** The watch: its passes are safe together, and one at a time is enough. */
const NOTIFY_INSTANCES = 1
/** Most instances of the API: at 500 requests each, sockets included, more people than a restaurant group has. */
const MOST_APIS = 25
/** Backfill and shadow may run during a canary; the migration is over before it. */
const JOBS = 2
/** During a canary two revisions of each service run, each with all of its instances. */
const REVISIONS = 2
const ALERT_SHARE = 0.8

/** How many instances may run so that the ledger has a connection for each of theirs. */
export interface ConnectionPlan {
  /** Connections that the ledger allows. */
  readonly limit: number
  readonly workers: number
  readonly apis: number
  readonly notifiers: number
  /** Most connections that all instances hold at once, during a canary. */
  readonly most: number
  /** Connections above which an alert says so: below the limit, with time to act. */
  readonly alertAbove: number
}

/** Connections of a machine type. @throws {TypeError} for one that is not known. */
export function connectionLimit(tier: string): number {
  const known = LIMITS[tier]
  if (known !== undefined) return known
  const [, megabytes] = /^db-custom-\d+-(\d+)$/.exec(tier) ?? []
  const gib = Number(megabytes) / 1024
  const found = LIMITS_BY_GIB.find(([least]) => gib >= least)
  if (found) return found[1]
  throw new TypeError(`infra/connections.ts knows no limit of connections for the machine ${tier}`)
}

/**
 * Sizes of everything that connects to the ledger, from the one limit of its machine; null for a ledger elsewhere. Every instance
 * has a pool of `ledger.connections`. The API has a third of what is left, and all that no worker can use.
 */
export function connectionPlan(deployment: Deployment): ConnectionPlan | null {
  if (ledgerInstance(deployment) === null) return null
  const limit = connectionLimit(deployment.infra.ledger.tier)
  const { connections } = deployment.ledger
  const instances = Math.floor((limit - RESERVED) / connections) - JOBS
  const shared = Math.floor(instances / REVISIONS) - NOTIFY_INSTANCES
  const workers = Math.min(workersOfSources(deployment), shared - Math.max(1, Math.floor(shared / 3)))
  const apis = Math.max(1, Math.min(MOST_APIS, shared - workers))
  const most = (REVISIONS * (workers + apis + NOTIFY_INSTANCES) + JOBS) * connections
  return { limit, workers, apis, notifiers: NOTIFY_INSTANCES, most, alertAbove: Math.floor(limit * ALERT_SHARE) }
}

const MOST_WORKERS = 15
const APIS_OF_OTHER_LEDGER = 4

/** Instances times connections of each stay below what the SFTP server allows the login. */
function workersOfSources({ infra, sources }: Deployment): number {
  const each = Object.values(sources).flatMap((source) => (source.kind === 'sftp' ? [source.connections] : []))
  return Math.max(
    1,
    Math.min(MOST_WORKERS, ...each.map((connections) => Math.floor(infra.sftpConnections / connections))),
  )
}

/** Most instances of the worker: what its sources bear, and the ledger. */
export function maxWorkers(deployment: Deployment): number {
  return Math.max(1, connectionPlan(deployment)?.workers ?? workersOfSources(deployment))
}

/** Most instances of the API. */
export function maxApis(deployment: Deployment): number {
  return connectionPlan(deployment)?.apis ?? APIS_OF_OTHER_LEDGER
}

/** Most instances of the watch. */
export function maxNotifiers(deployment: Deployment): number {
  return connectionPlan(deployment)?.notifiers ?? NOTIFY_INSTANCES
}
