import { describe, expect, it } from 'vitest'
import { DaybreakError } from '../../functions/errors.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import type { WatchPorts } from '../../functions/watch/ports.ts'
import { at } from '../support/definition.ts'
import { createWatchWorld } from '../support/notify/watch-world.ts'

const NIGHT = at('2026-11-30T10:00:00Z')
const load = incidentCause.load('toast', 'orders', '2026-11-29')
const ingest = (shard: string) =>
  incidentCause.message({ kind: 'ingest', pipeline: 'toast', shard, windows: ['2026-11-29'] })

/** Where the process dies: before the effect of a call, or after it, with the answer lost. */
type Death = 'before' | 'after'

/** Ports whose nth effect kills the process: no later call of it does anything. */
function dying(ports: WatchPorts, nth: number, death: Death): { readonly ports: WatchPorts; effects(): number } {
  let effects = 0
  const effect = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    effects++
    if (effects < nth) return await work()
    if (effects === nth && death === 'after') await work()
    throw new DaybreakError('LEDGER_FAILED', `the process died at effect ${nth}`)
  }
  const { ledger } = ports
  const mortal: PeopleLedger = {
    ...ledger,
    apply: (changes) => effect(() => ledger.apply(changes)),
    claimNotifications: (claim) => effect(() => ledger.claimNotifications(claim)),
  }
  return {
    effects: () => effects,
    ports: {
      ...ports,
      ledger: mortal,
      openChannel: async (name) => {
        const notifier = await ports.openChannel(name)
        return { ...notifier, deliver: (delivery) => effect(() => notifier.deliver(delivery)) }
      },
    },
  }
}

/** Three failures at one source and one failed load, told and resolved, with a death at the nth effect of one pass. */
async function live(nth: number, { death, dies }: { death: Death; dies: number }) {
  const world = await createWatchWorld({ now: NIGHT })
  await world.open(load, 'error', { code: 'LOAD_REJECTED' })
  for (const shard of ['1', '2', '3']) await world.open(ingest(shard))
  let effects = 0
  for (let minute = 0; minute < 6; minute++) {
    if (minute === 3) for (const key of [load, ingest('1'), ingest('2'), ingest('3')]) await world.resolve(key.key)
    if (minute === dies) {
      const mortal = dying(world.ports, nth, death)
      await watchPass(mortal.ports).catch(() => undefined)
      effects = mortal.effects()
    }
    await world.pass(1)
  }
  // The rows that the dead process had claimed come back.
  await world.pass(20)
  return { world, effects }
}

describe.each([
  ['deciding', 1],
  ['resolving', 3],
] as const)('a watch that dies while %s', (_, dies) => {
  it.each(['before', 'after'] as const)(
    '%s any of its effects loses no message, and marks each copy',
    async (death) => {
      for (let nth = 1; ; nth++) {
        const { world, effects } = await live(nth, { death, dies })
        const where = `effect ${nth}`
        const rows = await world.rows()
        expect(rows.map(({ kind, state }) => `${kind} ${state}`).toSorted(), where).toEqual([
          'opened sent',
          'opened sent',
          'resolved sent',
          'resolved sent',
        ])
        const heads = world.slack.messages.filter(({ threadTs }) => threadTs === null)
        const replies = world.slack.messages.filter(({ threadTs }) => threadTs !== null)
        // Only the message in hand when the process died may be there twice.
        expect([2, 3], where).toContain(heads.length)
        expect([2, 3], where).toContain(replies.length)
        expect(replies.filter(({ text }) => !text.includes('(sent again)')).length, where).toBeLessThanOrEqual(2)
        expect(await world.ledger.incidents({ states: ['open'] }), where).toEqual([])
        if (effects < nth) return expect(nth, 'effects were tried').toBeGreaterThan(5)
      }
    },
  )
})

it('two watches at the same time tell everything once', async () => {
  const world = await createWatchWorld({ now: NIGHT })
  await world.open(load, 'error', { code: 'LOAD_REJECTED' })
  for (const shard of ['1', '2', '3']) await world.open(ingest(shard))
  for (let minute = 0; minute < 5; minute++) {
    await Promise.all([watchPass(world.ports), watchPass(world.ports), watchPass(world.ports)])
    await world.pass(1)
  }
  expect(world.slack.messages.map(({ threadTs }) => threadTs)).toEqual([null, null])
})

it('a ledger that is away costs no message', async () => {
  const world = await createWatchWorld({ now: NIGHT })
  await world.open(load)
  const away = async () => {
    throw new DaybreakError('LEDGER_FAILED', 'away')
  }
  const ports = { ...world.ports, ledger: { ...world.ledger, apply: away, claimNotifications: away } }
  for (let minute = 0; minute < 5; minute++)
    await expect(watchPass(ports)).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
  await world.clock.advance(5 * 60_000)
  await world.pass(1)
  expect(world.texts()).toHaveLength(1)
})
