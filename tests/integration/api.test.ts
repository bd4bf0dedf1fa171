import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { addressOf, createClient } from '../../functions/api/contract/client.ts'
import { EXAMPLE, type Example, type Route } from '../../functions/api/contract/route.ts'
import { API, type ApiKey } from '../../functions/api/contract/routes.ts'
import { Problem } from '../../functions/api/contract/values.ts'
import { HANDLERS } from '../../functions/api/handlers.ts'
import { type Served, serveLaptop } from '../../functions/compose/serve.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import { type ApiWorld, createApiWorld, PROGRAM, UNLIMITED } from '../support/api-world.ts'
import { connect } from '../support/live-world.ts'
import { silent } from '../support/world.ts'

let api: ApiWorld
let served: Served
let token = ''
beforeAll(async () => {
  api = await createApiWorld()
  served = await serveLaptop(api.project, {
    ...{ clock: api.world.clock, log: silent, env: {}, port: 0, version: '1.2.3', program: PROGRAM },
    ...{ dashboard: null, isWorking: false, limits: UNLIMITED },
  })
  token = (await readFile(join(api.project.home, 'token'), 'utf8')).trim()
})
afterAll(async () => {
  await served.close()
  await api.close()
})

const bearer = () => ({ authorization: `Bearer ${token}` })
const client = () => createClient({ base: `http://127.0.0.1:${served.port}`, headers: bearer })

async function send(
  key: ApiKey,
  { path, query, body, ifMatch }: Omit<Example, 'title'>,
  headers: Record<string, string> = {},
) {
  const { method, url } = addressOf(key, { path, query })
  return await fetch(`http://127.0.0.1:${served.port}${url}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...bearer(),
      ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
      ...headers,
    },
    ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
  })
}

/** Ids of this world in the place of those of the examples. */
async function idsOf(): Promise<ReadonlyMap<string, string>> {
  const call = client()
  const { runs } = await call('GET /api/runs')
  const { incidents } = await call('GET /api/incidents', {
    query: { state: ['open', 'acknowledged', 'snoozed', 'resolved'] },
  })
  const { backfills } = await call('GET /api/backfill')
  const { tokens } = await call('GET /api/tokens')
  const { pipeline, window, shard, stream } = EXAMPLE
  const { versions } = await call('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', {
    path: { pipeline, window, shard, stream },
  })
  const [, oldest] = versions.toReversed()
  return new Map([
    [EXAMPLE.run, runs[0]?.id ?? ''],
    [EXAMPLE.incident, (incidents.find(({ state }) => state !== 'resolved') ?? incidents[0])?.id ?? ''],
    [EXAMPLE.backfill, backfills[0]?.id ?? ''],
    [EXAMPLE.version, versions[0]?.version ?? ''],
    [EXAMPLE.other, versions.at(-1)?.version ?? oldest?.version ?? ''],
    [EXAMPLE.token, tokens[0]?.id ?? ''],
    ['TOKEN', served.sessions.issue()],
  ])
}

async function filled(example: Example): Promise<Example> {
  let text = JSON.stringify(example)
  for (const [id, real] of await idsOf()) text = text.replaceAll(id, real)
  return JSON.parse(text)
}

const routes = Object.entries(API) as [ApiKey, Route][]
const servedRoutes = routes.filter(([key]) => key in HANDLERS)

it('serves every route but those that are still to come', () => {
  expect(
    routes.flatMap(([key]) => (key in HANDLERS ? [] : [key.replace(/^[A-Z]+ \/api\/([a-z-]+).*$/, '$1')])),
  ).toEqual(['live'])
})

// In the order of the table: a backfill is begun before it is paused.
describe.each(servedRoutes)('%s', (key, route) => {
  it.each(route.examples.map((example) => [example.title, example] as const))(
    '%s: answers as its schema says',
    async (_, example) => {
      if (key === 'POST /api/runs/{id}:cancel') await send('POST /api/runs', API['POST /api/runs'].examples[0])
      if (key === 'GET /api/backfill/{id}') await send('POST /api/backfill', API['POST /api/backfill'].examples[0])
      const answer = await send(key, await filled(example))
      const text = await answer.text()
      expect([answer.status, answer.status >= 400 ? text : ''], text.slice(0, 500)).toEqual([route.status ?? 200, ''])
      if (answer.headers.get('content-type')?.startsWith('application/json') !== true) return
      const json = JSON.parse(text)
      // A member that the schema does not name would be gone after parsing.
      expect(route.answer.parse(json)).toEqual(json)
    },
  )
})

it('leaves one row in the audit for every write', async () => {
  const { entries } = await client()('GET /api/audit', { query: { pageSize: 500 } })
  const writes = servedRoutes.filter(([key]) => !key.startsWith('GET '))
  const actions = entries.filter(({ requestId }) => requestId !== null)
  expect(actions.length).toBeGreaterThanOrEqual(writes.length)
  const before = actions.length
  for (const [key, route] of writes) {
    const answer = await send(key, await filled(route.examples[0]))
    await answer.arrayBuffer()
    const { entries: now } = await client()('GET /api/audit', { query: { pageSize: 500 } })
    const own = now.filter(({ requestId }) => requestId === answer.headers.get('x-request-id'))
    expect([key, own.length]).toEqual([key, answer.ok ? 1 : 0])
  }
  expect(before).toBeGreaterThan(0)
})

describe('the guard', () => {
  const FOREIGN = [
    { host: 'evil.test' },
    { origin: 'https://evil.test' },
    { 'content-type': 'text/plain' },
    { 'sec-fetch-site': 'cross-site' },
    { 'x-forwarded-for': '127.0.0.1' },
  ] as const

  it.each(FOREIGN)('refuses %j on every route, with the token as well', async (headers) => {
    for (const [key, { examples }] of servedRoutes) {
      const { method, url } = addressOf(key, examples[0])
      if (method === 'GET' && 'content-type' in headers) continue
      expect([key, await raw(method, url, { ...bearer(), ...headers })]).toEqual([key, 403])
    }
  })

  it('answers no path to a caller without a session or a token', async () => {
    for (const [key, { role, examples }] of servedRoutes) {
      if (role === 'public') continue
      const { method, url } = addressOf(key, examples[0])
      expect([key, await raw(method, url, {})]).toEqual([key, 401])
    }
    expect(await raw('GET', '/api/nothing', {})).toBe(401)
  })

  function raw(method: string, path: string, headers: Record<string, string>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const sent = request({
      port: served.port,
      path,
      method,
      // Node sends no length of a body with DELETE by itself.
      headers: {
        'content-type': 'application/json',
        ...(method !== 'GET' && { 'content-length': '2' }),
        ...headers,
      },
    })
    sent.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end(method === 'GET' ? undefined : '{}')
    return promise
  }
})

it('takes the tokens that it made, and shows the key that proves them', async () => {
  const { token: made, id } = await client()('POST /api/tokens', { body: { name: 'script', role: 'viewer', days: 1 } })
  const ask = async (path: string) =>
    await fetch(`http://127.0.0.1:${served.port}${path}`, { headers: { authorization: `Bearer ${made}` } })
  expect(await (await ask('/api/me')).json()).toMatchObject({ name: 'this-machine', role: 'viewer', csrf: null })
  expect((await ask('/api/audit')).status).toBe(403)
  const { keys } = (await (await ask('/.well-known/jwks.json')).json()) as { keys: Record<string, string>[] }
  expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
  await client()('DELETE /api/tokens/{id}', { path: { id } })
  expect((await ask('/api/me')).status).toBe(401)
})

it('previews one question over the tables of its pipeline, and refuses all else', async () => {
  const table = 'toast.order_details'
  const ask = async (sql: string) => await send('POST /api/query:preview', { body: { sql } })
  const count = async () => await (await ask(`SELECT count(*) FROM ${table}`)).json()
  const { rows } = (await count()) as { rows: unknown }
  for (const sql of [
    `INSERT INTO ${table} SELECT * FROM ${table}`,
    `SELECT 1; DROP TABLE ${table}`,
    `EXPORT DATABASE '${api.project.home}/stolen'`,
    `SELECT * FROM read_csv('${api.project.home}/token', header = false)`,
    `SELECT * FROM other.order_details`,
  ]) {
    const answer = await ask(sql)
    const text = await answer.text()
    expect([sql, answer.status], text).toEqual([sql, 400])
    expect(text).not.toContain(token)
  }
  expect(await count()).toMatchObject({ rows })
})

describe('signing in', () => {
  const page = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${served.port}${path}`, { redirect: 'manual', headers })

  it('changes the token of a link for a cookie, once, and cleans the address', async () => {
    const url = new URL(served.link())
    const first = await page(`/days/2026-10-29?from=a&token=${url.searchParams.get('token')}`)
    expect(first.status).toBe(303)
    expect(first.headers.get('location')).toBe('/days/2026-10-29?from=a')
    const cookie = first.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^daybreak=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
    const second = await page(url.pathname + url.search)
    expect([second.status, second.headers.get('set-cookie')]).toEqual([401, null])
    const me = await page('/api/me', { cookie: cookie.split(';')[0] ?? '' })
    expect(await me.json()).toMatchObject({
      name: 'this-machine',
      role: 'admin',
      csrf: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('takes a write of a session only with its own token in a header', async () => {
    const { searchParams } = new URL(served.link())
    const entered = await send(
      'POST /api/session',
      { body: { token: searchParams.get('token') ?? '' } },
      { authorization: '' },
    )
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? ''
    const { csrf } = (await entered.json()) as { csrf: string }
    const write = async (headers: Record<string, string>) => {
      const answer = await page('/api/pipelines:validate', headers)
      await answer.arrayBuffer()
      return answer.status
    }
    const post = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${served.port}/api/pipelines:validate`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', cookie, ...headers },
      }).then(({ status }) => status)
    expect(await write({ cookie })).toBe(405)
    expect(await post({})).toBe(403)
    expect(await post({ 'x-daybreak-csrf': 'a'.repeat(64) })).toBe(403)
    expect(await post({ 'x-daybreak-csrf': csrf })).toBe(200)
  })

  it('tells a page of changes while its session lasts', async () => {
    const cookie = served.sessions.enter(served.sessions.issue()).cookie.split(';')[0] ?? ''
    const page = await connect(served.port, {
      token: null,
      headers: { cookie, origin: `http://127.0.0.1:${served.port}` },
    })
    page.hello()
    await page.until((messages) => messages.some(({ type }) => type === 'ready'))
    const route = API['POST /api/incidents/{id}:note']
    expect((await send('POST /api/incidents/{id}:note', await filled(route.examples[0]))).status).toBe(200)
    await page.until(() => page.topics().includes('incidents'))
    expect((await send('GET /api/live', {})).status).toBe(400)
  })

  it('sends the headers that keep a page to itself', async () => {
    for (const path of ['/', '/docs', '/api/me', '/runs/last']) {
      const { headers } = await page(path)
      expect(headers.get('content-security-policy')).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-powered-by')).toBe(null)
    }
  })
})

const SLICE = {
  pipeline: EXAMPLE.pipeline,
  window: EXAMPLE.window,
  shard: EXAMPLE.shard,
  stream: EXAMPLE.stream,
}

function nested(levels: number): unknown {
  return levels === 0 ? 0 : [nested(levels - 1)]
}

/** The token with another place. */
function forged(token: string | null, place: unknown): string {
  const [hash] = JSON.parse(Buffer.from(token ?? '', 'base64url').toString('utf8'))
  return Buffer.from(JSON.stringify([hash, place])).toString('base64url')
}

describe('answers', () => {
  it('are not sent again to a caller who has them', async () => {
    const first = await send('GET /api/pipelines', {})
    const tag = first.headers.get('etag') ?? ''
    const second = await send('GET /api/pipelines', {}, { 'if-none-match': tag })
    expect([tag.length > 10, second.status, await second.text()]).toEqual([true, 304, ''])
  })

  it('come in pages that hold each slice once, and a token of other filters is refused', async () => {
    const call = client()
    const all = await call('GET /api/slices', { query: { pageSize: 500 } })
    const seen: string[] = []
    for (let pageToken: string | undefined; ; ) {
      const page = await call('GET /api/slices', { query: { pageSize: 3, ...(pageToken && { pageToken }) } })
      seen.push(...page.slices.map(({ window, shard, stream }) => `${window}/${shard}/${stream}`))
      if (page.nextPageToken === null) break
      pageToken = page.nextPageToken
    }
    expect(seen).toEqual(all.slices.map(({ window, shard, stream }) => `${window}/${shard}/${stream}`))
    const { nextPageToken } = await call('GET /api/slices', { query: { pageSize: 3 } })
    for (const query of [
      { pageSize: '3', shard: '185001', pageToken: nextPageToken ?? '' },
      { pageToken: 'bm9uc2Vuc2U' },
      { pageToken: nextPageToken?.slice(3) ?? '' },
      { pageSize: '3', pageToken: forged(nextPageToken, { window: 1, shard: {}, stream: null }) },
      { pageSize: '3', pageToken: forged(nextPageToken, {}) },
      { pageSize: '3', pageToken: forged(nextPageToken, [1]) },
    ])
      expect((await send('GET /api/slices', { query })).status).toBe(400)
  })

  it('say the faults of a request by place, as problem documents', async () => {
    const answer = await send('POST /api/slices:retry', { body: { slices: [], colour: 'red' } })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const problem = Problem.parse(await answer.json())
    expect(problem).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
      instance: answer.headers.get('x-request-id'),
    })
    expect(problem.errors?.map(({ pointer }) => pointer).toSorted()).toEqual(['/colour', '/reason', '/slices'])
    expect((await send('GET /api/slices', { query: { color: 'red' } })).status).toBe(400)
    expect(await (await send('GET /api/runs/{id}', { path: { id: 'nope' } })).json()).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it.each([
    ['a member that a slice does not have', { slices: [{ ...SLICE, colour: 'red' }], reason: 'a' }],
    ['text with a NUL', { slices: [SLICE], reason: 'a\0b' }],
    ['a name with a NUL', { slices: [SLICE], reason: 'a', 'a\0': 1 }],
    ['nesting of a thousand levels', { slices: [SLICE], reason: 'a', deep: nested(1000) }],
    ['null', null],
    ['a list', []],
    ['a number', 7],
  ])('refuse a body: %s', async (_, body) => {
    const answer = await send('POST /api/slices:waive', { body })
    expect(Problem.parse(await answer.json())).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })

  it.each([
    ['GET /api/status', { from: 'yesterday' }],
    ['GET /api/status', { to: '2026-02-30' }],
    ['GET /api/metrics', { series: 'rows', by: 'day', from: '0' }],
    ['GET /api/costs', { to: '2026-1-1' }],
    ['GET /api/rejects', { from: '0001-01-01', to: '9999-12-31' }],
    ['GET /api/rejects/groups', { by: 'rule', from: 'x' }],
    ['GET /api/slices', { shard: 'a\0' }],
    ['GET /api/slices', { 'a\0': '1' }],
  ] as const)('refuse a question: %s with %o', async (key, query) => {
    const answer = await send(key, { query })
    expect(Problem.parse(await answer.json())).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })

  it('refuse a path with a NUL', async () => {
    expect((await send('GET /api/runs/{id}', { path: { id: 'a\0b' } })).status).toBe(400)
  })

  it('show what changed between two versions of a file', async () => {
    const { pipeline, window, shard, stream } = EXAMPLE
    const path = { pipeline, window, shard, stream }
    const { versions, sentence } = await client()('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path })
    expect(versions.map(({ isPublished }) => isPublished)).toEqual([true, false])
    expect(sentence).toContain('after 1 correction')
    const [now, before] = versions
    const diff = await client()('GET /api/slices/{pipeline}/{window}/{shard}/{stream}/versions/{version}:diff', {
      path: { ...path, version: now?.version ?? '' },
      query: { with: before?.version ?? '' },
    })
    expect(diff).toMatchObject({ added: 1, removed: 0, changed: 0, rows: [{ kind: 'added' }] })
    const amount = Number(now?.totals?.['amount']) - Number(before?.totals?.['amount'])
    expect(Number(diff.totals['amount'])).toBeCloseTo(amount, 6)
  })

  it('count every cell of the matrix', async () => {
    const status = await client()('GET /api/status', { query: { from: '2026-10-29', to: '2026-10-29' } })
    const [column] = status.windows
    expect(column?.cells.length).toBe(status.shards.length * status.streams.length)
    expect(column?.verdicts).toBe('ci')
    expect(column?.cells).toContain('q')
    expect(status.sentence).toBe('1 of 2 locations is complete for 2026-10-29. Incomplete: West.')
  })

  it('add the main amount of the newest window up to the cent', async () => {
    const { headline } = await client()('GET /api/status', { query: { from: '2026-10-29', to: '2026-10-29' } })
    const { slices } = await client()('GET /api/slices', {
      query: { shard: [], stream: ['order_details'], state: ['loaded'], from: '2026-10-29', to: '2026-10-29' },
    })
    const cents = await Promise.all(
      slices.map(async ({ pipeline, window, shard, stream }) => {
        const path = { pipeline, window, shard, stream }
        const one = await client()('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path })
        return Math.round(Number(one.delivery?.totals['amount']) * 100)
      }),
    )
    expect(cents.length).toBeGreaterThan(0)
    expect(headline).toMatchObject({ label: 'net sales', window: '2026-10-29' })
    expect(Math.round(Number(headline?.amount) * 100)).toBe(cents.reduce((sum, each) => sum + each, 0))
  })

  it('plan a run with what the ledger knows of it, and begin none', async () => {
    const before = await client()('GET /api/runs', { query: { pageSize: 1 } })
    const query = { validateOnly: true }
    const body = {
      windows: ['2026-10-29'],
      shards: ['185001'],
      streams: ['order_details'],
      reason: 'x',
    }
    const { plan, runId, state } = await client()('POST /api/runs', { query, body })
    expect([runId, state]).toEqual([null, null])
    expect(plan).toMatchObject({ windows: ['2026-10-29'], shards: ['185001'], slices: 1 })
    expect(Object.values(plan?.states ?? {})).toEqual([1])
    const due = await client()('POST /api/runs', { query, body: { fromArchive: true, reason: 'x' } })
    expect(due.plan?.windows).toContain('2026-10-29')
    expect(due.plan?.slices).toBeGreaterThan(1)
    expect(await client()('GET /api/runs', { query: { pageSize: 1 } })).toEqual(before)
  })

  it('export rows of the locations that are named, and of no other', async () => {
    const path = { stream: 'order_details' }
    const range = { from: '2026-10-29', to: '2026-10-29' }
    const rowsOf = async (shard: readonly string[]) => {
      const query = { ...range, shard: [...shard] }
      const text = String(await client()('GET /api/tables/{stream}/rows', { path, query }))
      return text.trim().split('\r\n').slice(1)
    }
    const [all, east, west] = [await rowsOf([]), await rowsOf(['185001']), await rowsOf(['185002'])]
    // The files of the other location are held.
    expect(east.length).toBeGreaterThan(0)
    expect([east, west]).toEqual([all, []])
    expect(await rowsOf(['185001', '185002'])).toEqual(all)
    await expect(rowsOf(['185003'])).rejects.toThrow(/shard: "185003" is unknown/)
  })

  it('plan a backfill with what is archived and what the source keeps', async () => {
    const plan = async (day: string) => await client()('POST /api/backfill:plan', { body: { from: day, to: day } })
    const known = await plan('2026-10-29')
    expect(known).toMatchObject({ goneSlices: 0, gone: [], fromArchive: known.slices - known.fromSource })
    expect(known.fromArchive).toBeGreaterThan(0)
  })

  it('plan a backfill with its time, its cost and what it waits for', async () => {
    const plan = async () =>
      await client()('POST /api/backfill:plan', { body: { from: '2026-10-29', to: '2026-10-29', force: true } })
    const { estimate, limit, waitsFor, fromArchive, fromSource } = await plan()
    expect(estimate.slices).toBe(fromArchive + fromSource)
    expect(estimate.runs).toBeGreaterThan(0)
    expect(estimate).toMatchObject({ cost: null, bytesBilled: 0 })
    expect([limit, waitsFor]).toEqual([null, []])
    const range = {
      pipeline: 'toast',
      from: '2026-10-20',
      to: '2026-10-31',
      next: '2026-10-25',
      runIds: [],
      reason: null,
    }
    const { backfill } = {
      backfill: { ...range, id: 'earlier', state: 'queued', shards: ['185002'], streams: [] } as const,
    }
    const flags = {
      unit: 'day',
      fromArchive: false,
      force: false,
      reload: false,
      createdAt: 1,
      updatedAt: 1,
      version: 0,
    } as const
    await served.daybreak.people.apply([{ change: 'backfill', backfill: { ...backfill, ...flags } }])
    expect((await plan()).waitsFor).toEqual([{ id: 'earlier', state: 'queued', from: '2026-10-25', to: '2026-10-31' }])
    await served.daybreak.people.apply([
      { change: 'backfill', backfill: { ...backfill, ...flags, state: 'cancelled', version: 1 } },
    ])
    expect((await plan()).waitsFor).toEqual([])
  })

  it('add up rows and rejects alike by day, stream and location', async () => {
    const sumOf = async (series: 'rows' | 'bytes', by: 'day' | 'stream' | 'location') => {
      const { points } = await client()('GET /api/metrics', { query: { series, by } })
      expect(points.map(({ key }) => key)).not.toContain('rejects')
      return points.reduce((sum, { value }) => sum + (value ?? 0), 0)
    }
    for (const series of ['rows', 'bytes'] as const) {
      const day = await sumOf(series, 'day')
      expect(day).toBeGreaterThan(0)
      expect([await sumOf(series, 'stream'), await sumOf(series, 'location')]).toEqual([day, day])
    }
  })

  it('share costs among locations by the bytes of their files', async () => {
    const { points, total, note } = await client()('GET /api/costs', {
      query: { by: 'location', from: '2026-10-29', to: '2026-10-30' },
    })
    expect(points.map(({ key }) => key).toSorted()).toEqual(['185001', '185002'])
    expect(points.map(({ bytes }) => bytes > 0)).toEqual([true, true])
    expect(points.reduce((sum, { cost }) => sum + Number(cost), 0)).toBe(Number(total))
    expect(note).toContain('on this machine')
  })

  it('say how late a location is by weekday, and who to ask', async () => {
    const { points } = await client()('GET /api/metrics', {
      query: { series: 'lateness', by: 'weekday', shard: ['185001'] },
    })
    // 29 October 2026 is a Thursday.
    expect(points.filter(({ value }) => value !== null).map(({ key }) => key)).toEqual(['4'])
    const { contacts, closeout } = await client()('GET /api/locations/{shard}', { path: { shard: '185001' } })
    expect(contacts).toEqual([{ name: 'Kim', role: null, email: null, phone: '+1 212 555 0100' }])
    expect(closeout).toBe('04:00')
  })

  it('count the checks that failed by window', async () => {
    const { points, failures, checks } = await client()('GET /api/quality/{stream}', {
      path: { stream: 'order_details' },
    })
    expect(points.reduce((sum, { failedChecks }) => sum + failedChecks, 0)).toBe(
      failures.reduce((sum, { slices }) => sum + slices, 0),
    )
    expect(new Set(failures.map(({ check }) => check))).toEqual(new Set(checks.map(({ check }) => check)))
  })

  it('report the month against its goals, as JSON and as a file', async () => {
    const { reports } = await client()('GET /api/sla', { query: { month: '2026-10' } })
    expect(reports.map(({ pipeline, figures }) => [pipeline, figures.length])).toEqual([['toast', 5]])
    const csv = await send('GET /api/sla', { query: { month: '2026-10', format: 'csv' } })
    expect(csv.headers.get('content-type')).toContain('text/csv')
    expect((await csv.text()).split('\n').length).toBeGreaterThan(5)
  })

  it('say of an incident who is on call, and when the source deletes the file', async () => {
    const { incidents } = await client()('GET /api/incidents')
    const missing = incidents.filter(({ kind }) => kind === 'missing')
    expect(missing.map(({ goneAt }) => goneAt)).not.toContain(null)
    expect(incidents.filter(({ kind, goneAt }) => kind === 'refused' && goneAt !== null)).toEqual([])
    const { rotations } = await client()('GET /api/on-call')
    const { onCall } = await client()('GET /api/incidents/{id}', { path: { id: incidents[0]?.id ?? '' } })
    expect(onCall).toBe(rotations.map(({ person, rotation }) => `${person} (${rotation})`).join(', '))
  })

  it('give figures to Prometheus in its own format', async () => {
    const answer = await send('GET /api/metrics', {}, { accept: 'text/plain' })
    const text = await answer.text()
    expect(text).toMatch(/^daybreak_slices\{pipeline="toast",state="loaded"\} \d+$/m)
    expect(text).toContain('daybreak_info{version="1.2.3"} 1')
  })
})

it('changes a setting only for a caller who has seen it, and none that a file defines', async () => {
  const put = async (kind: string, id: string, ifMatch?: number) => {
    const body = { levels: [{ to: 'role admin' }], ack_lasts: '2h' }
    const answer = await send('PUT /api/settings/{kind}/{id}', {
      ...{ path: { kind, id }, body },
      ...(ifMatch !== undefined && { ifMatch }),
    })
    return [answer.status, Problem.partial().parse(await answer.json()).code]
  }
  expect(await put('policies', 'day')).toEqual([428, 'PRECONDITION_REQUIRED'])
  expect(await put('policies', 'day', 3)).toEqual([412, 'PRECONDITION_FAILED'])
  expect(await put('policies', 'day', 0)).toEqual([200, undefined])
  expect(await put('policies', 'day', 0)).toEqual([412, 'PRECONDITION_FAILED'])
  expect(await put('policies', 'day', 1)).toEqual([200, undefined])
  const { body } = await client()('GET /api/settings/{kind}/{id}', { path: { kind: 'policies', id: 'day' } })
  expect(body).toMatchObject({ repeat_after: '30m', ack_lasts: '2h' })
  expect(await put('policies', 'night', 0)).toEqual([409, 'STATE_CONFLICT'])
  expect(await put('colours', 'day', 0)).toEqual([404, 'NOT_FOUND'])
})

it.each([
  ['POST /api/session:link', {}, 'url'],
  ['POST /api/tokens', { name: 'a script', role: 'viewer' }, 'token'],
] as const)('%s shows its secret once, and keeps it nowhere', async (key, body, secret) => {
  const headers = { 'idempotency-key': `secret of ${key}`.replaceAll(' ', '-') }
  const first = await send(key, { body }, headers)
  const shown = String(((await first.json()) as Record<string, unknown>)[secret])
  expect([first.status, shown.length > 60]).toEqual([201, true])
  const again = await send(key, { body }, headers)
  expect(Problem.parse(await again.json())).toMatchObject({ status: 409, code: 'STATE_CONFLICT' })
  const at = served.daybreak.ports.clock.now()
  const kept = await served.daybreak.people.beginRequest({
    ...{ principal: 'this-machine', key: headers['idempotency-key'], hash: '', at },
    ...{ writeId: 'w', holder: 'h', owner: null, leasedUntil: at + 1 },
  })
  expect(JSON.stringify(kept)).not.toContain(shown.split('token=').at(-1))
})

it('marks every route whose answer holds a secret as one that is shown once', () => {
  const routes: readonly (readonly [string, Route])[] = Object.entries(API)
  const membersOf = ({ answer }: Route) => (answer instanceof z.ZodObject ? Object.keys(answer.shape) : [])
  const holding = routes.filter(([, route]) =>
    membersOf(route).some((name) => /^(token|url|secret|password)$/.test(name)),
  )
  expect(holding.map(([key]) => key)).toEqual(['POST /api/session:link', 'POST /api/tokens'])
  expect(holding.every(([, { isShownOnce }]) => isShownOnce)).toBe(true)
})

it('resolves a root with its members, and a root with its last member', async () => {
  const call = client()
  const { people, ports } = served.daybreak
  const open = async (shard: string) => {
    const causes = ['paid', 'tax'].map((name) => incidentCause.check('toast', shard, name))
    const root = incidentCause.day('toast', shard, '2026-10-28')
    const opening = { severity: 'warning', runId: null, at: ports.clock.now() } as const
    const reason = { code: 'DAY_DISPUTED', message: 'they differ' } as const
    await people.apply(
      [...causes, root].map((cause) => ({ change: 'incident_opened', ...cause, ...opening, reason }) as const),
    )
    const { incidents } = await call('GET /api/incidents', { query: { shard, members: true, pageSize: 500 } })
    const idOf = (key: string) => incidents.find((incident) => incident.key === key)?.id ?? ''
    const ids = causes.map(({ key }) => idOf(key))
    const parentId = idOf(root.key)
    await people.apply(ids.map((id) => ({ change: 'incident_placed', id, parentId }) as const))
    return { root: parentId, ids }
  }
  const statesOf = async (ids: readonly string[]) =>
    await Promise.all(ids.map(async (id) => (await people.reads.incident(id))?.state))
  const first = await open('185001')
  await call('POST /api/incidents/{id}:resolve', { path: { id: first.root }, body: { reason: 'seen' } })
  expect(await statesOf([first.root, ...first.ids])).toEqual(['resolved', 'resolved', 'resolved'])
  const second = await open('185001')
  const [paid = '', tax = ''] = second.ids
  const { root } = await call('GET /api/incidents/{id}', { path: { id: paid } })
  expect(root).toBe(second.root)
  await call('POST /api/incidents/{id}:resolve', { path: { id: paid }, body: { reason: 'seen' } })
  expect(await statesOf([second.root, paid, tax])).toEqual(['open', 'resolved', 'open'])
  await call('POST /api/incidents/{id}:resolve', { path: { id: tax }, body: { reason: 'seen' } })
  expect(await statesOf([second.root, paid, tax])).toEqual(['resolved', 'resolved', 'resolved'])
})

it('begins one run for fifty copies of a request with one key, and refuses the key for another', async () => {
  const body = { windows: ['2026-10-29'], reason: 'once' }
  const headers = { 'idempotency-key': 'once' }
  const answers = await Promise.all(Array.from({ length: 50 }, () => send('POST /api/runs', { body }, headers)))
  const ids = new Set(
    await Promise.all(answers.map(async (answer) => ((await answer.json()) as { runId: string }).runId)),
  )
  expect([ids.size, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([202])])
  const other = await send('POST /api/runs', { body: { ...body, reason: 'twice' } }, headers)
  expect(await other.json()).toMatchObject({ status: 422, code: 'KEY_REUSED' })
})
