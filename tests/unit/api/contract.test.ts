import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { addressOf, createClient } from '../../../functions/api/contract/client.ts'
import { type Route, route } from '../../../functions/api/contract/route.ts'
import { API } from '../../../functions/api/contract/routes.ts'
import { openApi } from '../../../functions/api/openapi.ts'
import { ERRORS } from '../../../functions/errors.ts'
import { statusOfCode } from '../../../functions/http/problem.ts'

const routes: readonly (readonly [string, Route])[] = Object.entries(API)

describe.each(routes)('%s', (key, { summary, query, body, examples, role, answer }) => {
  it('says in a sentence what it does', () => {
    expect(summary).toMatch(/^[A-Z`].*\.$/s)
  })

  it('has examples that fill its path, and that its own schemas take', () => {
    const names = [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const example of examples) {
      expect(Object.keys(example.path ?? {}).toSorted()).toEqual(names.toSorted())
      if (example.query) expect(query?.strict().safeParse(example.query)).toMatchObject({ success: true })
      if (body) expect(body.safeParse(example.body)).toMatchObject({ success: true })
      else expect(example.body).toBeUndefined()
    }
  })

  it('changes something only for callers with a name', () => {
    if (!key.startsWith('GET ')) expect(key === 'POST /api/session' || role !== 'public').toBe(true)
  })

  it('answers in a form that JSON Schema can say', () => {
    expect(() => z.toJSONSchema(answer)).not.toThrow()
  })
})

it('answers a fault of the caller with a status that says so', () => {
  const codes = new Set(routes.flatMap(([, { errors }]) => errors))
  const ours = [...codes].filter((code) => ERRORS[code].kind === 'usage' && statusOfCode(code) >= 500)
  expect(ours).toEqual([])
})

it('needs role, errors and an example of a route', () => {
  const whole = {
    summary: 'A.',
    role: 'viewer',
    scope: 'none',
    answer: z.null(),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'A' }],
  } as const
  const { role, errors, examples, ...rest } = whole
  expect(route(whole)).toBe(whole)
  // @ts-expect-error a route without a role
  route({ ...rest, errors, examples })
  // @ts-expect-error a route without errors
  route({ ...rest, role, examples })
  // @ts-expect-error a route without an example
  route({ ...rest, role, errors })
  // @ts-expect-error a route whose example its body does not take
  route({ ...whole, body: z.object({ reason: z.string() }), examples: [{ title: 'A', body: { reason: 1 } }] })
})

it('is an OpenAPI 3.1 document with one operation per route', async () => {
  const document = openApi()
  const checked = await new Validator().validate(structuredClone(document))
  expect(checked.errors ?? []).toEqual([])
  const ids = Object.values(document['paths'] as Record<string, Record<string, { operationId: string }>>).flatMap(
    (methods) => Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(routes.length)
})

describe('the client', () => {
  it('writes path and query as the server reads them', () => {
    expect(
      addressOf('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', {
        path: { pipeline: 'a/b', window: '2026-10-29', shard: 'x:y', stream: 's' },
      }),
    ).toEqual({ method: 'GET', url: '/api/slices/a%2Fb/2026-10-29/x%3Ay/s' })
    expect(addressOf('GET /api/slices', { query: { state: ['missing', 'held'], shard: [], pageSize: 5 } }).url).toBe(
      '/api/slices?state=missing&state=held&pageSize=5',
    )
  })

  it('knows types of path, query, body and answer', () => {
    const call = createClient()
    const ask = async () => {
      // @ts-expect-error a path without its id
      await call('GET /api/runs/{id}')
      // @ts-expect-error an unknown parameter
      await call('GET /api/runs', { query: { color: 'red' } })
      // @ts-expect-error a body without its reason
      await call('POST /api/runs/{id}:cancel', { path: { id: 'a' }, body: {} })
      const { runs } = await call('GET /api/runs', { query: { state: ['failed'] } })
      // @ts-expect-error no member of a run
      return runs.map(({ colour }) => colour)
    }
    expect(ask).toBeTypeOf('function')
  })
})
