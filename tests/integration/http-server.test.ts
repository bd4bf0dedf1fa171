import { request } from 'node:http'
import { connect } from 'node:net'
import type { HttpFunction } from '@google-cloud/functions-framework'
import { afterEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../functions/http/server.ts'

const servers: RunningServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.drain(50, () => undefined)
})

async function serveOne(handler: HttpFunction, maxBodyBytes = 1_000): Promise<RunningServer> {
  const server = await startServer({ handler, host: '127.0.0.1', port: 0, maxBodyBytes })
  servers.push(server)
  return server
}

const address = ({ port }: RunningServer, path = '/') => `http://127.0.0.1:${port}${path}`

describe('a body', () => {
  const echo: HttpFunction = (request, response) => {
    response.json({ bytes: request.rawBody?.length ?? null })
  }

  it.each([
    ['of the largest size', 1_000, 200],
    ['of one byte more', 1_001, 413],
  ])('%s, announced: %i bytes answer %i', async (_, size, status) => {
    const server = await serveOne(echo)
    const answer = await fetch(address(server), { method: 'POST', body: 'x'.repeat(size) })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject(status === 200 ? { bytes: size } : { code: 'REQUEST_TOO_LARGE' })
  })

  it.each([
    [1_000, 200],
    [1_001, 413],
    [50_000, 413],
  ])('of %i bytes in pieces, not announced, answers %i', async (size, status) => {
    const server = await serveOne(echo)
    const pieces = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < size; sent += 500)
          controller.enqueue(new TextEncoder().encode('x'.repeat(Math.min(500, size - sent))))
        controller.close()
      },
    })
    const answer = await fetch(address(server), { method: 'POST', body: pieces, duplex: 'half' } as never)
    expect(answer.status).toBe(status)
  })

  it('announced too large is refused before a byte of it is sent', async () => {
    const server = await serveOne(echo)
    const status = await new Promise((resolve) => {
      const sent = request(address(server), { method: 'POST', headers: { 'content-length': 60_000_000 } }, (answer) =>
        resolve(answer.statusCode),
      )
      sent.on('error', () => undefined).flushHeaders()
    })
    expect(status).toBe(413)
  })

  it('is not a failure when its sender goes away in the middle', async () => {
    const server = await serveOne(echo)
    const socket = connect(server.port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
    await new Promise((resolve) => socket.once('ready', resolve))
    socket.destroy()
    expect((await fetch(address(server), { method: 'POST', body: 'x' })).status).toBe(200)
    expect(server.active()).toBe(0)
  })
})

describe('an answer', () => {
  it('does not say what made it', async () => {
    const server = await serveOne((_, response) => void response.send('x'))
    const { headers } = await fetch(address(server))
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('server')).toBeNull()
  })

  it('fault 63: of one request is not touched by a rejection that another one left behind', async () => {
    const left: unknown[] = []
    const listener = (reason: unknown) => left.push(reason)
    process.on('unhandledRejection', listener)
    const slow = Promise.withResolvers<void>()
    const server = await serveOne(async (request, response) => {
      if (request.path === '/careless') {
        void Promise.reject(new Error('left behind'))
        await slow.promise
        if (!response.headersSent) response.send('careless')
        return
      }
      await slow.promise
      response.send('careful')
    })
    const careful = fetch(address(server, '/careful'))
    const careless = fetch(address(server, '/careless'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    slow.resolve()
    expect(await (await careful).text()).toBe('careful')
    expect([200, 500]).toContain((await careless).status)
    expect((await fetch(address(server, '/careful'))).status).toBe(200)
    process.off('unhandledRejection', listener)
  })
})

describe('draining', () => {
  it('fault 60: waits for work whose client has hung up, until it stopped at a safe place', async () => {
    const told: string[] = []
    const begun = Promise.withResolvers<void>()
    const stop = new AbortController()
    const server = await serveOne(async (_, response) => {
      begun.resolve()
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
      told.push('at a safe place')
      response.status(503).end()
    })
    const client = new AbortController()
    const asked = fetch(address(server), { method: 'POST', body: '1', signal: client.signal }).catch(() => undefined)
    await begun.promise
    client.abort()
    await asked
    expect(server.active()).toBe(1)
    await server.drain(400, () => stop.abort())
    expect(told).toEqual(['at a safe place'])
    expect(server.active()).toBe(0)
  })

  it('fault 60: answers what is at hand, takes nothing more, and resolves', async () => {
    const working = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const server = await serveOne(async (_, response) => {
      begun.resolve()
      await working.promise
      response.send('done')
    })
    const answer = fetch(address(server))
    await begun.promise
    let aborted = false
    const drained = server.drain(5_000, () => {
      aborted = true
    })
    await expect(fetch(address(server))).rejects.toThrow()
    working.resolve()
    const { status, headers } = await answer
    await drained
    expect({ status, connection: headers.get('connection'), aborted }).toEqual({
      status: 200,
      connection: 'close',
      aborted: false,
    })
  })

  it('fault 60: tells work that takes too long to stop, and cuts what does not', async () => {
    const stop = new AbortController()
    const server = await serveOne(async (request, response) => {
      if (request.path === '/deaf') return
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
      response.status(503).send('stopped')
    })
    const listening = fetch(address(server, '/listening'))
    const deaf = fetch(address(server, '/deaf')).then(
      () => 'answered',
      () => 'cut',
    )
    while (server.active() < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    await server.drain(400, () => stop.abort())
    expect((await listening).status).toBe(503)
    expect(await deaf).toBe('cut')
  })
})
