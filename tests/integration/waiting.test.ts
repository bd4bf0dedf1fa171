import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Incident, Slice } from '../../functions/pipeline/entities.ts'
import type { Ports, Source, Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const ORDERS = `${FOLDER}/OrderDetails.csv`
const MINUTE = 60_000
const scope = { windows: [DATE], streams: ['order_details'] }

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  // 04:40 in New York: the first look has been, and the day is not late before 07:30.
  world = await createWorld({ now: at('2025-02-06T09:40:00Z'), transformer })
})
afterEach(() => world.close())

const orders = generateNight({
  ...{ seed: 1, date: DATE, profile: 'small', scale: 0.5, closed: false },
  location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
}).find(({ name }) => name === 'OrderDetails.csv')!
const nothing = async () => undefined
const lines = Buffer.from(orders.bytes).toString('utf8').trimEnd().split('\r\n')
/** The header and so many rows. */
const cut = (rows: number) => `${lines.slice(0, rows + 1).join('\r\n')}\r\n`
const ROWS = lines.length - 1

const afterLooks = (work: (look: number) => Promise<void>) => aroundLooks({ after: work })

/** Does something before or after every look at a folder, as a sender does that knows nothing of looks. */
function aroundLooks({ before = nothing, after = nothing }: Record<string, (look: number) => Promise<void>>) {
  let looks = 0
  const watched = (source: Source): Source => ({
    listFolders: source.listFolders.bind(source),
    read: source.read.bind(source),
    close: source.close.bind(source),
    async listFiles(folder) {
      await before(++looks)
      const files = await source.listFiles(folder)
      await after(looks)
      return files
    },
  })
  return (ports: Ports): Ports => ({
    ...ports,
    source: (pipeline) => {
      const connector = ports.source(pipeline)
      return { name: connector.name, connect: async (signal) => watched(await connector.connect(signal)) }
    },
  })
}

async function known(): Promise<{ slice: Slice | undefined; rows: number; incidents: readonly Incident[] }> {
  const daybreak = await world.open()
  const { ledger } = daybreak.ports
  const [slice] = await ledger.slices({ streams: ['order_details'] })
  const incidents = await ledger.incidents({ states: ['open'] })
  await daybreak.close()
  return { slice, rows: slice?.delivery?.counts.accepted ?? 0, incidents }
}

const keys = (incidents: readonly Incident[]) => incidents.map(({ key, reason }) => `${reason.code} ${key}`)

describe('a file at its first look', () => {
  it('is read by one run that looks twice, two minutes apart', async () => {
    await world.write(ORDERS, cut(ROWS))
    const before = world.clock.now()
    expect((await world.run({ scope })).state).toBe('succeeded')
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(2 * MINUTE)
    expect((await known()).rows).toBe(ROWS)
  })

  it('is not published while it grows, although the clock of the server is behind', async () => {
    const behind = () => world.clock.now() - 25 * MINUTE
    await world.write(ORDERS, cut(3), behind())
    const growing = afterLooks(async (look) => world.write(ORDERS, cut(3 + look), behind()))
    const run = await world.run({ scope }, growing)
    expect(run).toMatchObject({ state: 'partial', reason: { code: 'FILE_CHANGED' } })
    expect(await known()).toMatchObject({ slice: { state: 'seen' }, rows: 0, incidents: [] })
    await world.write(ORDERS, cut(ROWS), behind())
    await world.clock.advance(15 * MINUTE)
    expect((await world.run({ scope })).state).toBe('succeeded')
    expect((await known()).rows).toBe(ROWS)
  })

  it('is not published while it grows, although size alone tells', async () => {
    const frozen = at('2025-02-06T09:10:00Z')
    await world.write(ORDERS, cut(3), frozen)
    await world.run(
      { scope },
      afterLooks(async (look) => world.write(ORDERS, cut(3 + look), frozen)),
    )
    expect(await known()).toMatchObject({ slice: { state: 'seen' }, rows: 0 })
  })

  it('is read at once when that is forced', async () => {
    await world.write(ORDERS, cut(ROWS), at('2099-01-01T00:00:00Z'))
    const before = world.clock.now()
    expect((await world.run({ scope: { ...scope, force: true } })).state).toBe('succeeded')
    expect(world.clock.now() - before).toBeLessThan(MINUTE)
    expect((await known()).rows).toBe(ROWS)
  })

  it('is read although another file of the day has changed meanwhile', async () => {
    await world.write(ORDERS, cut(ROWS))
    const other = `${FOLDER}/CashEntries.csv`
    const changing = afterLooks(async () => world.write(other, 'x', world.clock.now()))
    await world.write(other, 'y', world.clock.now())
    await world.run({ scope: { windows: [DATE], streams: ['order_details', 'cash_entries'] } }, changing)
    expect((await known()).rows).toBe(ROWS)
  })
})

describe('a file with a time that cannot be right', () => {
  it.each([
    ['2099', at('2099-01-01T00:00:00Z')],
    ['1970', 1000],
    ['five hours ahead', at('2025-02-06T14:10:00Z')],
    ['local time for UTC', at('2025-02-06T04:10:00Z')],
  ])('is loaded the same night, and reported: %s', async (_, modifiedAt) => {
    await world.write(ORDERS, cut(ROWS), modifiedAt)
    expect((await world.run({ scope })).state).toBe('succeeded')
    const { rows, incidents } = await known()
    expect(rows).toBe(ROWS)
    expect(keys(incidents)).toEqual(['SOURCE_CLOCK clock/toast/185001'])
  })

  it('is no problem any more when the next file has a time that can be right', async () => {
    await world.write(ORDERS, cut(ROWS - 1), at('2099-01-01T00:00:00Z'))
    await world.run({ scope })
    await world.write(ORDERS, cut(ROWS), world.clock.now())
    await world.run({ scope })
    const { rows, incidents } = await known()
    expect([rows, keys(incidents)]).toEqual([ROWS, []])
  })
})

describe('a file that never stands still', () => {
  const rewriting = () => aroundLooks({ before: async () => world.write(ORDERS, cut(ROWS), world.clock.now()) })

  it('is read when the day is late, marked, and an incident until it stands still', async () => {
    await world.write(ORDERS, cut(ROWS), world.clock.now())
    expect((await world.run({ scope }, rewriting())).state).toBe('partial')
    await world.clock.set(at('2025-02-06T12:31:00Z'))
    expect((await world.run({ scope }, rewriting())).state).toBe('succeeded')
    const late = await known()
    expect(late.rows).toBe(ROWS)
    expect(late.slice).toMatchObject({ state: 'loaded', reason: { code: 'FILE_CHANGED' } })
    expect(keys(late.incidents)).toEqual([`FILE_CHANGED waiting/toast/185001`])
    await world.clock.advance(60 * MINUTE)
    await world.run({ scope })
    const still = await known()
    expect(still.slice).toMatchObject({ state: 'loaded', reason: null, sighting: null })
    expect(keys(still.incidents)).toEqual([])
  })

  it('is looked at twice by a first run after the day was late', async () => {
    await world.clock.set(at('2025-02-06T13:00:00Z'))
    await world.write(ORDERS, cut(ROWS), world.clock.now())
    await world.run({ scope }, rewriting())
    expect(await known()).toMatchObject({ rows: ROWS, slice: { reason: { code: 'FILE_CHANGED' } } })
  })

  it('is an incident when it cannot even be read', async () => {
    await world.clock.set(at('2025-02-06T13:00:00Z'))
    await world.write(ORDERS, cut(ROWS), world.clock.now())
    // Written at every look, also between the look and the read.
    const always = afterLooks(async (look) => world.write(ORDERS, cut(look), world.clock.now()))
    const run = await world.run({ scope }, always)
    expect(run.state).toBe('partial')
    const { slice, incidents } = await known()
    expect(slice).toMatchObject({ state: 'seen', reason: { code: 'FILE_CHANGED' } })
    expect(keys(incidents)).toEqual([`FILE_CHANGED unreadable/toast/185001`])
  })
})

describe('a look whose listing is older than what another worker recorded meanwhile', () => {
  it('looks again, so that the run of the other worker reads the correction', async () => {
    await world.write(ORDERS, cut(ROWS - 1), world.clock.now() - MINUTE)
    const listed = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const slow = await world.open(
      afterLooks(async (look) => {
        if (look !== 2) return
        listed.resolve()
        await released.promise
      }),
    )
    const slowRun = slow.drive(await slow.start({ pipeline: 'toast', trigger: 'cli', scope }))
    await listed.promise
    // The slow worker has listed the file as it was; it is corrected, and a second run sees it twice.
    await world.write(ORDERS, cut(ROWS), world.clock.now())
    const between = aroundLooks({
      before: async (look) => {
        if (look !== 2) return
        released.resolve()
        await slowRun
      },
    })
    expect((await world.run({ scope }, between)).state).toBe('succeeded')
    expect(await known()).toMatchObject({ rows: ROWS, slice: { state: 'loaded' } })
    await slow.close()
  })
})
