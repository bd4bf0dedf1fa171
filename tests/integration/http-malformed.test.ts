import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../functions/http/server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await startServer({
    handler: (request, response) => void response.json({ bytes: request.rawBody?.length ?? 0 }),
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_000,
  })
})
afterAll(() => server.drain(100, () => undefined))

/** Writes bytes as they are, and gives all that the server answers until it closes the connection. */
async function send(...pieces: readonly string[]): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  const answer = text(socket)
  for (const piece of pieces) socket.write(piece, 'latin1')
  return await answer
}

function problemOf(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { head, problem: JSON.parse(body) }
}

const HOST = 'Host: 127.0.0.1\r\n'

describe('bytes that are no request are answered with a problem document, and the server goes on', () => {
  it.each([
    ['no HTTP', ['hello\r\n\r\n'], 400, 'REQUEST_INVALID'],
    ['a handshake of TLS', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'], 400, 'REQUEST_INVALID'],
    ['a header without a colon', [`GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`], 400, 'REQUEST_INVALID'],
    ['a NUL in a header', [`GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`], 400, 'REQUEST_INVALID'],
    ['a space before the colon', [`GET / HTTP/1.1\r\n${HOST}Content-Length : 3\r\n\r\nabc`], 400, 'REQUEST_INVALID'],
    [
      'a length and chunks',
      [`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
      400,
      'REQUEST_INVALID',
    ],
    [
      'two lengths',
      [`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`],
      400,
      'REQUEST_INVALID',
    ],
    ['a negative length', [`POST / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`], 400, 'REQUEST_INVALID'],
    [
      'a chunk whose size is no number',
      [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`],
      400,
      'REQUEST_INVALID',
    ],
    ['headers of 40 kB', [`GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(40_000)}\r\n\r\n`], 431, 'REQUEST_TOO_LARGE'],
    ['an address of 4 MB', [`GET /${'x'.repeat(4_000_000)} HTTP/1.1\r\n${HOST}\r\n`], 431, 'REQUEST_TOO_LARGE'],
  ])('%s', async (_, pieces, status, code) => {
    const { head, problem } = problemOf(await send(...pieces))
    expect(head).toMatch(
      new RegExp(`^HTTP/1.1 ${status} .*Content-Type: application/problem\\+json.*Connection: close`, 's'),
    )
    expect(problem).toMatchObject({ status, code })
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).json()).toEqual({ bytes: 0 })
  })

  it('a chunked body that grows beyond the limit is cut', async () => {
    const chunk = `64\r\n${'x'.repeat(100)}\r\n`
    const answer = await send(
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 50 }, () => chunk),
      '0\r\n\r\n',
    )
    expect(problemOf(answer).problem).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' })
  })

  it('nonsense after a whole request does not change its answer', async () => {
    const answer = await send(`GET / HTTP/1.1\r\n${HOST}\r\n`, 'nonsense\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 (200|400)/)
  })

  it('keeps nothing of connections that were refused', async () => {
    await Promise.all(Array.from({ length: 50 }, () => send('hello\r\n\r\n')))
    expect(server.active()).toBe(0)
  })
})
