import { createServer, type IncomingHttpHeaders } from 'node:http'

/** A push as it came in. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface PushEndpoint {
  /** Address with a slash at its end. */
  readonly url: string
  /** All that came in, oldest first. */
  readonly received: readonly Received[]
  close(): Promise<void>
}

/** An HTTP server that hands each request to a handler and answers the status that it gives; null breaks the connection. */
export async function startPushEndpoint(
  handler: (received: Received) => Promise<number | null> | number | null,
): Promise<PushEndpoint> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
    received.push(one)
    const status = await handler(one)
    if (status === null) response.destroy()
    // 102 is no last answer: a handler that wants to send it needs another after it.
    else if (status === 102) response.writeProcessing()
    else response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
