import { afterAll, beforeAll, expect, it } from 'vitest'
import { decide, type Principal } from '../../functions/access/decide.ts'
import { ROLES } from '../../functions/access/roles.ts'
import { addressOf } from '../../functions/api/contract/client.ts'
import { EXAMPLE, type Route } from '../../functions/api/contract/route.ts'
import { API, type ApiKey } from '../../functions/api/contract/routes.ts'
import { HANDLERS } from '../../functions/api/handlers.ts'
import { type ApiWorld, createApiWorld, startAs } from '../support/api-world.ts'

let api: ApiWorld
let server: Awaited<ReturnType<typeof startAs>>
beforeAll(async () => {
  api = await createApiWorld()
  server = await startAs(api)
})
afterAll(async () => {
  await server.close()
  await api.close()
})

async function ask(principal: Principal, key: ApiKey, example: Route['examples'][0]) {
  const { method, url } = addressOf(key, example)
  const answer = await fetch(`http://127.0.0.1:${server.port}${url}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-test-principal': JSON.stringify(principal),
      ...(example.ifMatch !== undefined && { 'if-match': `"${example.ifMatch}"` }),
    },
    ...(method !== 'GET' && { body: JSON.stringify(example.body ?? {}) }),
  })
  return { status: answer.status, text: await answer.text() }
}

// Sessions are those of one machine, and this server has none.
const served = (Object.entries(API) as [ApiKey, Route][]).filter(
  ([key]) => key in HANDLERS && !key.includes('/session'),
)
const SCOPES = [null, ['185001'], ['185002']] as const
const principals = ROLES.flatMap((role) =>
  SCOPES.map((shards): Principal => ({ name: `${role}@example.com`, role, shards })),
)

it.each(served)('%s is for the roles and scopes of its row, and for no other', async (key, route) => {
  const [example] = route.examples
  const shard = example.path?.['shard']
  for (const principal of principals) {
    const expected = decide(principal, route, shard === undefined ? null : { shard })
    const { status, text } = await ask(principal, key, example)
    const seen = [principal.role, principal.shards, status]
    if (expected === 'forbidden') expect(seen).toEqual([principal.role, principal.shards, 403])
    else if (expected === 'absent') expect(seen).toEqual([principal.role, principal.shards, 404])
    else expect(status, `${JSON.stringify(principal)} ${text}`).not.toBeOneOf([401, 405, 500])
    // An answer to a caller of one location names no other, nor the people and files of it.
    if (status < 300 && principal.shards !== null && route.scope === 'cut' && key.startsWith('GET ')) {
      const other = principal.shards.includes('185001') ? '185002' : '185001'
      expect(text.includes(other), `${key} tells ${principal.shards} of ${other}: ${text.slice(0, 300)}`).toBe(false)
    }
  }
})

it('hides the other location in every filter, page and action', async () => {
  const viewer: Principal = { name: 'v', role: 'admin', shards: ['185001'] }
  const { pipeline, window, stream } = EXAMPLE
  const hidden = { pipeline, window, shard: '185002', stream }
  const list = await ask(viewer, 'GET /api/slices', { title: '', query: { shard: '185002' } })
  expect(JSON.parse(list.text)).toEqual({ slices: [], total: null, nextPageToken: null })
  const one = await ask(viewer, 'GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { title: '', path: hidden })
  expect(one.status).toBe(404)
  const absent = await ask(viewer, 'GET /api/slices/{pipeline}/{window}/{shard}/{stream}', {
    title: '',
    path: { ...hidden, shard: '999' },
  })
  expect(JSON.parse(absent.text).code).toBe(JSON.parse(one.text).code)
  const retry = await ask(viewer, 'POST /api/slices:retry', { title: '', body: { slices: [hidden], reason: 'a' } })
  expect(JSON.parse(retry.text)).toMatchObject({ runId: null, results: [{ ok: false, code: 'NOT_FOUND' }] })
  const run = await ask(viewer, 'POST /api/runs', { title: '', body: { shards: ['185002'], reason: 'a' } })
  expect(run.status).toBe(404)
})
