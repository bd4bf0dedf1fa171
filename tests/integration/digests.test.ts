import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Principal } from '../../functions/access/decide.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import { type ApiWorld, createApiWorld, startAs } from '../support/api-world.ts'
import { type MailServer, startMail, textOf } from '../support/notify/mail-server.ts'

const DATE = '2026-10-29'
const ADMIN: Principal = { name: 'ana@example.com', role: 'admin', shards: null }
const VIEWER: Principal = { name: 'eve@example.com', role: 'viewer', shards: ['185001'] }

let api: ApiWorld
let mail: MailServer
let server: Awaited<ReturnType<typeof startAs>>
beforeAll(async () => {
  api = await createApiWorld()
  mail = await startMail(null)
  const smtp = join(api.project.home, 'smtp')
  await writeFile(smtp, `smtp://127.0.0.1:${mail.port}`)
  const notify = NotifyConfig.parse({
    version: 1,
    people: {
      ana: { name: 'Ana', zone: 'America/Los_Angeles', email: 'ana@example.com', ticket: ['mail'] },
      ben: { name: 'Ben', zone: 'America/Chicago' },
    },
    channels: { mail: { kind: 'email', smtp, from: 'd@example.com', tls: 'off' } },
  })
  server = await startAs({ world: api.world, project: { ...api.project, notify } })
  await server.daybreak.ports.ledger.apply([
    {
      ...{ change: 'incident_opened', ...incidentCause.missing('toast', '185002'), severity: 'error', runId: null },
      ...{ at: api.world.clock.now(), subject: DATE },
      reason: { code: 'INCOMPLETE', message: 'location 185002 lacks orders' },
    },
  ])
})
afterAll(async () => {
  await server.close()
  await api.close()
  await mail.close()
})

async function ask(principal: Principal, path: string, more: { body?: unknown; accept?: string } = {}) {
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/digests${path}`, {
    method: more.body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      'x-test-principal': JSON.stringify(principal),
      accept: more.accept ?? 'application/json',
    },
    ...(more.body !== undefined && { body: JSON.stringify(more.body) }),
  })
  const text = await answer.text()
  return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : null, headers: answer.headers }
}

describe('GET /api/digests', () => {
  it('lists the subjects of the last week as the digests have them', async () => {
    const { json } = await ask(ADMIN, '')
    expect(json.digests.map(({ date }: { date: string }) => date)).toEqual(
      ['29', '28', '27', '26', '25', '24', '23'].map((day) => `2026-10-${day}`),
    )
    for (const { date, subject } of json.digests) expect((await ask(ADMIN, `/${date}`)).json.subject).toBe(subject)
    expect(json.digests[0].subject).toMatch(/^Thu 29 Oct: 1 of 2 complete, \$[\d,]+\.\d\d$/)
  })

  it('gives the text in the zone of the caller, and a page to a browser', async () => {
    const { json } = await ask(ADMIN, `/${DATE}`)
    expect(json.text).toContain('Not complete: West (1 location).')
    expect(json.text).toMatch(/loaded and equal to the cent by \d\d:\d\d PDT/)
    const page = await ask(ADMIN, `/${DATE}`, { accept: 'text/html,application/xhtml+xml' })
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.text).toContain('<!doctype html>')
    expect(page.text).toContain('Not complete: West')
  })

  it('tells a caller of one location of no other, and of no cost', async () => {
    const all = await ask(ADMIN, `/${DATE}`)
    const own = await ask(VIEWER, `/${DATE}`)
    expect(all.json.text).toContain('West')
    expect(own.json.subject).toMatch(/^Thu 29 Oct: 1 of 1 complete/)
    expect(own.json.text).not.toMatch(/West|185002|Cost/)
    expect(own.json.text).toContain('Open: none.')
  })

  it.each([
    ['2026-10-30', 'expected a day before today in America/Los_Angeles'],
    ['2019-01-01', 'at most 400 days ago'],
  ])('has none of %s', async (date, why) => {
    const { status, text } = await ask(ADMIN, `/${date}`)
    expect([status, text.includes(why)]).toEqual([404, true])
  })

  it('takes a pipeline, and refuses one that is unknown', async () => {
    expect((await ask(ADMIN, `/${DATE}?pipeline=toast`)).status).toBe(200)
    expect((await ask(ADMIN, `/${DATE}?pipeline=toost`)).status).toBe(404)
  })
})

describe('POST /api/digests/{date}:test', () => {
  it('sends it to a person, marked as a test, in a thread of its own', async () => {
    const sent = await ask(ADMIN, `/${DATE}:test`, { body: { person: 'ana' } })
    expect(sent.json).toEqual({ ok: true, message: 'A test was sent through mail.' })
    await ask(ADMIN, `/${DATE}:test`, { body: { person: 'ana' } })
    expect(mail.mails.map(({ to, headers }) => `${to} ${headers.get('subject')?.replace(/\$.*/, '')}`)).toEqual(
      Array(2).fill('ana@example.com Test: Thu 29 Oct: 1 of 2 complete, '),
    )
    expect(textOf(mail.mails[0]!)).toContain('Not complete: West')
    expect(new Set(mail.mails.map(({ headers }) => headers.get('message-id'))).size).toBe(2)
  })

  it('says why it cannot', async () => {
    expect((await ask(ADMIN, `/${DATE}:test`, { body: { person: 'ben' } })).json).toEqual({
      ok: false,
      message: expect.stringContaining('Ben has no channel for digests'),
    })
    expect((await ask(ADMIN, `/${DATE}:test`, { body: { person: 'eve' } })).status).toBe(404)
    expect((await ask(VIEWER, `/${DATE}:test`, { body: { person: 'ana' } })).status).toBe(403)
  })
})
