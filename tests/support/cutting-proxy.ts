import { createServer, connect as openSocket, type Socket } from 'node:net'

/**
 * What happens to a request: `before` resets the connection in place of passing it on, `answered` passes it on and resets
 * the connection in place of the answer, `silent` does so without a reset, `lost` says nothing and passes nothing on.
 */
export type Cut = 'before' | 'answered' | 'silent' | 'lost'

export interface CuttingProxy {
  readonly host: string
  readonly port: number
  /** Connections taken so far. */
  readonly connections: number
  /** From now on nothing goes through the connections that are open, which stay so. */
  freeze(): void
  /** Resets the connections that are open. */
  cut(): void
  close(): Promise<void>
}

/** A TCP proxy on loopback that cuts connections at chosen requests; `decide` sees the bytes of each. */
export async function startCuttingProxy(
  target: { readonly host: string; readonly port: number },
  decide: (request: Buffer) => Cut | null = () => null,
): Promise<CuttingProxy> {
  const pairs = new Set<{ readonly client: Socket; readonly upstream: Socket; frozen: boolean }>()
  let connections = 0
  const server = createServer({ noDelay: true }, (client) => {
    connections++
    const upstream = openSocket({ ...target, noDelay: true })
    const pair = { client, upstream, frozen: false }
    pairs.add(pair)
    let fate: Cut | null = null
    const reset = () => {
      client.resetAndDestroy()
      upstream.destroy()
    }
    client.on('data', (bytes) => {
      if (pair.frozen) return
      fate ??= decide(bytes)
      if (fate === 'before') return reset()
      if (fate !== 'lost') upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (pair.frozen) return
      if (fate === 'answered') return reset()
      if (fate === null) client.write(bytes)
    })
    client
      .on('error', () => undefined)
      .once('close', () => {
        upstream.destroy()
        pairs.delete(pair)
      })
    upstream.on('error', () => undefined).once('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address ? address.port : 0,
    get connections() {
      return connections
    },
    freeze() {
      for (const pair of pairs) pair.frozen = true
    },
    cut() {
      for (const { client, upstream } of pairs) {
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      }
    },
    async close() {
      for (const { client, upstream } of pairs) {
        client.destroy()
        upstream.destroy()
      }
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
