import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Slice } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { handle } from '../../functions/pipeline/work/handle.ts'
import { newMessage, recoverRuns } from '../../functions/pipeline/work/run.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { failAt } from '../support/fail-at.ts'
import { createWorld, finalState, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const SEVEN = [
  'OrderDetails.csv',
  'CheckDetails.csv',
  'PaymentDetails.csv',
  'ItemSelectionDetails.csv',
  'AllItemsReport.csv',
  'KitchenTimings.csv',
  'CashEntries.csv',
]

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer })
})
afterEach(() => world.close())

const night = (seed = 1) =>
  generateNight({
    seed,
    date: DATE,
    profile: 'small',
    scale: 0.5,
    closed: false,
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  }).filter(({ name }) => SEVEN.includes(name))

async function deliver(names: readonly string[] = SEVEN, seed = 1): Promise<void> {
  for (const { name, bytes } of night(seed)) if (names.includes(name)) await world.write(`${FOLDER}/${name}`, bytes)
}

const scope = { windows: [DATE] }

async function slices(): Promise<Record<string, string>> {
  const daybreak = await world.open()
  const found = await daybreak.ports.ledger.slices({}).finally(() => daybreak.close())
  return Object.fromEntries(found.map(({ stream, state }: Slice) => [stream, state]))
}

async function query(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const daybreak = await world.open()
  return (
    await warehouseOf(daybreak.ports, 'toast')
      .query(sql)
      .finally(() => daybreak.close())
  ).rows
}

async function incidents(): Promise<readonly string[]> {
  const daybreak = await world.open()
  const found = await daybreak.ports.ledger.incidents({ states: ['open'] }).finally(() => daybreak.close())
  return found.map(({ key, reason }) => `${reason.code} ${key}`)
}

describe('one night of one location', () => {
  it('is loaded, reconciled and succeeded', async () => {
    await deliver()
    const run = await world.run({ scope })
    expect(run).toMatchObject({ state: 'succeeded', counts: { slices: 7, rejected: 0 } })
    expect(new Set(Object.values(await slices()))).toEqual(new Set(['loaded']))
    const [[orders]] = (await query('SELECT count(*) FROM toast.order_details')) as [[string]]
    const text = Buffer.from(night().find(({ name }) => name === 'OrderDetails.csv')!.bytes).toString('utf8')
    expect(Number(orders)).toBe(text.trimEnd().split('\r\n').length - 1)
  })

  it('is not done twice, and changes nothing when run again', async () => {
    await deliver()
    await world.run({ scope })
    const before = await finalState(world)
    const again = await world.run({ scope })
    expect(again).toMatchObject({ state: 'succeeded', counts: { rows: 0 } })
    expect(await finalState(world)).toEqual(before)
  })

  it('fault 13: is corrected by a re-export, and only the partition of that file is loaded anew', async () => {
    await deliver()
    await world.run({ scope })
    const [[before]] = (await query('SELECT count(*) FROM toast.order_details')) as [[string]]
    const orders = Buffer.from(night().find(({ name }) => name === 'OrderDetails.csv')!.bytes)
      .toString('utf8')
      .trimEnd()
      .split('\r\n')
    await world.clock.advance(3_600_000)
    await world.write(`${FOLDER}/OrderDetails.csv`, `${orders.slice(0, -1).join('\r\n')}\r\n`)
    await world.clock.advance(3_600_000)
    // An order less than the other files have: it is loaded, and the day says so.
    expect(await world.run({ scope })).toMatchObject({ state: 'partial', reason: { code: 'DAY_DISPUTED' } })
    expect(await query('SELECT count(*) FROM toast.order_details')).toEqual([[String(Number(before) - 1)]])
    const daybreak = await world.open()
    const partitions = await daybreak.ports.ledger.partitions({}).finally(() => daybreak.close())
    const loadedTwice = partitions.filter(({ loaded }) => loaded === 2).map(({ stream }) => stream)
    expect(loadedTwice.toSorted()).toEqual(['order_details'])
  })

  it('fault 12: is corrected even when size and time of the file are as they were', async () => {
    await deliver()
    await world.run({ trigger: 'schedule' })
    const file = night().find(({ name }) => name === 'OrderDetails.csv')!
    const text = Buffer.from(file.bytes).toString('utf8')
    const modifiedAt = world.clock.now() - 3_600_000
    await world.write(`${FOLDER}/OrderDetails.csv`, text.replace(/,0\.00,/, ',0.01,'), modifiedAt)
    await world.clock.set(at('2025-02-07T12:00:00Z'))
    await world.run({ trigger: 'schedule' })
    const daybreak = await world.open()
    const records = await daybreak.ports.ledger
      .deliveries({ streams: ['order_details'] })
      .finally(() => daybreak.close())
    expect(new Set(records.map(({ raw }) => raw.sha256)).size).toBe(2)
  })

  it('is read once more by the look-back, which writes nothing when the bytes are the known ones', async () => {
    await deliver()
    await world.run({ trigger: 'schedule' })
    // The files were touched: known ones all the same, and by their new time from then on.
    await world.clock.set(at('2025-02-07T11:00:00Z'))
    await deliver()
    await world.clock.set(at('2025-02-07T12:00:00Z'))
    const looking = failAt(Number.POSITIVE_INFINITY, 'once')
    expect((await world.run({ trigger: 'schedule' }, looking.wrap)).state).toBe('partial')
    const counts = Map.groupBy(looking.calls(), (name) => name)
    const count = (name: string) => counts.get(name)?.length ?? 0
    expect(count('source.read')).toBe(7)
    expect(count('objects.size')).toBe(7)
    expect(['objects.put', 'objects.get', 'objects.fetch', 'transformer.transform'].map(count)).toEqual([0, 0, 0, 0])
    const daybreak = await world.open()
    const known = await daybreak.ports.ledger.slices({ windows: [DATE] }).finally(() => daybreak.close())
    expect(new Set(known.map(({ state }) => state))).toEqual(new Set(['loaded']))
    const again = failAt(Number.POSITIVE_INFINITY, 'once')
    await world.run({ scope }, again.wrap)
    expect(again.calls().filter((name) => name === 'source.read')).toEqual([])
  })

  it('lands a file again whose raw object is gone, though its bytes are the known ones', async () => {
    await deliver()
    await world.run({ scope })
    const daybreak = await world.open()
    const [slice] = await daybreak.ports.ledger.slices({ streams: ['order_details'] })
    const object = slice!.raw!.object
    await rm(join(world.home, 'data', 'objects', object))
    expect(await daybreak.ports.objects.size(object)).toBeNull()
    await world.clock.advance(3_600_000)
    await deliver()
    await world.clock.advance(3_600_000)
    await world.run({ scope })
    expect(await daybreak.ports.objects.size(object).finally(() => daybreak.close())).toBeGreaterThan(0)
  })

  it('fault 14: loads what is there, misses what is not, and heals when it comes', async () => {
    await deliver(SEVEN.slice(0, 6))
    await world.clock.set(at('2025-02-06T13:00:00Z'))
    const run = await world.run({ scope })
    expect(run).toMatchObject({ state: 'partial', reason: { code: 'INCOMPLETE' } })
    expect(await slices()).toMatchObject({ cash_entries: 'missing', order_details: 'loaded' })
    expect(await incidents()).toContain('INCOMPLETE missing/toast/185001')
    await deliver(SEVEN.slice(6))
    expect((await world.run({ scope })).state).toBe('succeeded')
    expect(await slices()).toMatchObject({ cash_entries: 'loaded' })
    expect(await incidents()).not.toContain('INCOMPLETE missing/toast/185001')
  })

  it('fault 15: a missing day becomes an error before the server deletes it', async () => {
    await world.clock.set(at('2025-02-11T12:00:00Z'))
    await world.run({ scope })
    const daybreak = await world.open()
    const [incident] = await daybreak.ports.ledger.incidents({}).finally(() => daybreak.close())
    expect(incident).toMatchObject({
      severity: 'error',
      reason: { message: expect.stringContaining('deletes the day in 2 d') },
    })
  })

  it('fault 20: a 0-byte file, a header-only file and an absent file end in three ways', async () => {
    await deliver(['OrderDetails.csv', 'CheckDetails.csv'])
    await world.write(`${FOLDER}/PaymentDetails.csv`, '')
    const header = Buffer.from(night().find(({ name }) => name === 'CashEntries.csv')!.bytes)
      .toString('utf8')
      .split('\r\n')[0]
    await world.write(`${FOLDER}/CashEntries.csv`, `${header}\r\n`)
    await world.clock.set(at('2025-02-06T13:00:00Z'))
    await world.run({ scope })
    expect(await slices()).toMatchObject({
      payment_details: 'quarantined',
      cash_entries: 'loaded',
      kitchen_timings: 'missing',
    })
    expect(await query('SELECT count(*) FROM toast.cash_entries')).toEqual([['0']])
  })

  it('a worse correction leaves the table as it was', async () => {
    await deliver()
    await world.run({ scope })
    const before = await query('SELECT count(*), sum(total) FROM toast.payment_details')
    await world.clock.advance(7_200_000)
    await world.write(`${FOLDER}/PaymentDetails.csv`, '')
    expect((await world.run({ scope })).state).toBe('partial')
    expect(await slices()).toMatchObject({ payment_details: 'quarantined' })
    expect(await query('SELECT count(*), sum(total) FROM toast.payment_details')).toEqual(before)
  })

  it('a header-only correction empties the location when it comes a second time, and no other', async () => {
    await deliver()
    await world.run({ scope })
    const header = Buffer.from(night().find(({ name }) => name === 'KitchenTimings.csv')!.bytes)
      .toString('utf8')
      .split('\r\n')[0]
    await world.clock.advance(7_200_000)
    await world.write(`${FOLDER}/KitchenTimings.csv`, `${header}\r\n`)
    expect(await world.run({ scope })).toMatchObject({ state: 'partial', reason: { code: 'FILE_HELD' } })
    await world.clock.advance(7_200_000)
    await world.write(`${FOLDER}/KitchenTimings.csv`, `${header}\r\n`)
    expect((await world.run({ scope })).state).toBe('succeeded')
    expect(await query('SELECT count(*) FROM toast.kitchen_timings')).toEqual([['0']])
    expect(Number((await query('SELECT count(*) FROM toast.order_details'))[0]?.[0])).toBeGreaterThan(0)
  })

  it('the ledger can be lost: a rebuild from object storage gives the same slices and tables', async () => {
    await deliver()
    await world.run({ scope })
    const before = await finalState(world)
    const { rm } = await import('node:fs/promises')
    const { ledger } = world.project.environment
    if (ledger.kind !== 'sqlite') throw new TypeError('expected SQLite')
    for (const suffix of ['', '-wal', '-shm']) await rm(`${ledger.path}${suffix}`, { force: true })
    const { rebuildLedger } = await import('../../functions/pipeline/work/rebuild.ts')
    const daybreak = await world.open()
    const { runId } = await rebuildLedger(daybreak.definitions.get('toast')!, daybreak.ports)
    const run = await daybreak.drive((await daybreak.ports.ledger.run(runId))!)
    await daybreak.close()
    expect(run.state).not.toBe('failed')
    const after = await finalState(world)
    expect(after.tables).toEqual(before.tables)
    expect(after.partitions).toEqual(before.partitions)
    expect(Object.values(await slices()).every((state) => state === 'loaded')).toBe(true)
    expect((await world.run({ scope })).state).toBe('succeeded')
  })
})

describe('messages', () => {
  it('fault 51: five copies of every message, some at once, have one effect', async () => {
    await deliver()
    const daybreak = await world.open((ports) => ({
      ...ports,
      queue: {
        ...ports.queue,
        publish: (messages) => ports.queue.publish(messages.flatMap((message) => Array(5).fill(message))),
      },
    }))
    const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope }))
    await daybreak.close()
    expect(run.state).toBe('succeeded')
    const copies = await finalState(world)
    const other = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer })
    for (const { name, bytes } of night()) await other.write(`${FOLDER}/${name}`, bytes)
    await other.run({ scope })
    expect(copies).toEqual(await finalState(other))
    await other.close()
  })

  it('fault 52: a message that comes six days late changes nothing', async () => {
    await deliver()
    const daybreak = await world.open()
    const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope }))
    const messages = await daybreak.ports.ledger.messages({ runId: run.id })
    const before = await daybreak.ports.ledger.slices({})
    await world.clock.advance(6 * 86_400_000)
    for (const message of messages.toReversed()) await handle({ ...message, state: 'pending' }, daybreak.worker)
    expect(await daybreak.ports.ledger.slices({})).toEqual(before)
    await daybreak.close()
  })

  it('fault 54: a message that cannot be right is recorded as an incident and not tried for ever', async () => {
    const daybreak = await world.open()
    const run = await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope })
    const poison = newMessage(
      { kind: 'ingest', pipeline: 'toast', shard: '999', windows: [DATE] },
      run.id,
      daybreak.ports,
    )
    await daybreak.ports.ledger.apply([{ change: 'message', message: poison }])
    await daybreak.ports.queue.publish([poison])
    const finished = await daybreak.drive(run)
    const [incident] = await daybreak.ports.ledger.incidents({ keyPrefix: 'message/' })
    await daybreak.close()
    expect(finished.state).toBe('failed')
    expect(incident).toMatchObject({ reason: { code: 'LOCATION_UNKNOWN' }, occurrences: 1 })
  })

  it('fault 58: a recorded but unsent message is sent when the run is taken over', async () => {
    await deliver()
    const broken = await world.open((ports) => ({
      ...ports,
      queue: { ...ports.queue, publish: async () => undefined },
    }))
    const run = await broken.start({ pipeline: 'toast', trigger: 'cli', scope })
    await broken.drive(run)
    await broken.close()
    await world.clock.advance(16 * 60_000)
    const next = await world.open()
    await recoverRuns(next.ports)
    const finished = await next.drive(run)
    await next.close()
    expect(finished.state).toBe('succeeded')
  })
})
