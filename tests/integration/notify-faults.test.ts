import { expect, it, onTestFinished } from 'vitest'
import { openSmtpNotifier } from '../../functions/adapters/smtp/notifier.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import type { WatchPorts } from '../../functions/watch/ports.ts'
import { at } from '../support/definition.ts'
import { startMail } from '../support/notify/mail-server.ts'
import { createWatchWorld } from '../support/notify/watch-world.ts'

const NIGHT = at('2026-11-30T10:00:00Z')
const load = incidentCause.load('toast', 'orders', '2026-11-29')
const TEAM = ['ana@example.com', 'ben@example.com', 'cleo@example.com']

/** A watch that pages a channel of mail with three addresses, and Slack. */
async function createTwoChannels() {
  const mail = await startMail(null)
  onTestFinished(() => mail.close())
  const world = await createWatchWorld({
    now: NIGHT,
    config: {
      channels: {
        ops: { kind: 'slack', channel: '#daybreak', token: 'secret://slack' },
        team: { kind: 'email', smtp: 'secret://smtp', from: 'd@example.com', to: TEAM, tls: 'off' },
      },
      people: {},
      policies: { night: { levels: [{ to: 'channel ops' }, { to: 'channel team' }] } },
      incidents: [{ kind: 'load', as: 'page', policy: 'night' }],
    },
  })
  const url = `smtp://127.0.0.1:${mail.port}`
  const ports: WatchPorts = {
    ...world.ports,
    openChannel: async (name) =>
      name === 'team'
        ? openSmtpNotifier({ name, url, from: 'd@example.com', to: TEAM, tls: 'off', timeout: 500 })
        : await world.ports.openChannel(name),
  }
  return { world, mail, ports }
}

it('a Slack that hangs keeps no mail back, and has its message once it answers', async () => {
  const { world, mail, ports } = await createTwoChannels()
  await world.open(load)
  await world.clock.advance(60_000)
  world.slack.mood = { is: 'hung' }
  expect(await watchPass(ports)).toEqual({ sent: 1, postponed: 1, dead: 0 })
  expect(mail.mails).toHaveLength(1)
  world.slack.mood = { is: 'well' }
  await world.clock.advance(60_000)
  await world.pass(3, ports)
  // No answer came, so the first may have arrived.
  expect(world.texts()).toEqual([expect.stringContaining('(sent again)')])
  expect(mail.mails).toHaveLength(1)
})

it.each([
  [450, 'later', ['ana@example.com', 'cleo@example.com', 'ben@example.com'], 0],
  [550, 'for good', ['ana@example.com', 'cleo@example.com'], 1],
] as const)('a relay that refuses one of three with %i, %s, tells the others once', async (code, _, told, open) => {
  const { world, mail, ports } = await createTwoChannels()
  await world.open(load)
  await world.clock.advance(60_000)
  mail.refused.set('ben@example.com', code)
  await watchPass(ports)
  expect(mail.mails.map(({ to }) => to)).toEqual([['ana@example.com', 'cleo@example.com']])
  if (code === 450) mail.refused.clear()
  await world.pass(15, ports)
  expect(mail.mails.flatMap(({ to }) => to)).toEqual(told)
  expect(await world.ledger.incidents({ keyPrefix: 'undelivered/team', states: ['open'] })).toHaveLength(open)
})

it.each(['once', 'for the rest of the pass'] as const)(
  'a ledger that goes away at any call of a pass, %s, loses nothing',
  async (how) => {
    for (let nth = 1; ; nth++) {
      const { world, mail, ports } = await createTwoChannels()
      await world.open(load)
      await world.clock.advance(60_000)
      let calls = 0
      const mortal = <Part extends object>(part: Part): Part =>
        new Proxy(part, {
          get(target, name) {
            const member: unknown = Reflect.get(target, name)
            if (name === 'reads' && typeof member === 'object' && member !== null) return mortal(member)
            if (typeof member !== 'function') return member
            return async (...values: unknown[]) => {
              calls++
              if (how === 'once' ? calls === nth : calls >= nth) throw new DaybreakError('LEDGER_FAILED', 'away')
              return await Reflect.apply(member, target, values)
            }
          },
        })
      await watchPass({ ...ports, ledger: mortal<PeopleLedger>(ports.ledger) }).catch(() => undefined)
      await world.pass(20, ports)
      const where = `call ${nth}`
      expect((await world.rows()).map(({ channel, state }) => `${channel} ${state}`).toSorted(), where).toEqual([
        'ops sent',
        'team sent',
      ])
      // The one in hand may come again: mail with the Message-ID of the first, Slack with a word.
      expect(new Set(mail.mails.map(({ headers }) => headers.get('message-id'))).size, where).toBe(1)
      expect(world.texts().filter((text) => !text.includes('(sent again)')).length, where).toBeLessThanOrEqual(1)
      expect(world.texts().length, where).toBeGreaterThan(0)
      if (calls < nth) return expect(nth, 'calls were tried').toBeGreaterThan(8)
    }
  },
)
