import type { EnvironmentConfig } from '../functions/config/config.ts'
import type { InfraConfig } from '../functions/config/infra-config.ts'
import type { Project } from '../functions/config/project.ts'

type OfKind<Section, Kind> = Extract<Section, { readonly kind: Kind }>

/** An environment that can be built: everything in it is on Google Cloud. */
export interface Deployment {
  readonly environment: string
  readonly project: Project
  readonly google: { readonly project: string; readonly region: string }
  readonly infra: InfraConfig
  readonly sources: EnvironmentConfig['sources']
  readonly objects: OfKind<EnvironmentConfig['objects'], 'gcs'>
  readonly warehouse: OfKind<EnvironmentConfig['warehouse'], 'bigquery'>
  readonly ledger: OfKind<EnvironmentConfig['ledger'], 'postgres'>
  readonly topics: OfKind<EnvironmentConfig['queue'], 'pubsub'>['topics']
  readonly http: NonNullable<EnvironmentConfig['http']>
  readonly engine: EnvironmentConfig['engine']
  /** How people prove to the API who they are; absent where it answers programs alone. */
  readonly auth: OfKind<NonNullable<EnvironmentConfig['auth']>, 'iap'> | undefined
  /** Names of `secret://NAME` in the environment file and in config/notify.yaml, sorted. */
  readonly secrets: readonly string[]
}

/** Name of the Cloud SQL instance that the ledger's socket leads to; null when the ledger is elsewhere. */
export function ledgerInstance({ ledger, google }: Deployment): string | null {
  const [project, region, instance] = ledger.host.replace(/^\/cloudsql\//, '').split(':')
  if (!ledger.host.startsWith('/cloudsql/') || !instance) return null
  return project === google.project && region === google.region ? instance : null
}
