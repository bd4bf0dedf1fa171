import { expect, it, onTestFinished } from 'vitest'
import { createContext } from '../../functions/compose/context.ts'
import { byPath, createHandlers } from '../../functions/handlers/all.ts'
import { pushPath, ROUTES, type Route } from '../../functions/handlers/routes.ts'
import { startServer } from '../../functions/http/server.ts'
import { loadFiles, projectFiles } from '../support/project.ts'
import { LOCAL, LOCAL_TOKEN } from '../support/pushes.ts'

/** A server of one laptop without a ledger, which is all that the choice of a route needs. */
async function served(alone?: string) {
  const refuse = async () => {
    throw new Error('nothing is recorded')
  }
  const ledger = { runs: refuse, apply: refuse }
  const ports = { ledger, objects: { size: refuse }, log: () => undefined, clock: { now: Date.now } }
  const worker = { definitions: new Map(), ports } as never
  const options = { stopping: new AbortController().signal, localToken: LOCAL_TOKEN }
  const context = createContext(worker, await loadFiles(projectFiles()), options)
  const open = async () => context
  const handler = alone === undefined ? byPath(open) : createHandlers(open)[alone]
  if (!handler) throw new TypeError(`no function is called ${alone}`)
  const server = await startServer({ handler, host: '127.0.0.1', port: 0, maxBodyBytes: 1_000 })
  onTestFinished(() => server.drain(100, () => undefined))
  return async (method: string, path: string, headers: Readonly<Record<string, string>> = LOCAL) => {
    const body = method === 'GET' || method === 'HEAD' ? {} : { body: '{}' }
    const type = { 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      ...body,
      headers: { ...type, ...headers },
    })
    await answer.arrayBuffer()
    return { status: answer.status, allow: answer.headers.get('allow') }
  }
}

const filled = ({ path }: Route) => path.replace('{id}', 'b-1')

it('answers each route of the table, and each other method of its path with 405 and the methods that it takes', async () => {
  const ask = await served()
  for (const route of ROUTES) {
    const same = ROUTES.filter(({ path }) => path === route.path).map(({ method }) => method)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const { status, allow } = await ask(method, filled(route))
      const isTaken = same.some((each) => each === null || each === method)
      const what = `${method} ${route.path}`
      if (isTaken) expect([404, 405], what).not.toContain(status)
      else expect({ status, allow }, what).toEqual({ status: 405, allow: same.join(', ') })
    }
  }
})

it.each(['/', '/nothing', '/backfills', '/tick/more', '/backfill/a/b', '/backfill/b-1:explode', '/dead-letter:pause'])(
  '%s has no route',
  async (path) => {
    const ask = await served()
    expect(await ask('POST', path)).toEqual({ status: 404, allow: null })
  },
)

it('wants a token on every route but those that say so', async () => {
  const ask = await served()
  for (const route of ROUTES) {
    const { status } = await ask(route.method ?? 'GET', filled(route), {})
    if (route.caller === 'none') expect([200, 503], route.path).toContain(status)
    else expect(status, route.path).toBe(401)
  }
})

it('serves a function alone at the root, as the Functions Framework does', async () => {
  const ask = await served('backfill')
  expect((await ask('PUT', '/')).allow).toBe('POST, GET')
  expect((await ask('PUT', '/b-1')).allow).toBe('GET')
  expect((await ask('PUT', '/b-1:pause')).allow).toBe('POST')
  expect((await ask('PUT', '/backfill/b-1:pause')).allow).toBe('POST')
  expect((await ask('GET', '/b-1:explode')).status).toBe(404)
})

it('has a path for each topic, and refuses one that nothing handles', () => {
  expect(['tick', 'ingest', 'load', 'file_arrival', 'dead_letter', 'notify'].map(pushPath)).toEqual([
    ...['/tick', '/ingest', '/load', '/file-arrival', '/dead-letter', '/notify'],
  ])
  expect(() => pushPath('backfill')).toThrow('queue.topics.backfill has no route')
})
