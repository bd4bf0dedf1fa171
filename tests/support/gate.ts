import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** Fate of a request: it goes through, never arrives, or is done while its answer is lost. */
export type Fate = 'pass' | 'before' | 'lost'

/** A gate of HTTP in front of a server: every request that would reach it can be made to fail there. */
export interface Gate {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  close(): Promise<void>
}

export interface GateOptions {
  /** Decides about a request, `POST /upload/...`, when it arrives. */
  readonly decide?: (request: string) => Fate
  /** Told as a connection is about to be cut: a process may die here. */
  readonly onCut?: () => void
}

/** Starts a gate on a free port of this machine; with several servers behind it, they take the requests in turn. */
export async function startGate(
  targets: string | readonly string[],
  { decide = () => 'pass', onCut = () => undefined }: GateOptions = {},
): Promise<Gate> {
  const behind = [targets].flat()
  let turn = 0
  const cut = (request: IncomingMessage) => {
    onCut()
    request.socket.destroy()
  }
  const pass = (request: IncomingMessage, response: ServerResponse, isLost: boolean) => {
    const { method, headers, url = '/' } = request
    const target = behind[turn++ % behind.length]
    const inner = ask(`${target}${url}`, { method, headers }, (answer) => {
      if (isLost) return void answer.resume().on('end', () => cut(request))
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    // The server behind the gate cuts connections as well, and the client sees just that.
    inner.on('error', () => request.socket.destroy())
    request.on('error', () => inner.destroy())
    request.pipe(inner)
  }
  const server = createServer((request, response) => {
    const fate = decide(`${request.method} ${request.url?.replace(/\?.*/, '')}`)
    if (fate === 'before') cut(request)
    else pass(request, response, fate === 'lost')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
