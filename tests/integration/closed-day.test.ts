import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { openLocalApi } from '../../functions/compose/local-api.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Run } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { takeOver } from '../crash/story.ts'
import { PROGRAM } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { failAt, type Planted } from '../support/fail-at.ts'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'

const [LOCATION, DATE, STREAM] = ['185001', '2025-02-05', 'payment_details']
const PATH = `${LOCATION}/20250205/PaymentDetails.csv`
const HOUR = 3_600_000

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

/** The payments of the day, the first tip so many cents more. */
function payments(cents: number): string {
  const night = generateNight({
    ...{ seed: 3, date: DATE, profile: 'small', scale: 0.2, closed: false },
    location: { id: LOCATION, name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  const text = Buffer.from(night.find(({ name }) => name === 'PaymentDetails.csv')?.bytes ?? '').toString()
  const [head = '', ...rows] = text.split('\r\n')
  const cells = (rows[0] ?? '').split(',')
  for (const name of ['Tip', 'Total']) {
    const column = head.split(',').indexOf(name)
    cells[column] = (Number(cells[column]) + cents / 100).toFixed(2)
  }
  return [head, ...rows.with(0, cells.join(','))].join('\r\n')
}

async function openWorld(options: Partial<WorldOptions> = {}): Promise<World> {
  const now = at('2025-02-06T14:00:00Z')
  const world = await createWorld({ now, transformer, streams: [STREAM], ...options })
  onTestFinished(() => world.close())
  return world
}

async function deliver(world: World, cents: number, scope: Run['scope'] = {}, planted?: Planted): Promise<Run> {
  await world.clock.sleep(HOUR)
  await world.write(PATH, payments(cents), world.clock.now() - HOUR / 2)
  return await world.run({ scope: { windows: [DATE], ...scope } }, planted?.wrap, planted?.signal)
}

async function ask<Result>(world: World, work: (api: ApiClient) => Promise<Result>): Promise<Result> {
  const daybreak = await world.open()
  try {
    const signal = new AbortController().signal
    return await work(
      openLocalApi(daybreak, world.project, { actor: 'maria', version: '0', env: {}, program: PROGRAM, signal }),
    )
  } finally {
    await daybreak.close()
  }
}

const path = { pipeline: 'toast', window: DATE }
const sign = (world: World) =>
  ask(world, (api) =>
    api('POST /api/days/{pipeline}/{window}:signOff', { path, body: { note: 'Agrees with the bank' } }),
  )

/** State of the slice, tips in the table, open incidents and audit. */
async function state(world: World) {
  const daybreak = await world.open()
  try {
    const { ledger } = daybreak.ports
    const slice = await ledger.slice({ pipeline: 'toast', window: DATE, shard: LOCATION, stream: STREAM })
    const { rows } = await warehouseOf(daybreak.ports, 'toast').query(`SELECT SUM(tip) FROM toast.${STREAM}`)
    const incidents = await ledger.incidents({ states: ['open'] })
    const audit = (await ledger.audit({})).map(({ action, actor }) => `${action} ${actor}`)
    const told = incidents.map(({ reason }) => reason)
    return { slice: slice?.state, code: slice?.reason?.code ?? null, tips: Number(rows[0]?.[0]), told, audit }
  } finally {
    await daybreak.close()
  }
}

const release = (world: World) =>
  ask(world, (api) =>
    api('POST /api/slices:release', {
      body: { slices: [{ ...path, shard: LOCATION, stream: STREAM }], reason: 'The tip was forgotten' },
    }),
  )

/** Finishes what a request, or a worker that died, began. */
const settle = (world: World, planted?: Planted) => takeOver(world, 0, planted)

describe('a day that was signed', () => {
  let world: World
  let signed: Awaited<ReturnType<typeof state>>
  beforeEach(async () => {
    world = await openWorld()
    await deliver(world, 0)
    await sign(world)
    signed = await state(world)
  })

  it('keeps its rows when a corrected file comes, and names the proposal', async () => {
    await deliver(world, 125)
    const held = await state(world)
    expect(held).toMatchObject({ slice: 'held', code: 'DAY_CLOSED', tips: signed.tips })
    expect(held.told).toEqual([
      {
        code: 'DAY_CLOSED',
        message: expect.stringMatching(
          /waits as a proposal: .* another version than what was signed; the day was signed by maria at .*`daybreak slices release --location 185001 --date 2025-02-05/,
        ),
      },
    ])
  })

  it('takes neither a second delivery of the same bytes nor force for an acceptance', async () => {
    await deliver(world, 125)
    await deliver(world, 125)
    expect(await state(world)).toMatchObject({ slice: 'held', tips: signed.tips })
    await deliver(world, 125, { force: true })
    expect(await state(world)).toMatchObject({ slice: 'held', tips: signed.tips })
  })

  it('takes the proposal that a person accepts, writes who did, and shows the change at the signature', async () => {
    await deliver(world, 125)
    const { results } = await release(world)
    expect(results).toMatchObject([{ ok: true }])
    await settle(world)
    const accepted = await state(world)
    expect(accepted.slice).toBe('loaded')
    expect(accepted.tips - signed.tips).toBeCloseTo(1.25, 6)
    expect(accepted.told).toEqual([])
    expect(accepted.audit).toEqual(
      expect.arrayContaining(['slice.release maria', 'slice.released maria', 'day.sign maria']),
    )
    const day = await ask(world, (api) => api('GET /api/days/{pipeline}/{window}', { path }))
    expect(day.changedSinceSignOff).toBe(true)
  })

  it('lists what was delivered while it waits, and drops nothing when a newer proposal comes', async () => {
    await deliver(world, 125)
    await deliver(world, 250)
    const daybreak = await world.open()
    const records = await daybreak.ports.ledger.deliveries({ pipeline: 'toast' }).finally(() => daybreak.close())
    expect(records.map(({ state: each }) => each)).toEqual(['staged', 'held', 'held'])
    await release(world)
    await settle(world)
    expect((await state(world)).tips - signed.tips).toBeCloseTo(2.5, 6)
  })

  it('is no proposal when the file is again what was signed', async () => {
    await deliver(world, 125)
    await deliver(world, 0)
    expect(await state(world)).toMatchObject({ slice: 'loaded', tips: signed.tips, told: [] })
  })
})

it('a day that the calendar does not have is not found, by day and by slice', async () => {
  const world = await openWorld()
  await deliver(world, 0)
  for (const window of ['2025-02-30', '2025-13-40', '2025-02-5\u202e']) {
    const place = { pipeline: 'toast', window }
    await expect(ask(world, (api) => api('GET /api/days/{pipeline}/{window}', { path: place }))).rejects.toMatchObject({
      ...{
        code: 'NOT_FOUND',
        message: expect.stringMatching(/there is no window "[ -~]+"; expected a day of the calendar/),
      },
    })
    const slice = { ...place, shard: LOCATION, stream: STREAM }
    await expect(
      ask(world, (api) => api('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path: slice })),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})

describe('a signed day that is opened again', () => {
  const reopen = (world: World, shard?: string) =>
    ask(world, (api) =>
      api('POST /api/days/{pipeline}/{window}:reopen', {
        path,
        body: { reason: 'The bank returned a payment', ...(shard !== undefined && { shard }) },
      }),
    )
  const signatures = async (world: World) =>
    (await ask(world, (api) => api('GET /api/days/{pipeline}/{window}', { path }))).signOffs.map(({ shard }) => shard)

  it('names what waited, judges it again at the next look, and says in the audit who opened it and what was signed', async () => {
    const world = await openWorld()
    await deliver(world, 0)
    await sign(world)
    const signed = await state(world)
    await deliver(world, 125)
    const opened = await reopen(world)
    const slice = { pipeline: 'toast', window: DATE, shard: LOCATION, stream: STREAM }
    expect(opened).toMatchObject({ shard: null, actor: 'maria', signOffs: [{ shard: null }], waiting: [slice] })
    expect(await state(world)).toMatchObject({ slice: 'held', tips: signed.tips })
    await world.run({ scope: { windows: [DATE], fromArchive: true } })
    const open = await state(world)
    expect(open).toMatchObject({ slice: 'loaded', told: [] })
    expect(open.tips - signed.tips).toBeCloseTo(1.25, 6)
    expect(open.audit).toEqual(expect.arrayContaining(['day.reopen maria']))
    expect(await signatures(world)).toEqual([])
    await expect(reopen(world)).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
  })

  it('of one location leaves the signature of the others', async () => {
    const locations = ['185001', '185002'].map((id) => ({ id, name: id, time_zone: 'America/New_York' }))
    const world = await openWorld({ locations })
    await deliver(world, 0)
    await sign(world)
    await reopen(world, '185002')
    expect(await signatures(world)).toEqual(['185001'])
    await deliver(world, 125)
    expect(await state(world)).toMatchObject({ slice: 'held', code: 'DAY_CLOSED' })
    await reopen(world, '185001')
    expect(await signatures(world)).toEqual([])
  })
})

it.each<readonly [string, Partial<WorldOptions>, boolean]>([
  ['without a signature', {}, false],
  ['of a pipeline that says `signed_days: load`', { signedDays: 'load' }, true],
])('a day %s takes a correction at once', async (_, options, isSigned) => {
  const world = await openWorld(options)
  await deliver(world, 0)
  if (isSigned) await sign(world)
  const before = await state(world)
  await deliver(world, 125)
  expect((await state(world)).tips - before.tips).toBeCloseTo(1.25, 6)
})

describe('a worker that dies at any call', () => {
  const STEP = 11

  it.each([
    { what: 'while it holds a proposal', isAccepted: false, state: 'held', cents: 0 },
    { what: 'while it takes an accepted one', isAccepted: true, state: 'loaded', cents: 125 },
  ])('$what leaves the day as it ends undisturbed', async ({ isAccepted, state: slice, cents }) => {
    const first = await openWorld()
    await deliver(first, 0)
    await sign(first)
    const { tips } = await state(first)
    if (isAccepted) {
      await deliver(first, 125)
      await release(first)
    }
    let tried = 0
    for (let call = 1; ; call += STEP) {
      const world = await openWorld({ from: first })
      const planted = failAt(call, 'forever')
      if (isAccepted) await settle(world, planted)
      else await deliver(world, 125, {}, planted).catch(() => undefined)
      if (planted.failed() === null) break
      tried++
      await settle(world)
      await deliver(world, 125)
      const end = await state(world)
      expect(end, `after call ${call}`).toMatchObject({ slice })
      expect(end.tips - tips, `after call ${call}`).toBeCloseTo(cents / 100, 6)
    }
    expect(tried).toBeGreaterThan(3)
  })
})
