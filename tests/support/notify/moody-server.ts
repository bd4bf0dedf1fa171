import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'

/** How a service behaves for the next requests. */
export type Mood =
  | { readonly is: 'well' }
  /** Asks for a pause. */
  | { readonly is: 'busy'; readonly retryAfter: number | null }
  | { readonly is: 'broken' }
  /** Does what it was asked and never says so. */
  | { readonly is: 'deaf' }
  /** Takes the request and never answers. */
  | { readonly is: 'hung' }
  | { readonly is: 'moved'; readonly to: string }

/** An answer of a service. */
export interface ServiceAnswer {
  readonly status: number
  readonly body: unknown
}

/** One request as it came. */
export interface ServiceRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export interface Service {
  readonly port: number
  mood: Mood
  /** Requests that a mood did not keep from the service. */
  readonly seen: ServiceRequest[]
  close(): Promise<void>
}

/** An HTTP service on this machine with moods. */
export async function startService(
  answer: (request: ServiceRequest) => ServiceAnswer,
  certificate?: Certificate,
): Promise<Service> {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString('utf8')
    const { mood } = service
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, text }
    if (mood.is === 'hung') return
    if (mood.is === 'broken') return void response.writeHead(503).end('out of order')
    if (mood.is === 'moved') return void response.writeHead(302, { location: mood.to }).end()
    if (mood.is === 'busy') {
      const after = mood.retryAfter === null ? {} : { 'retry-after': String(mood.retryAfter) }
      return void response.writeHead(429, after).end()
    }
    service.seen.push(seen)
    const { status, body } = answer(seen)
    if (mood.is === 'deaf') return void request.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server: Server = certificate ? createTlsServer({ ...certificate }) : createServer()
  server.on('request', (request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const service: Service = {
    port: (server.address() as AddressInfo).port,
    mood: { is: 'well' },
    seen: [],
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return service
}
