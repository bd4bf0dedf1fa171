import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { HttpFunction } from '@google-cloud/functions-framework'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningServer, type ServerPace, startServer } from '../../functions/http/server.ts'

/** Times that no test waits for. */
const PATIENT: ServerPace = {
  ...{ headersWithin: 600_000, requestWithin: 600_000, checkEvery: 20, stalledAfter: 600_000 },
  ...{ mostWaiting: 1_000, mostConnections: 1_000 },
}
const echo: HttpFunction = (request, response) => void response.json({ bytes: request.rawBody?.length ?? 0 })

async function serve(pace: Partial<ServerPace>, handler: HttpFunction = echo): Promise<RunningServer> {
  const address = { host: '127.0.0.1', port: 0, maxBodyBytes: 1_000 }
  const server = await startServer({ ...address, handler, pace: { ...PATIENT, ...pace } })
  onTestFinished(() => server.drain(0, () => undefined))
  return server
}

/** A connection that is open on both sides, in the order in which they are made. */
async function open({ port }: RunningServer, localAddress?: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

/** Resolves when the server has closed the connection. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()).resume())
}

/** A whole request on a new connection, which is closed after the answer. */
async function ask(server: RunningServer): Promise<string> {
  const socket = await open(server)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  return await text(socket)
}

/** Sends a piece again and again until the connection is closed. Gives what the server answered. */
async function drip(socket: Socket, piece: string): Promise<string> {
  const timer = setInterval(() => socket.writable && socket.write(piece), 5)
  socket.once('close', () => clearInterval(timer))
  return await text(socket)
}

// A guard against a server that never does, not a measure.
const SOON = { timeout: 60_000 }
const POST = 'POST / HTTP/1.1\r\nHost: x\r\n'

describe('a request that takes too long to arrive is answered 408, and its connection closed', () => {
  it.each([
    ['nothing at all', '', ''],
    ['headers one by one, without an end', 'GET / HTTP/1.1\r\n', 'X-More: a\r\n'],
    ['half of a body, then nothing', `${POST}Content-Length: 100\r\n\r\nhalf`, ''],
    ['a body byte by byte', `${POST}Content-Length: 1000\r\n\r\n`, 'x'],
    ['chunks without an end', `${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
  ])('%s', async (_, head, piece) => {
    const server = await serve({ headersWithin: 100, requestWithin: 100 })
    const socket = await open(server)
    if (head !== '') socket.write(head)
    const answer = await (piece === '' ? text(socket) : drip(socket, piece))
    expect(answer).toMatch(/^HTTP\/1.1 408 .*application\/problem\+json.*Connection: close.*REQUEST_INVALID/s)
    await expect.poll(() => server.active(), SOON).toBe(0)
  })

  it('a connection that is kept for the next request is not slow', async () => {
    const server = await serve({ headersWithin: 200, requestWithin: 200 })
    const socket = await open(server)
    const answers: string[] = []
    socket.on('data', (bytes) => answers.push(String(bytes)))
    const count = () => answers.join('').split('HTTP/1.1 200').length - 1
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(count, SOON).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 400))
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(count, SOON).toBe(2)
  })
})

describe('an address keeps a number of connections without a request that is worked on', () => {
  it('one more closes the one that waited longest, and whole requests are answered', async () => {
    const server = await serve({ mostWaiting: 3 })
    const [first, second, third] = [await open(server), await open(server), await open(server)]
    third.write('GET / HTTP/1.1\r\nX-Half: ')
    const gone = closed(first)
    expect(await ask(server)).toMatch(/^HTTP\/1.1 200/)
    await gone
    expect([second.destroyed, third.destroyed]).toEqual([false, false])
  })

  it('a request that is worked on keeps its place, however many wait', async () => {
    const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const server = await serve({ mostWaiting: 2 }, async (_, response) => {
      begun.resolve()
      await released.promise
      response.send('done')
    })
    const answer = ask(server)
    await begun.promise
    const waiting = [await open(server), await open(server)]
    const gone = Promise.all(waiting.map(closed))
    await open(server)
    await open(server)
    await gone
    released.resolve()
    expect(await answer).toMatch(/^HTTP\/1.1 200 .*done$/s)
  })

  it.skipIf(process.platform !== 'linux')('connections of another address are counted apart', async () => {
    const server = await serve({ mostWaiting: 1 })
    const other = await open(server, '127.0.0.2')
    const own = await open(server)
    const gone = closed(own)
    await open(server)
    await gone
    other.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(await text(other)).toMatch(/^HTTP\/1.1 200/)
  })

  it('connections beyond the number for all addresses are closed at once', async () => {
    const server = await serve({ mostConnections: 2 })
    const [first] = [await open(server), await open(server)]
    await closed(await open(server))
    first.destroy()
    await expect.poll(() => ask(server).catch(() => ''), SOON).toMatch(/^HTTP\/1.1 200/)
  })
})

describe('an answer', () => {
  it('that its caller does not take is cut', async () => {
    const ended = Promise.withResolvers<boolean>()
    const server = await serve({ stalledAfter: 100 }, (_, response) => {
      response.on('close', () => ended.resolve(response.writableFinished))
      // More than the buffers of both sides of a connection hold.
      response.end(Buffer.alloc(64_000_000))
    })
    const socket = await open(server)
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await ended.promise).toBe(false)
    await expect.poll(() => server.active(), SOON).toBe(0)
  })

  it('that its handler makes slowly is not', async () => {
    const server = await serve({ stalledAfter: 20 }, async (_, response) => {
      await new Promise((resolve) => setTimeout(resolve, 200))
      response.send('done')
    })
    expect(await ask(server)).toMatch(/^HTTP\/1.1 200 .*done$/s)
  })
})
