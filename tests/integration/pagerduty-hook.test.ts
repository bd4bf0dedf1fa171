import { createHmac } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createServiceSite, type ServiceSite } from '../../functions/compose/site.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { type RunningServer, startServer } from '../../functions/http/server.ts'
import { dedupKey } from '../../functions/notify/render/pagerduty.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const SECRET = 'secret-of-the-subscription'
const NOTIFY = NotifyConfig.parse({
  version: 1,
  channels: {
    pager: { kind: 'pagerduty', key: 'secret://pd', webhook: 'secret://pd-webhook' },
    other: { kind: 'pagerduty', key: 'secret://pd' },
  },
})

let world: World
let daybreak: Awaited<ReturnType<World['open']>>
let site: ServiceSite
let server: RunningServer
beforeAll(async () => {
  world = await createWorld({ now: at('2026-10-30T18:00:00Z') })
  daybreak = await world.open()
  await mkdir(world.project.secretsDir, { recursive: true })
  await writeFile(join(world.project.secretsDir, 'pd-webhook'), `${SECRET}\n`)
  const keys = 'https://login.example.com/keys'
  site = await createServiceSite({
    project: { ...world.project, notify: NOTIFY },
    auth: { kind: 'oidc', issuer: 'https://login.example.com', keys, audience: 'daybreak' },
    ...{ open: async () => daybreak, root: ROOT, env: {}, version: 'test' },
    work: (_, response) => void response.end(),
    stopping: new AbortController().signal,
    traced: (_, work) => work(),
  })
  const { handler, upgrades } = site
  server = await startServer({ handler, upgrades, host: '127.0.0.1', port: 0, maxBodyBytes: 10_000 })
})
afterAll(async () => {
  await server.drain(1_000, () => undefined)
  await site.close()
  await daybreak.close()
  await world.close()
})

let id: string
let key: string
let pipelines = 0
beforeEach(async () => {
  const cause = incidentCause.source(`p${pipelines++}`)
  const reason = { code: 'SOURCE_UNREACHABLE', message: 'no answer' } as const
  const now = world.clock.now()
  await daybreak.people.apply([
    { change: 'incident_opened', ...cause, severity: 'error', reason, runId: null, at: now },
  ])
  const { rows } = await daybreak.people.reads.incidentPage({ states: ['open'], limit: 500 })
  const opened = rows.find((incident) => incident.key === cause.key)
  id = opened?.id ?? ''
  key = dedupKey(`${world.project.environment.environment}/${cause.key}/${id}`)
})

/** An event as PagerDuty sends it. */
const eventOf = (changes: object = {}, data: object = {}) => ({
  event: {
    ...{ id: '01DEVENT', event_type: 'incident.acknowledged', resource_type: 'incident' },
    occurred_at: new Date(world.clock.now()).toISOString(),
    agent: { type: 'user_reference', id: 'PANA', summary: 'Ana Lima' },
    data: { id: 'PINC', type: 'incident', status: 'acknowledged', incident_key: key, ...data },
    ...changes,
  },
})

const sign = (body: string, secret = SECRET) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`

async function send(body: string, signature = sign(body), channel = 'pager') {
  const answer = await fetch(`http://127.0.0.1:${server.port}/hooks/pagerduty/${channel}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-pagerduty-signature': signature },
    body,
  })
  const { result, code } = (await answer.json()) as { result?: string; code?: string }
  return [answer.status, result ?? code]
}

const stateNow = async () => (await daybreak.people.reads.incident(id))?.state
const timeline = async () => await daybreak.people.reads.incidentEvents(id)

describe('an acknowledgement in PagerDuty', () => {
  it('acknowledges the incident; its timeline and the audit say who did it', async () => {
    expect(await send(JSON.stringify(eventOf()))).toEqual([200, 'acknowledged'])
    expect(await stateNow()).toBe('acknowledged')
    expect(await timeline()).toMatchObject([
      { actor: 'pagerduty/pager', kind: 'acknowledged', text: 'by Ana Lima in PagerDuty' },
    ])
    const { rows } = await daybreak.people.reads.auditPage({ subject: id, limit: 10 })
    expect(rows).toMatchObject([{ actor: 'pagerduty/pager', action: 'incident.acknowledged' }])
  })

  it('is found by one of several signatures, as while the secret is rotated', async () => {
    const body = JSON.stringify(eventOf())
    expect(await send(body, `${sign(body, 'new')},${sign(body)}`)).toEqual([200, 'acknowledged'])
  })

  it('counts once: a copy does not silence the incident after the acknowledgement ran out', async () => {
    const body = JSON.stringify(eventOf())
    expect(await send(body)).toEqual([200, 'acknowledged'])
    await daybreak.people.apply([{ change: 'incident_state', id, state: 'open', at: world.clock.now() }])
    expect(await send(body)).toEqual([200, 'ignored'])
    expect(await stateNow()).toBe('open')
  })

  it.each([
    ['of another type', () => eventOf({ event_type: 'incident.resolved' })],
    ['older than 48 hours', () => eventOf({ occurred_at: '2026-10-28T17:59:59Z' })],
    ['from the future', () => eventOf({ occurred_at: '2026-11-30T00:00:00Z' })],
    ['from before the incident', () => eventOf({ occurred_at: '2026-10-30T10:00:00Z' })],
    ['about an alert of another system', () => eventOf({}, { incident_key: 'other' })],
  ])('that is %s changes nothing', async (_, event) => {
    expect(await send(JSON.stringify(event()))).toEqual([200, 'ignored'])
    expect(await stateNow()).toBe('open')
  })

  it.each([
    ['no signature', () => ''],
    ['a signature of another secret', (body: string) => sign(body, 'guess')],
    ['a signature of another body', () => sign('{}')],
    ['a signature of another version', (body: string) => sign(body).replace('v1', 'v0')],
    ['half a signature', (body: string) => sign(body).slice(0, 40)],
  ])('with %s is refused', async (_, signature) => {
    const body = JSON.stringify(eventOf())
    expect(await send(body, signature(body))).toEqual([401, 'UNAUTHENTICATED'])
    expect([await stateNow(), await timeline()]).toEqual(['open', []])
  })

  it.each(['other', 'absent', 'constructor'])(
    'for the channel %s, which takes none, is refused alike',
    async (name) => {
      const body = JSON.stringify(eventOf())
      expect(await send(body, sign(body), name)).toEqual([401, 'UNAUTHENTICATED'])
    },
  )

  it.each(['{}', 'nonsense', '{"event":{"event_type":"incident.acknowledged"}}', '[]'])(
    'signed, but %s, is no event',
    async (body) => {
      expect(await send(body)).toEqual([400, 'REQUEST_INVALID'])
    },
  )

  it('is taken by POST alone', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/hooks/pagerduty/pager`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })
})
