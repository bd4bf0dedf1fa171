import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'

/** Where BigQuery is. */
export interface BigquerySettings {
  /** Project id. */
  readonly project: string
  /** Location of the datasets, where all jobs run. */
  readonly location: string
  /** A server to use instead of Google's, without credentials. */
  readonly endpoint?: string | undefined
}

/**
 * A client that tries nothing twice: its own retries wait on the machine's clock, and hide that a job was made by the first
 * of two tries.
 */
export function openBigquery({ project, location, endpoint }: BigquerySettings): BigQuery {
  return new BigQuery({
    projectId: project,
    location,
    ...(endpoint !== undefined && { apiEndpoint: endpoint, authClient: new PassThroughClient() }),
    retryOptions: { autoRetry: false },
  })
}
