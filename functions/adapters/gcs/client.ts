import { Storage } from '@google-cloud/storage'

/** Where Cloud Storage is. */
export interface StorageSettings {
  /** Project id. */
  readonly project: string
  /** A server to use instead of Google's, without credentials. */
  readonly endpoint?: string | undefined
}

/**
 * A client that tries nothing twice: with its own retries it takes 412, the answer to the retry of a write that was made,
 * for a failure, and it changes the setting on a shared instance while it works.
 */
export function openStorage({ project, endpoint }: StorageSettings): Storage {
  return new Storage({
    projectId: project,
    ...(endpoint !== undefined && { apiEndpoint: endpoint }),
    // What it believes to be worth a retry loses its status code in resumable uploads, so nothing is.
    retryOptions: { autoRetry: false, retryableErrorFn: () => false },
  })
}
