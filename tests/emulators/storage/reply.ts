/** An answer of the server. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly content?: Buffer
}

/** A request that is refused, in the words of Cloud Storage. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** The error document of the JSON API. */
export function errorReply({ status, reason, message }: Refusal): Reply {
  // 304 has no body: the caller has it.
  if (status === 304) return { status }
  return { status, json: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } } }
}

/** A request for something that Cloud Storage does and this server does not: loud, so that no test passes by accident. */
export function notHere(what: string): Refusal {
  return new Refusal(
    501,
    'notImplemented',
    `THE LOCAL CLOUD STORAGE DOES NOT DO THIS: ${what}. See tests/emulators/README.md`,
  )
}
