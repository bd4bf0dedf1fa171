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
  /** Milliseconds without an answer after which a request is given up. */
  readonly requestTimeout: number
}

/**
 * A client that tries nothing twice: its own retries wait on the machine's clock, and hide that a job was made by the first
 * of two tries.
 */
export function openBigquery({ project, location, endpoint, requestTimeout }: BigquerySettings): BigQuery {
  return new BigQuery({
    projectId: project,
    location,
    // The client hands it on, and its types do not know it.
    ...{ timeout: requestTimeout },
    ...(endpoint !== undefined && { apiEndpoint: endpoint, authClient: new PassThroughClient() }),
    retryOptions: { autoRetry: false },
  })
}
