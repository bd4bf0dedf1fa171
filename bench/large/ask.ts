import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { addressOf } from '../../functions/api/contract/client.ts'
import type { ApiKey } from '../../functions/api/contract/routes.ts'
import type { Server } from './serve.ts'

/** One request. */
export interface Asked {
  readonly name: string
  readonly key: ApiKey
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  /** Default: JSON. */
  readonly accept?: string
}

/** Sends requests over a number of connections that stay. */
export interface Caller {
  /** Bytes of the answer. @throws {Error} for an answer that is a problem. */
  send(asked: Asked): Promise<number>
  close(): void
}

/** Calls a server over at most so many connections. */
export function openCaller({ port, token }: Pick<Server, 'port' | 'token'>, connections: number): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const send = ({ key, path = {}, query = {}, body, accept = 'application/json' }: Asked) =>
    new Promise<number>((resolve, reject) => {
      const { method, url } = addressOf(key, { path, query })
      const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip', accept }
      const typed = body === undefined ? headers : { ...headers, 'content-type': 'application/json' }
      const sent = request({ port, host: '127.0.0.1', path: url, method, agent, headers: typed }, (answer) => {
        let bytes = 0
        if (answer.statusCode === 200) {
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length
          })
          return void answer.on('end', () => resolve(bytes))
        }
        text(answer).then((problem) => reject(new Error(`${method} ${url}: ${answer.statusCode} ${problem}`)), reject)
      })
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  return { send, close: () => agent.destroy() }
}
