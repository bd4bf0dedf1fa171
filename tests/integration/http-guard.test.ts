import { chmod, readFile, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readOrMakeToken } from '../../functions/adapters/local/token.ts'
import { createContext } from '../../functions/compose/context.ts'
import { testFolder } from '../support/folder.ts'
import { loadFiles, projectFiles } from '../support/project.ts'
import { envelope, LOCAL, LOCAL_TOKEN, serve } from '../support/pushes.ts'

/** A server of one laptop whose ports fail the test when anything reaches them. */
async function guarded() {
  const reached: string[] = []
  const trap = (name: string) =>
    new Proxy({}, { get: (_, member) => () => void reached.push(`${name}.${String(member)}`) })
  const ports = { ledger: trap('ledger'), queue: trap('queue'), log: () => undefined, clock: { now: Date.now } }
  const worker = { definitions: new Map(), ports } as never
  const project = await loadFiles(projectFiles())
  const options = { stopping: new AbortController().signal, localToken: LOCAL_TOKEN }
  const server = await serve(createContext(worker, project, options))
  onTestFinished(() => server.drain(100, () => undefined))
  return { server, reached }
}

function send(port: number, method: string, path: string, headers: Record<string, string>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const sent = request({ port, path, method, headers: { 'content-type': 'application/json', ...LOCAL, ...headers } })
  sent.on('response', (response) => {
    response.resume()
    resolve(response.statusCode ?? 0)
  })
  sent.on('error', reject)
  sent.end(method === 'GET' ? undefined : JSON.stringify(envelope({ pipeline: 'toast' })))
  return promise
}

const FOREIGN = [
  { host: 'evil.test' },
  { origin: 'https://evil.test' },
  { referer: 'https://evil.test/' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'x-http-method-override': 'POST' },
  { 'x-forwarded-for': '127.0.0.1' },
]

it.each(FOREIGN)('%j starts no work on any path and reads nothing', async (headers) => {
  const { server, reached } = await guarded()
  for (const path of [
    '/tick',
    '/ingest',
    '/load',
    '/file-arrival',
    '/notify',
    '/dead-letter',
    '/dead-letter:replay',
    '/backfill',
  ])
    expect(await send(server.port, 'POST', path, headers), path).toBe(403)
  if (!('content-type' in headers))
    for (const path of ['/backfill', '/dead-letter'])
      expect(await send(server.port, 'GET', path, headers), path).toBe(403)
  expect(reached).toEqual([])
})

it('GET starts no work, with the token as well', async () => {
  const { server, reached } = await guarded()
  for (const path of ['/tick', '/ingest', '/load', '/file-arrival', '/dead-letter:replay', '/tick?_method=POST'])
    expect(await send(server.port, 'GET', path, {}), path).toBe(405)
  expect(reached).toEqual([])
})

it('the token of a machine is made once, for its owner alone', async () => {
  const path = join(await testFolder(), 'home', 'token')
  const token = await readOrMakeToken(path)
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect(await readOrMakeToken(path)).toBe(token)
  expect((await readFile(path, 'utf8')).trim()).toBe(token)
  await chmod(path, 0o644)
  await expect(readOrMakeToken(path)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('644'),
  })
  await chmod(path, 0o600)
  await writeFile(path, 'secret')
  await expect(readOrMakeToken(path)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await symlink(path, `${path}-link`)
  await expect(readOrMakeToken(`${path}-link`)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
