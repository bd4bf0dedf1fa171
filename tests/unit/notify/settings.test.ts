import { expect, it } from 'vitest'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'
import { mergeSettings, SETTING_SCHEMAS, settingsOfFile } from '../../../functions/notify/settings.ts'
import type { Setting, SettingKind } from '../../../functions/pipeline/people/records.ts'

const FILE = NotifyConfig.parse({
  version: 1,
  people: { ana: { name: 'Ana', zone: 'America/New_York' } },
  policies: { night: { levels: [{ to: 'role admin' }] } },
  rules: [{ id: 'late', when: 'completeness < 100', severity: 'page', policy: 'night' }],
})

function setting(kind: SettingKind, id: string, body: Setting['body'], origin: Setting['origin'] = 'ui'): Setting {
  return { kind, id, body, origin, version: 1, updatedAt: 0, updatedBy: 'ana' }
}

it('adds what people made to what the file defines, and never changes that', () => {
  const merged = mergeSettings(FILE, [
    setting('rules', 'late', { when: 'completeness < 1', severity: 'ticket', policy: 'night' }),
    setting('rules', 'more', { when: 'completeness < 90', severity: 'ticket', policy: 'night' }),
    setting('people', 'ben', { name: 'Ben', zone: 'America/Chicago' }),
    setting('digests', 'ben', { time: '07:00' }),
    setting('digests', 'ana', { time: '06:30' }),
  ])
  expect(merged.rules.map(({ id, when }) => [id, when])).toEqual([
    ['late', 'completeness < 100'],
    ['more', 'completeness < 90'],
  ])
  expect(Object.entries(merged.people).map(([id, { digest }]) => [id, digest])).toEqual([
    ['ben', '07:00'],
    ['ana', '06:30'],
  ])
})

it('leaves out what no longer fits its form', () => {
  expect(
    mergeSettings(FILE, [setting('people', 'eve', { name: 'Eve' }), setting('people', 'max', null)]).people,
  ).toEqual(FILE.people)
})

it('lists what the file defines, by kind', () => {
  expect(settingsOfFile(FILE, 'rules').map(({ id }) => id)).toEqual(['late'])
  expect(settingsOfFile(FILE, 'policies')).toEqual([
    {
      id: 'night',
      body: { levels: [{ to: 'role admin', after: '0s' }], repeat: 0, repeat_after: '30m', ack_lasts: '4h' },
    },
  ])
  expect(settingsOfFile(FILE, 'digests')).toEqual([])
  expect(settingsOfFile(null, 'people')).toEqual([])
})

it.each([
  ['a server of its own', { kind: 'slack', channel: '#ops', token: 'secret://slack', endpoint: 'http://127.0.0.1:80' }],
  ['a file of the machine', { kind: 'slack', channel: '#ops', token: '/etc/passwd' }],
  ['a file of the machine as an address', { kind: 'webhook', url: './secrets/hook' }],
  ['a file of the machine as a key', { kind: 'webhook', url: 'secret://hook', signing: '../privacy' }],
  ['a file of the machine as a server', { kind: 'email', smtp: '/run/smtp', from: 'd@example.com' }],
  ['passwords in clear', { kind: 'email', smtp: 'secret://smtp', from: 'd@example.com', tls: 'off' }],
])('a channel that people make has no %s', (_, body) => {
  expect(SETTING_SCHEMAS.channels.safeParse(body).success).toBe(false)
  // Also where the ledger has one from before it was refused.
  expect(mergeSettings(FILE, [setting('channels', 'own', body)]).channels).toEqual({})
})
