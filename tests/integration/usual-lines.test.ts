import { describe, expect, it } from 'vitest'
import { addDays } from '../../functions/lib/business-date.ts'
import { toText } from '../../functions/notify/render/text.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import { digestOf, readerOf } from '../../functions/watch/digest.ts'
import { aContract, aDefinition, aDelivery, aSlice, at } from '../support/definition.ts'
import { createWatchWorld } from '../support/notify/watch-world.ts'

const SUNDAY = '2026-11-29'
const NOW = at('2026-11-30T12:00:00Z')
const HEADLINE = { stream: 'orders', sum: 'amount', label: 'net sales' }

const COLUMNS = [
  { name: 'id', from: 'Id', type: 'string', required: true, description: 'Key.' },
  { name: 'amount', from: 'Amount', type: 'numeric', scale: 2, unit: 'USD', description: 'Money.' },
]

/** A watch over two restaurants, with so many past Sundays of 10,000.00 each, seen at 04:21 local time. */
async function createSundays(weeks: number, { shards = ['1001', '1002'] }: { shards?: readonly string[] } = {}) {
  const world = await createWatchWorld({ now: NOW, config: { address: 'https://daybreak.example.com' } })
  const plain = aDefinition()
  const definition = aDefinition({
    config: { ...plain.config, headline: HEADLINE },
    contracts: new Map(plain.contracts).set('orders', aContract('orders', { columns: COLUMNS })),
    shards: plain.shards.map((shard) => ({
      ...shard,
      contacts: shard.id === '1001' ? [{ name: 'Dana', role: 'manager', phone: '+1 312 555 0100' }] : [],
    })),
  })
  const offsets = new Map([
    ['1001', '-05:00'],
    ['1002', '-08:00'],
  ])
  for (let week = 1; week <= weeks; week++)
    for (const shard of shards) {
      const window = addDays(SUNDAY, -7 * week)
      const offset = Number(offsets.get(shard)?.slice(0, 3)) + (window < '2026-11-01' ? 1 : 0)
      const seenAt = at(`${addDays(window, 1)}T04:21:00-0${Math.abs(offset)}:00`)
      const slice = aSlice({
        ...{ state: 'loaded', shard, window, firstSeenAt: seenAt, firstLoadedAt: seenAt + 600_000 },
        delivery: aDelivery({ totals: { amount: '10000.00' } }),
      })
      await world.ledger.apply([{ change: 'slice', slice }])
    }
  const ports = { ...world.ports, definitions: new Map([['toast', definition]]) }
  return { world, ports, definition }
}

/** The message about the restaurant, among those of the watch. */
function ofEast({ slack }: Awaited<ReturnType<typeof createWatchWorld>>) {
  const found = slack.messages.find(({ text }) => text.includes('East'))
  if (found === undefined) throw new TypeError(`no message names East: ${slack.messages.map(({ text }) => text)}`)
  return found
}

describe('a message about missing files', () => {
  it('says when they usually come, how much they usually are, and who to call', async () => {
    const { world, ports } = await createSundays(5)
    await world.open(incidentCause.missing('toast', '1001'), 'error', { subject: SUNDAY, code: 'INCOMPLETE' })
    await world.pass(2, ports)
    const body = JSON.stringify(ofEast(world).blocks)
    expect(body).toContain('Usually here by 09:21 UTC, with $10,000 on a Sunday.')
    expect(body).toContain('Call: East, Dana, manager (+1 312 555 0100).')
  })

  it('links to the page that asks for the acknowledgement, until there is one', async () => {
    const { world, ports } = await createSundays(0)
    const cause = incidentCause.missing('toast', '1001')
    await world.open(cause, 'error', { subject: SUNDAY, code: 'INCOMPLETE' })
    await world.pass(2, ports)
    const { id } = await world.incident(cause.key)
    const url = `https://daybreak.example.com/incidents/${id}`
    expect(JSON.stringify(ofEast(world).blocks)).toContain(`<${url}|Open>  <${url}?do=ack|Ack>`)
    await world.ledger.apply([{ change: 'incident_state', id, state: 'acknowledged', at: world.clock.now() }])
    await world.pass(2, ports)
    expect(JSON.stringify(ofEast(world).blocks)).not.toContain('do=ack')
  })

  it('says nothing of what is usual after three weeks, and of how many it knows where it is not all', async () => {
    const young = await createSundays(3)
    await young.world.open(incidentCause.missing('toast', '1001'), 'error', { subject: SUNDAY, code: 'INCOMPLETE' })
    await young.world.pass(2, young.ports)
    expect(JSON.stringify(young.world.slack.messages)).not.toContain('Usually')

    const { world, ports } = await createSundays(4, { shards: ['1001'] })
    await world.open(incidentCause.rule('toast', 'late'), 'error', { subject: `${SUNDAY} 1001`, code: 'RULE_FIRED' })
    await world.open(incidentCause.rule('toast', 'late'), 'error', { subject: `${SUNDAY} 1002`, code: 'RULE_FIRED' })
    await world.pass(2, ports)
    expect(JSON.stringify(world.slack.messages)).toContain('with $10,000 on a Sunday at 1 of 2 locations.')
  })
})

describe('a digest', () => {
  it('says what is usual, what is unusual, and what is usually there of what is missing', async () => {
    const { world, ports } = await createSundays(8)
    const seenAt = at('2026-11-30T10:00:00Z')
    for (const stream of ['orders', 'payments'])
      await world.ledger.apply([
        {
          change: 'slice',
          slice: aSlice({
            ...{ state: 'loaded', stream, window: SUNDAY, firstSeenAt: seenAt, firstLoadedAt: seenAt },
            delivery: aDelivery({ totals: { amount: '3800.00' } }),
          }),
        },
      ])
    const text = toText(await digestOf(readerOf('ana', ports.config), SUNDAY, ports))
    // West comes last, at 04:31 in Los Angeles.
    expect(text).toContain('by 05:00 EST (usual 07:31 EST).')
    expect(text).toContain('Not complete: West (1 location), usually $10,000.')
    expect(text).toContain('Unusual for a Sunday: East 62 % less than the median of 8 weeks.')
  })
})

it('the past is read once for all who ask, in parts of a hundred shards', async () => {
  const { ports } = await createSundays(8)
  const asked: number[] = []
  const ledger = {
    ...ports.ledger,
    slices: (filter: Parameters<typeof ports.ledger.slices>[0]) => {
      if (filter?.windows?.length === 8) asked.push(filter.shards?.length ?? 0)
      return ports.ledger.slices(filter)
    },
  }
  const { openHistory } = await import('../../functions/watch/history.ts')
  const history = openHistory(ledger)
  const [definition] = [...ports.definitions.values()]
  const shards = Array.from({ length: 250 }, (_, at) => String(1001 + at))
  if (definition === undefined) throw new TypeError('the world has a pipeline')
  await history.usual(definition, SUNDAY, shards)
  await history.usual(definition, SUNDAY, shards.slice(0, 3))
  await history.completeAfter(definition, SUNDAY, { shards, zone: 'UTC' })
  expect(asked).toEqual([100, 100, 50])
})
