import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openWatch } from '../../functions/compose/watch.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { digestOf, readerOf } from '../../functions/watch/digest.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import { reportOf } from '../../functions/watch/report.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { type MailServer, startMail, textOf } from '../support/notify/mail-server.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, type World } from '../support/world.ts'

// A morning of two restaurants: one is whole, the other sent nothing.
const DATE = '2025-02-05'
const SEVEN = at('2025-02-06T12:00:00Z')

let transformer: Transformer
let world: World
let mail: MailServer
beforeAll(async () => {
  mail = await startMail(null)
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  world = await createWorld({
    now: SEVEN,
    transformer,
    locations: [
      { id: '185001', name: 'East', time_zone: 'America/New_York' },
      { id: '185002', name: 'Lake', time_zone: 'America/New_York', active_from: DATE, active_to: DATE },
    ],
  })
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.5, closed: false, location })
  for (const { name, bytes } of ofTheSeven(night)) await world.write(`185001/20250205/${name}`, bytes)
  await world.run({ scope: { windows: [DATE] } })
})
afterAll(async () => {
  await world.close()
  await transformer.close()
  await mail.close()
})

const CONFIG = NotifyConfig.parse({
  version: 1,
  people: {
    ana: { name: 'Ana', zone: 'America/New_York', email: 'ana@example.com', page: ['mail'], digest: '07:00' },
    eve: {
      name: 'Eve',
      zone: 'America/New_York',
      email: 'eve@example.com',
      page: ['mail'],
      digest: '07:30',
      locations: ['185001'],
    },
  },
  channels: { mail: { kind: 'email', smtp: 'secret://smtp', from: 'd@example.com', tls: 'off' } },
  policies: { night: { levels: [{ to: 'person ana' }] } },
  rules: [
    { id: 'incomplete-at-seven', when: 'completeness < 100', at: '07:00 location', severity: 'page', policy: 'night' },
    { id: 'stale', when: 'hours_since_load > 1000', severity: 'page', policy: 'night' },
  ],
})

describe('a morning', () => {
  it('is told by rule and digest, once each, to those whom it concerns', async () => {
    const daybreak = await world.open()
    const { openSmtpNotifier } = await import('../../functions/adapters/smtp/notifier.ts')
    const { ports, close } = await openWatch({ ...world.project, notify: CONFIG }, daybreak)
    const openChannel = async (name: string) =>
      openSmtpNotifier({ name, url: `smtp://127.0.0.1:${mail.port}`, from: 'd@example.com', to: [], tls: 'off' })
    for (let minute = 0; minute < 35; minute++) {
      await watchPass({ ...ports, openChannel })
      await world.clock.advance(60_000)
    }
    const subjects = mail.mails.map(({ to, headers }) => `${to}: ${headers.get('subject')}`)
    expect(subjects.map((subject) => subject.replace(/\$[\d,.]+/, '$$')).toSorted()).toEqual([
      'ana@example.com: PAGE toast: rule incomplete-at-seven',
      'ana@example.com: Wed 5 Feb: 1 of 2 complete, $',
      'eve@example.com: Wed 5 Feb: 1 of 1 complete, $',
    ])
    const page = mail.mails.find(({ headers }) => headers.get('subject')?.startsWith('PAGE'))
    expect(textOf(page!)).toContain('Completeness is 0 %, below 100: Lake.')
    const [own] = mail.mails.filter(({ to }) => to[0] === 'eve@example.com')
    expect(textOf(own!)).toContain('7 files are loaded and equal to the cent')
    expect(textOf(own!)).not.toContain('Lake')
    expect(await daybreak.ports.ledger.incidents({ states: ['open'], kind: 'rule' })).toMatchObject([
      { key: 'rule/toast/incomplete-at-seven', subjects: { first: ['2025-02-05 185002'] } },
    ])
    await close()
    await daybreak.close()
  })

  it('has the amount that the table has', async () => {
    const daybreak = await world.open()
    const { ports, close } = await openWatch({ ...world.project, notify: CONFIG }, daybreak)
    const { title } = await digestOf(readerOf('eve', CONFIG), DATE, ports)
    const partition = await daybreak.ports.ledger.partition('toast', 'order_details', DATE)
    const amount = Number(partition?.totals['amount']).toLocaleString('en-US', {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    })
    expect(title).toBe(`Wed 5 Feb: 1 of 1 complete, $${amount}`)
    await close()
    await daybreak.close()
  })

  it('counts in the report of its month', async () => {
    const daybreak = await world.open()
    const { ports, close } = await openWatch({ ...world.project, notify: CONFIG }, daybreak)
    const { message, csv } = await reportOf('2025-02', ports)
    // East had no files on the days before; Lake is expected on this day alone.
    expect(message.title).toMatch(/^Service report, 2025-02: \d+\.\d\d % of 6 location-days$/)
    expect(csv).toContain('2025-02-05,toast,Lake (185002),not complete')
    expect(csv).toContain('2025-02-05,toast,East (185001),2 min late')
    await close()
    await daybreak.close()
  })
})
