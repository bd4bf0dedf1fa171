import { expect, it } from 'vitest'
import type { ApiContext } from '../../../functions/api/context.ts'
import { API } from '../../../functions/api/contract/routes.ts'
import { createKeptAnswers } from '../../../functions/api/kept-answers.ts'

const KEY = 'GET /api/metrics'
const BODY = { series: 'rows', by: 'day', unit: 'rows', points: [] } as const
const VIEWER = { name: 'ana', role: 'viewer', shards: null, csrf: null } as const

/** Answers over a ledger that is changed by hand, and how often one was made. */
function world() {
  const state = { mark: '1', now: 0, made: 0 }
  const ledger = { reads: { changeMark: async () => state.mark } } as unknown as ApiContext['ledger']
  const answers = createKeptAnswers({ ledger, now: () => state.now })
  const asking: Parameters<typeof answers.answer>[0] = {
    key: KEY,
    route: API[KEY],
    url: '/api/metrics',
    accept: 'application/json',
    principal: VIEWER,
  }
  const ask = (more: Partial<Parameters<typeof answers.answer>[0]> = {}) =>
    answers.answer({ ...asking, ...more }, async () => {
      state.made++
      return { body: BODY }
    })
  return { state, ask }
}

it('is made once for all who ask the same, at once or later, also by another name', async () => {
  const { state, ask } = world()
  const [first, second] = await Promise.all([ask(), ask()])
  expect(first?.stored.body).toBe(JSON.stringify(BODY))
  expect(second?.tag()).toBe(first?.tag())
  await ask({ principal: { ...VIEWER, name: 'ben' } })
  expect(state.made).toBe(1)
})

it('is made again after a change of the ledger, after five seconds, and for another question, role or scope', async () => {
  const { state, ask } = world()
  await ask()
  state.mark = '2'
  await ask()
  state.now = 5_000
  await ask()
  await ask({ url: '/api/metrics?by=location' })
  await ask({ principal: { ...VIEWER, role: 'operator' } })
  await ask({ principal: { ...VIEWER, shards: ['1'] } })
  expect(state.made).toBe(6)
})

it('is not kept for other routes, for Prometheus, or when it fails', async () => {
  const { state, ask } = world()
  expect(await ask({ key: 'GET /api/me' })).toBeNull()
  expect(await ask({ accept: 'text/plain' })).toBeNull()
  expect(state.made).toBe(0)
})
