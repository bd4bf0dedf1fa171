import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { type MailServer, startMail, textOf } from '../support/notify/mail-server.ts'
import { SLACK_TOKEN, type SlackServer, startSlack } from '../support/notify/slack-server.ts'

const NOTIFY = `version: 1
people:
  ana: { name: Ana, zone: America/New_York, email: ana@example.com, page: [mail], role: admin }
  ben: { name: Ben, zone: America/Chicago, email: ben@example.com, page: [mail] }
channels:
  mail: { kind: email, smtp: secret://smtp, from: Daybreak <daybreak@example.com>, tls: "off" }
  ops: { kind: slack, channel: "#daybreak", token: secret://slack, endpoint: "http://127.0.0.1:SLACK" }
  lost: { kind: pagerduty, key: secret://lost }
rotations:
  primary: { zone: America/New_York, handoff: "Mon 09:00", people: [ana, ben] }
policies:
  night: { levels: [{ to: on-call primary }] }
rules:
  - { id: incomplete-at-seven, when: completeness < 100, at: "07:00 location", severity: page, policy: night }
  - { id: slow, when: run_minutes > 60, severity: ticket, policy: night }
`
const LOCATIONS = `version: 1
locations:
  - { id: "185001", name: East, time_zone: America/New_York }
  - { id: "185002", name: Lake, time_zone: America/Chicago }
`

let folder: string
let slack: SlackServer
let mail: MailServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-notify-'))
  await cp('config', join(folder, 'config'), { recursive: true })
  slack = await startSlack()
  mail = await startMail(null)
  await writeFile(join(folder, 'config', 'notify.yaml'), NOTIFY.replace('SLACK', String(slack.port)))
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets', 'slack'), `${SLACK_TOKEN}\n`)
  await writeFile(join(folder, 'secrets', 'smtp'), `smtp://127.0.0.1:${mail.port}`)
  await writeFile(join(folder, 'config', 'locations.yaml'), LOCATIONS)
})
afterAll(async () => {
  await slack.close()
  await mail.close()
  await rm(folder, { recursive: true, force: true })
})

const now = Temporal.Instant.from('2026-11-30T15:00:00Z').epochMilliseconds
const run = (argv: readonly string[]) =>
  daybreak(argv, {
    cwd: folder,
    clock: { now: () => now, sleep: async () => undefined },
    env: { DAYBREAK_SFTP_HOST: '127.0.0.1', DAYBREAK_SECRETS_DIR: join(folder, 'secrets') },
  })

describe('daybreak on-call list', () => {
  it('shows the shifts of each rotation in its zone', async () => {
    const { code, stdout } = await run(['on-call', 'list', '-o', 'csv'])
    expect(code).toBe(0)
    expect(stdout.split(/\r?\n/)).toEqual([
      'rotation,person,name,from,until,swapped',
      'primary,ben,Ben,2026-11-30 10:00 -05:00,2026-12-07 09:00 -05:00,false',
      'primary,ana,Ana,2026-12-07 09:00 -05:00,2026-12-14 09:00 -05:00,false',
      'primary,ben,Ben,2026-12-14 09:00 -05:00,2026-12-14 10:00 -05:00,false',
      '',
    ])
  })

  it('suggests the rotation that was meant', async () => {
    const { code, stderr } = await run(['on-call', 'list', 'primry'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean "primary"?')
  })
})

describe('daybreak notify try', () => {
  it('says when a rule would have fired: every morning, where no file ever came', async () => {
    const { code, stdout } = await run(['notify', 'try', 'incomplete-at-seven', '--days', '2', '-o', 'json'])
    expect(code).toBe(0)
    const rows: readonly { pipeline: string; from: string; subjects: string }[] = JSON.parse(stdout)
    // Nothing was ever loaded, so the first firing never ends and takes all of them.
    expect(rows).toMatchObject([{ pipeline: 'toast', from: '2026-11-28T15:00:00.000Z', until: '' }])
    expect(rows[0]?.subjects.split(', ').sort()).toEqual(
      ['27', '28', '29'].flatMap((day) => [`2026-11-${day} 185001`, `2026-11-${day} 185002`]),
    )
  })

  it('says that a rule would not have fired', async () => {
    const { code, stdout } = await run(['notify', 'try', 'slow'])
    expect([code, stdout]).toEqual([0, 'slow would not have fired in 30 days.\n'])
  })

  it('suggests the rule that was meant', async () => {
    const { code, stderr } = await run(['notify', 'try', 'slwo'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean "slow"?')
  })
})

describe('daybreak notify test', () => {
  it('sends one message through a channel', async () => {
    const { code, stdout } = await run(['notify', 'test', 'ops'])
    expect([code, stdout]).toEqual([0, 'Sent a test through ops.\n'])
    expect(slack.messages.map(({ text }) => text)).toEqual(['TEST Daybreak can send through ops.'])
  })

  it('sends one to a person', async () => {
    expect((await run(['notify', 'test', 'mail', '--person', 'ana'])).code).toBe(0)
    expect(mail.mails.map(({ to }) => to)).toEqual([['ana@example.com']])
    expect(textOf(mail.mails[0]!)).toContain('Environment local. No action is needed.')
  })

  it('says why a message was not taken, and never the secret', async () => {
    slack.refusal = 'invalid_auth'
    const { code, stderr } = await run(['notify', 'test', 'ops'])
    slack.refusal = null
    expect(code).toBe(2)
    expect(stderr).toContain('[CHANNEL_REFUSED] channel ops: Slack answered chat.postMessage with invalid_auth')
    expect(stderr).not.toContain(SLACK_TOKEN)
  })

  it.each([
    [['lost'], 'secret://lost does not exist'],
    [['opps'], 'there is no channel "opps" in config/notify.yaml. Did you mean "ops"?'],
    [['mail', '--person', 'anna'], 'there is no person "anna" in config/notify.yaml. Did you mean "ana"?'],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await run(['notify', 'test', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})
