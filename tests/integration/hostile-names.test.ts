import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { openLocalApi } from '../../functions/compose/local-api.ts'
import { openWatch } from '../../functions/compose/watch.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { MOST_FILES } from '../../functions/pipeline/steps/keep.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import { PROGRAM } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { type MailServer, startMail, textOf } from '../support/notify/mail-server.ts'
import { SLACK_TOKEN, type SlackServer, startSlack } from '../support/notify/slack-server.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const TURNED = '\u202e'
/** Names that can stand in a path: they are archived as they are. */
const USABLE = [
  '<img src=x onerror=alert(1)>.csv',
  '"quoted" \'twice\' `thrice`.csv',
  '<!channel> & <@U1|all>.csv',
  '=cmd|calc!A1.csv',
  '..csv',
  '...',
  '🥟.csv',
  `${'x'.repeat(251)}.csv`,
  `a${TURNED}vsc.exe`,
  'Men\u00fc.csv',
  'Menu\u0308.csv',
]
/** Names that cannot: they are told, never read. */
const UNUSABLE = ['PaymentDetails.csv\n', 'Payment\u0007Details.csv']
const BESIDE = [`Payment${TURNED}Details.csv`, 'Payment\u200bDetails.csv', ...UNUSABLE]
/** Characters that no message may hold: they move a terminal, turn a line around, or cannot be seen. */
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/

const CONFIG = NotifyConfig.parse({
  version: 1,
  people: { ana: { name: 'Ana', zone: 'America/New_York', email: 'ana@example.com', page: ['mail'] } },
  channels: {
    mail: { kind: 'email', smtp: 'secret://smtp', from: 'd@example.com', tls: 'off' },
    ops: { kind: 'slack', channel: '#daybreak', token: 'secret://slack' },
  },
  policies: { all: { levels: [{ to: 'channel ops' }, { to: 'person ana', after: '1m' }] } },
  incidents: [
    { severity: 'error', as: 'page', policy: 'all' },
    { severity: 'warning', as: 'page', policy: 'all' },
  ],
})

let transformer: Transformer
let world: World
let mail: MailServer
let slack: SlackServer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  mail = await startMail(null)
  slack = await startSlack()
  world = await createWorld({ now: at('2025-02-06T20:00:00Z'), transformer, streams: ['payment_details'] })
  for (const name of [...USABLE, ...BESIDE]) await world.write(`${FOLDER}/${name}`, 'a,b\r\n1,2\r\n')
  await world.run({ scope: { windows: [DATE] } })
})
afterAll(async () => {
  await world.close()
  await transformer.close()
  await mail.close()
  await slack.close()
})

async function ask<Result>(work: (api: ApiClient) => Promise<Result>): Promise<Result> {
  const daybreak = await world.open()
  const { signal } = new AbortController()
  const how = { actor: 'maria', version: '0', env: {}, program: PROGRAM, signal }
  return await work(openLocalApi(daybreak, world.project, how)).finally(() => daybreak.close())
}

it('archives every name that can stand in a path, letter for letter, and both forms of one letter', async () => {
  const { files } = await ask((api) =>
    api('GET /api/files', { query: { pipeline: 'toast', window: [DATE], pageSize: 100 } }),
  )
  const expected = [...USABLE, ...BESIDE].filter((name) => !UNUSABLE.includes(name))
  expect(files.map(({ name }) => name).toSorted()).toEqual(expected.toSorted())
  expect(files.filter(({ sha256, reason }) => sha256 === null || reason !== null)).toEqual([])
})

it('tells of names in the place of a file with what cannot be seen in them, in slice and incident', async () => {
  const slice = { pipeline: 'toast', window: DATE, shard: '185001', stream: 'payment_details' }
  const { reason, rejects, incidents } = await ask(async (api) => ({
    reason: (await api('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path: slice })).reason,
    rejects: await api('GET /api/rejects', { query: { pipeline: 'toast' } }),
    incidents: (await api('GET /api/incidents')).incidents,
  }))
  expect(reason?.message).toContain('the folder has ')
  expect(reason?.message).toContain('\\u{202e}')
  expect(rejects.rejects).toEqual([])
  expect(JSON.stringify(incidents)).toContain('\\\\u{202e}')
  expect(`${reason?.message}${incidents.map((each) => `${each.title}${each.reason.message}`).join('')}`).not.toMatch(
    HIDDEN,
  )
})

it('tells people of them, and calls no channel, turns no line around, and makes no tag', async () => {
  for (let n = 0; n < MOST_FILES; n++) await world.write(`${FOLDER}/!${String(n).padStart(3, '0')}.txt`, `${n}`)
  await world.clock.advance(3_600_000)
  await world.run({ scope: { windows: [DATE] } })
  const daybreak = await world.open()
  const { openSmtpNotifier } = await import('../../functions/adapters/smtp/notifier.ts')
  const { openSlackNotifier } = await import('../../functions/adapters/slack/notifier.ts')
  const { ports, close } = await openWatch({ ...world.project, notify: CONFIG }, daybreak)
  const openChannel = async (name: string) =>
    name === 'ops'
      ? openSlackNotifier({
          name,
          token: SLACK_TOKEN,
          channel: '#daybreak',
          endpoint: `http://127.0.0.1:${slack.port}`,
          clock: world.clock,
        })
      : openSmtpNotifier({ name, url: `smtp://127.0.0.1:${mail.port}`, from: 'd@example.com', to: [], tls: 'off' })
  for (let minute = 0; minute < 12; minute++) {
    await watchPass({ ...ports, openChannel })
    await world.clock.advance(60_000)
  }
  await close()
  await daybreak.close()
  const said = [...mail.mails.map((each) => textOf(each)), ...slack.messages.map((each) => JSON.stringify(each))]
  expect(slack.messages.length, said.join('\n')).toBeGreaterThan(0)
  expect(mail.mails.length).toBeGreaterThan(0)
  const whole = said.join('\n')
  expect(whole).toMatch(/u\{202e\}/)
  expect(whole.replaceAll('\r', '')).not.toMatch(HIDDEN)
  // The plain part of a mail is text as it is; nothing there reads a tag.
  const drawn = [
    ...mail.mails.map((each) => textOf(each).split('<!doctype html>')[1] ?? ''),
    ...slack.messages.map((each) => JSON.stringify(each)),
  ].join('\n')
  expect(drawn).toContain('&lt;!channel&gt; &amp; &lt;@U1|all&gt;.csv')
  expect(drawn).not.toMatch(/<!channel>|<@U1|<img/)
})
