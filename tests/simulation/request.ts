import type { HttpFunction } from '@google-cloud/functions-framework'

/** A request as it reaches a handler. */
export interface Sent {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Asks a handler without a server between: sockets keep a time of their own, which a simulation cannot. */
export async function answerTo(handler: HttpFunction, { method, path, body, headers = {} }: Sent): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const request = {
    method,
    path,
    url: path,
    headers,
    header: (name: string) => headers[name],
    rawBody: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  }
  const response = {
    headersSent: false,
    statusCode: 200,
    setHeader: () => response,
    type: () => response,
    status(code: number) {
      response.statusCode = code
      return response
    },
    send(text: string) {
      response.headersSent = true
      resolve({ status: response.statusCode, body: JSON.parse(text) })
    },
    json: (value: unknown) => response.send(JSON.stringify(value)),
    end() {
      response.headersSent = true
      resolve({ status: response.statusCode, body: null })
    },
  }
  void handler(request as never, response as never)
  return await promise
}
