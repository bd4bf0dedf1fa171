import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, type World } from '../support/world.ts'

const [FIRST, SECOND] = ['2025-02-04', '2025-02-05'] as const
const PLACES = [
  { id: '185001', name: 'East', time_zone: 'America/New_York' },
  { id: '185002', name: 'West', time_zone: 'America/New_York' },
]
const STREAM = 'cash_entries'

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({
    now: at('2025-02-06T12:00:00Z'),
    transformer,
    minimumAge: 0,
    locations: PLACES,
    streams: [STREAM],
  })
  onTestFinished(() => world.close())
  for (const { id } of PLACES) for (const window of [FIRST, SECOND]) await deliver(id, window, 1)
  expect(await world.run({ scope: { windows: [FIRST, SECOND] } })).toMatchObject({ state: 'succeeded' })
  for (const { id } of PLACES) for (const window of [FIRST, SECOND]) await deliver(id, window, 2)
})

/** A file of a day: another seed is a correction. */
async function deliver(id: string, window: string, seed: number): Promise<void> {
  const location = { id, name: id, timeZone: 'America/New_York', closeoutHour: 4 }
  const files = generateNight({ seed, date: window, profile: 'small', scale: 0.2, closed: false, location })
  const file = ofTheSeven(files).find(({ name }) => name === 'CashEntries.csv')
  if (!file) throw new Error('a night without time entries')
  await world.write(`${id}/${window.replaceAll('-', '')}/${file.name}`, file.bytes)
}

/** Changes one row of the ledger's file, as another program might. */
function damage(sql: string): void {
  const { ledger } = world.project.environment
  const db = new DatabaseSync(ledger.kind === 'sqlite' ? ledger.path : '')
  expect(db.prepare(sql).run().changes).toBe(1)
  db.close()
}

const inDay = (window: string) => `window_id = '${window}' and stream = '${STREAM}'`
const scope = { windows: [FIRST, SECOND] }

/** Version that the table holds of each day, and what is wrong, by subject. */
async function outcome() {
  const { ports, close } = await world.open()
  try {
    const loaded = async (window: string) =>
      (await ports.ledger.partition('toast', STREAM, window).catch(() => null))?.loaded ?? null
    const incidents = await ports.ledger.incidents({ states: ['open'] })
    return {
      versions: [await loaded(FIRST), await loaded(SECOND)],
      incidents: incidents.map(({ key, reason }) => `${key} ${reason.code}`).toSorted(),
    }
  } finally {
    await close()
  }
}

it('a damaged slice ends the work that reads it, and the other day is loaded', async () => {
  damage(`update slices set delivery = '{' where shard = '185001' and ${inDay(FIRST)}`)
  expect(await world.run({ scope })).toMatchObject({ state: 'failed', reason: { code: 'LEDGER_DAMAGED' } })
  expect(await outcome()).toEqual({
    versions: [1, 2],
    incidents: ['message/toast/ingest/185001 LEDGER_DAMAGED', `message/toast/load/${STREAM}/${FIRST} LEDGER_DAMAGED`],
  })
})

it('a damaged partition is an incident of the look, and all files are read', async () => {
  damage(`update partitions set totals = '{' where ${inDay(FIRST)}`)
  expect(await world.run({ scope })).toMatchObject({ state: 'failed', counts: { slices: 4 } })
  expect(await outcome()).toEqual({
    versions: [null, 2],
    incidents: [`message/toast/load/${STREAM}/${FIRST} LEDGER_DAMAGED`, 'message/toast/tick LEDGER_DAMAGED'],
  })
  damage(`update partitions set totals = '{}' where ${inDay(FIRST)}`)
  expect(await world.run({ scope: { ...scope, force: true, by: 'ana' } })).toMatchObject({ state: 'succeeded' })
  expect(await outcome()).toMatchObject({ incidents: [] })
})

it('a damaged message stays pending, and all others are done', async () => {
  let ofWest = ''
  const wrap = (ports: Ports): Ports => ({
    ...ports,
    queue: {
      ...ports.queue,
      async publish(messages) {
        const west = messages.find(({ work }) => work.kind === 'ingest' && work.shard === '185002')
        if (west) {
          ofWest = west.id
          damage(`update messages set work = '{' where id = '${west.id}'`)
        }
        await ports.queue.publish(messages)
      },
    },
  })
  const run = await world.run({ scope }, wrap)
  expect(run).toMatchObject({ state: 'running' })
  expect(await outcome()).toEqual({ versions: [2, 2], incidents: [] })
  const { ports, close } = await world.open()
  const messages = ports.ledger.messages({ runId: run.id })
  await expect(messages).rejects.toMatchObject({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(ofWest) })
  await close()
})
