import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Principal } from '../../functions/access/decide.ts'
import { Problem } from '../../functions/api/contract/values.ts'
import { watchOnce } from '../../functions/compose/watch.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import { startAs } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { startMail } from '../support/notify/mail-server.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld({ now: at('2025-02-06T12:00:00Z'), streams: ['order_details'] })
const mail = await startMail(null)
const smtp = join(world.project.home, 'smtp')
await writeFile(smtp, `smtp://127.0.0.1:${mail.port}`)
const notify = NotifyConfig.parse({
  version: 1,
  channels: { mail: { kind: 'email', smtp, from: 'd@example.com', tls: 'off' } },
  policies: { night: { levels: [{ to: 'person eve' }] } },
  incidents: [{ kind: 'load', as: 'page', policy: 'night' }],
})
const project = { ...world.project, notify }
const server = await startAs({ world, project })
afterAll(async () => {
  await server.close()
  await mail.close()
  await world.close()
})

const ADMIN: Principal = { name: 'root@example.com', role: 'admin', shards: null }

async function put(path: string, body: unknown) {
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/settings/${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': '"0"', 'x-test-principal': JSON.stringify(ADMIN) },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: await answer.json() }
}

it('a person who is added over the API is told by the next pass', async () => {
  const { daybreak } = server
  const load = incidentCause.load('toast', 'order_details', '2025-02-05')
  const reason = { code: 'LOAD_REJECTED', message: 'the table has no column tip' } as const
  const now = world.clock.now()
  await daybreak.ports.ledger.apply([
    { change: 'incident_opened', ...load, severity: 'error', reason, runId: null, at: now },
  ])
  await world.clock.advance(120_000)
  expect(await watchOnce(project, daybreak)).toEqual({ sent: 0, postponed: 0, dead: 0 })
  const eve = { name: 'Eve', zone: 'America/New_York', email: 'eve@example.com', page: ['mail'] }
  expect((await put('people/eve', eve)).status).toBe(200)
  expect(await watchOnce(project, daybreak)).toEqual({ sent: 1, postponed: 0, dead: 0 })
  expect(mail.mails.map(({ to }) => to)).toEqual([['eve@example.com']])
})

it.each([
  ['endpoint', { kind: 'slack', channel: '#ops', token: 'secret://slack', endpoint: 'http://127.0.0.1:80' }],
  ['endpoint', { kind: 'slack', channel: '#ops', token: 'secret://slack', endpoint: 'http://169.254.169.254' }],
  ['token', { kind: 'slack', channel: '#ops', token: '/etc/passwd' }],
  ['url', { kind: 'webhook', url: 'http://169.254.169.254/computeMetadata/v1/' }],
  ['url', { kind: 'webhook', url: '/proc/self/environ' }],
])('refuses the %s of %j, and names it', async (member, body) => {
  const { status, body: problem } = await put('channels/own', body)
  const { code, errors } = Problem.parse(problem)
  expect([status, code]).toEqual([400, 'REQUEST_INVALID'])
  expect(new Set(errors?.map(({ pointer }) => pointer))).toEqual(new Set([`/${member}`]))
})
