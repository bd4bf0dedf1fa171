import { Agent, request } from 'node:http'

/** Outcome of a push request: the status of the answer, or why there is none. */
export type Answer = number | 'unreachable' | 'expired'

export interface PushRequest {
  readonly url: string
  readonly body: string
  readonly token?: string
  /** Aborts when the acknowledgement deadline is over. */
  readonly signal: AbortSignal
}

/** The statuses that Pub/Sub takes for an acknowledgement, as its documentation lists them. */
export const ACKNOWLEDGEMENTS: ReadonlySet<Answer> = new Set([102, 200, 201, 202, 204])

/** Sends push requests over connections that are kept. Redirects are not followed. */
export function createPost(): { post(request: PushRequest): Promise<Answer>; close(): void } {
  const agent = new Agent({ keepAlive: true })
  return {
    post: ({ url, body, token, signal }) =>
      new Promise((resolve) => {
        const sent = request(url, {
          agent,
          signal,
          method: 'POST',
          headers: {
            accept: 'application/json',
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            from: 'noreply@google.com',
            'user-agent': 'APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)',
            ...(token && { authorization: `Bearer ${token}` }),
          },
        })
        // 102 is no last answer in HTTP, but Pub/Sub takes it for one.
        sent.on('information', ({ statusCode }) => {
          if (statusCode !== 102) return
          resolve(102)
          sent.destroy()
        })
        sent.on('response', (response) => {
          response.resume().on('error', () => undefined)
          resolve(response.statusCode ?? 'unreachable')
        })
        sent.on('error', () => resolve(signal.aborted ? 'expired' : 'unreachable'))
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}
