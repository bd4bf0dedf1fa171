import type { ChildProcess } from 'node:child_process'
import { request } from 'node:http'
import type { Built } from './build.ts'
import { type Container, startInside } from './container.ts'

/** A server that runs in a container. */
export interface Serving {
  readonly base: string
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<number | null>
}

/** Starts what the image says on a free port of this machine, and waits until it listens. */
export async function serveInside(image: Built, { env, ...container }: Container): Promise<Serving> {
  return await listening(startInside(image, { ...container, env: { PORT: '0', HOST: '127.0.0.1', ...env } }))
}

/** Waits until a process that serves says where. */
async function listening(child: ChildProcess): Promise<Serving> {
  const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)))
  const port = await new Promise<string>((done, fail) => {
    let text = ''
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const [, found] = /on port (\d+)/.exec(text) ?? []
      if (found) done(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('exit', () => fail(new Error(`it ended: ${text}`)))
  })
  return { base: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, kill: (signal) => child.kill(signal), ended }
}

/**
 * Sends half of a request, then does something, then waits until the server refuses new requests, and sends the other half.
 * @returns the status of the answer.
 */
export async function finishLate(base: string, token: string, meanwhile: () => void): Promise<number> {
  const authorization = `Bearer ${token}`
  const headers = { authorization, 'content-type': 'application/json', 'content-length': '2', expect: '100-continue' }
  const half = request(`${base}/backfill`, { method: 'POST', headers })
  const answer = new Promise<number>((done, fail) => {
    half.on('response', (response) => done(response.resume().statusCode ?? 0)).on('error', fail)
  })
  // The server has seen the request when it says that it may go on.
  await new Promise<void>((done) => half.on('continue', () => done()).flushHeaders())
  half.write('{')
  meanwhile()
  while (await isOpen(base)) await new Promise((done) => setTimeout(done, 20))
  half.end('}')
  return await answer
}

async function isOpen(base: string): Promise<boolean> {
  return await fetch(`${base}/healthz`).then(
    ({ status }) => status === 200,
    () => false,
  )
}
