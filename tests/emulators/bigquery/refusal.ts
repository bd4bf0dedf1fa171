/** HTTP status of the reasons that BigQuery gives: https://cloud.google.com/bigquery/docs/error-messages */
const STATUS = {
  accessDenied: 403,
  backendError: 503,
  bytesBilledLimitExceeded: 400,
  duplicate: 409,
  internalError: 500,
  invalid: 400,
  invalidQuery: 400,
  jobBackendError: 400,
  jobInternalError: 400,
  notFound: 404,
  notImplemented: 501,
  quotaExceeded: 403,
  rateLimitExceeded: 403,
  resourcesExceeded: 400,
  stopped: 200,
} as const

export type RefusalReason = keyof typeof STATUS

/** Answer of BigQuery to a request that it refuses. Within a job it becomes the job's `errorResult`. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: RefusalReason
  /** Where in the request, such as the URI of a file. */
  readonly location: string | undefined

  constructor(reason: RefusalReason, message: string, location?: string) {
    super(message)
    this.reason = reason
    this.location = location
  }

  get status(): number {
    return STATUS[this.reason]
  }
}

/** A request that this server does not know is refused, never guessed. */
export function notDone(what: string): Refusal {
  return new Refusal('notImplemented', `the local BigQuery does not know ${what}`)
}

export interface ErrorProto {
  readonly reason: string
  readonly location?: string
  readonly message: string
}

export function errorProto({ reason, location, message }: Refusal): ErrorProto {
  return { reason, ...(location !== undefined && { location }), message }
}

/** The body of an answer that is an error. */
export function errorBody(refusal: Refusal, status = refusal.status): object {
  const { reason, message, location } = refusal
  const error = {
    message,
    domain: 'global',
    reason,
    ...(location !== undefined && { location, locationType: 'other' }),
  }
  return { error: { code: status, message, errors: [error] } }
}
