import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { openLocalApi } from '../../functions/compose/local-api.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { takeOver } from '../crash/story.ts'
import { PROGRAM } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const FIRST = '2025-02-04'
const SECOND = '2025-02-05'
const REPORT = 'AllItemsReport.csv'

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

const report = () => {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const files = generateNight({ seed: 1, date: FIRST, profile: 'small', scale: 0.4, closed: false, location })
  return files.find(({ name }) => name === REPORT)?.bytes ?? ''
}

/** Asks the API of a laptop. */
async function ask<Result>(world: World, work: (api: ApiClient) => Promise<Result>): Promise<Result> {
  const daybreak = await world.open()
  const { signal } = new AbortController()
  try {
    return await work(
      openLocalApi(daybreak, world.project, { actor: 'maria', version: '0', env: {}, program: PROGRAM, signal }),
    )
  } finally {
    await daybreak.close()
  }
}

/** Publishes one report on two days in an order, and tells what became of each. */
async function ending(order: readonly string[]) {
  const world = await newWorld()
  for (const window of order) await publish(world, window)
  return await endOf(world).finally(() => world.close())
}

const newWorld = (): Promise<World> => createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, minimumAge: 0 })

async function publish(world: World, window: string): Promise<void> {
  await world.write(`185001/${window.replaceAll('-', '')}/${REPORT}`, report())
  await world.run({ scope: { windows: [window], streams: ['all_items_report'] } })
  await world.clock.advance(3_600_000)
}

async function endOf(world: World) {
  const daybreak = await world.open()
  const { ledger } = daybreak.ports
  const warehouse = warehouseOf(daybreak.ports, 'toast')
  const slices = await ledger.slices({ streams: ['all_items_report'] })
  const table = (await warehouse.query('SELECT business_date FROM toast.all_items_report GROUP BY 1')).rows
  const incidents = await ledger.incidents({ states: ['open'], keyPrefix: 'refused/' })
  await daybreak.close()
  return {
    slices: slices.map(({ window, state, delivery, reason }) => ({
      window,
      state,
      published: delivery !== null,
      reason,
    })),
    table,
    refused: incidents.map(({ key, subjects }) => [key, ...subjects.first]),
  }
}

it('holds a copy of another day, whether the copy or the right day was read first', async () => {
  const right = await ending([FIRST, SECOND])
  expect(right).toMatchObject({
    slices: [
      { window: FIRST, state: 'loaded', published: true },
      { window: SECOND, state: 'held', published: false, reason: { code: 'FILE_HELD' } },
    ],
    refused: [['refused/toast/185001/FILE_HELD', `${SECOND} all_items_report`]],
  })
  expect(await ending([SECOND, FIRST])).toEqual(right)
})

describe('a copy in a day that was signed', () => {
  const path = { pipeline: 'toast', window: SECOND }
  const slice = { ...path, shard: '185001', stream: 'all_items_report' }

  async function signedCopy(): Promise<World> {
    const world = await newWorld()
    onTestFinished(() => world.close())
    await publish(world, SECOND)
    await ask(world, (api) =>
      api('POST /api/days/{pipeline}/{window}:signOff', { path, body: { note: 'Agrees with the bank' } }),
    )
    await publish(world, FIRST)
    expect(await endOf(world)).toMatchObject({
      slices: [
        { window: FIRST, state: 'loaded', published: true },
        {
          window: SECOND,
          ...{ state: 'held', published: true },
          reason: {
            code: 'DAY_CLOSED',
            message: expect.stringMatching(
              /its bytes belong to 185001 2025-02-04.* signed by maria .*`daybreak reopen 2025-02-05 --location 185001 --reason TEXT` takes it out/,
            ),
          },
        },
      ],
      table: [[FIRST], [SECOND]],
      refused: [['refused/toast/185001/DAY_CLOSED', `${SECOND} all_items_report`]],
    })
    return world
  }

  it('stays in the table, also when the day is forced, and is taken out when the day is opened again', async () => {
    const world = await signedCopy()
    await world.run({ scope: { windows: [SECOND], streams: ['all_items_report'], force: true } })
    expect((await endOf(world)).table).toHaveLength(2)
    const { waiting } = await ask(world, (api) =>
      api('POST /api/days/{pipeline}/{window}:reopen', { path, body: { reason: 'It was the file of the day before' } }),
    )
    expect(waiting).toEqual([slice])
    await world.run({ scope: { windows: [SECOND], fromArchive: true } })
    expect(await endOf(world)).toEqual(await ending([FIRST, SECOND]))
  })

  it('is kept when a person releases it, also when the other day comes once more', async () => {
    const world = await signedCopy()
    await ask(world, (api) => api('POST /api/slices:release', { body: { slices: [slice], reason: 'Both are right' } }))
    await takeOver(world, 0)
    const kept = await endOf(world)
    expect(kept).toMatchObject({ slices: [{ state: 'loaded' }, { state: 'loaded', reason: null }], refused: [] })
    await world.run({ scope: { windows: [FIRST], streams: ['all_items_report'], force: true } })
    expect(await endOf(world)).toEqual(kept)
  })
})
