import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { type Rebuilt, rebuildLedger } from '../../functions/pipeline/work/rebuild.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, type FinalState, finalState, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const scope = { windows: [DATE] }

let transformer: Transformer
let world: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T20:00:00Z'), transformer })
})
afterEach(() => world.close())

/** Orders, their correction, payments with a broken row, an empty file of cash entries, and four files that never came. */
async function troubledDay(): Promise<void> {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const file = (seed: number, name: string) => {
    const night = ofTheSeven(generateNight({ seed, date: DATE, profile: 'small', scale: 0.3, closed: false, location }))
    return Buffer.from(night.find((one) => one.name === name)?.bytes ?? '').toString('utf8')
  }
  const deliver = (name: string, text: string) => world.write(`185001/20250205/${name}`, text)
  await deliver('OrderDetails.csv', file(1, 'OrderDetails.csv'))
  await deliver('PaymentDetails.csv', file(1, 'PaymentDetails.csv').replace(/\d+\/\d+\/\d\d /, 'no date '))
  await deliver('CashEntries.csv', '')
  await world.run({ scope })
  await deliver('OrderDetails.csv', `${file(1, 'OrderDetails.csv')}`.replace(/East/g, 'Eastern'))
  await world.run({ scope: { ...scope, force: true } })
}

async function loseLedger(): Promise<void> {
  const { ledger } = world.project.environment
  if (ledger.kind !== 'sqlite') throw new TypeError('expected SQLite')
  for (const suffix of ['', '-wal', '-shm']) await rm(`${ledger.path}${suffix}`, { force: true })
}

async function rebuild(wrap?: (ports: Ports) => Ports): Promise<Rebuilt> {
  const daybreak = await world.open(wrap)
  try {
    const rebuilt = await rebuildLedger(daybreak.definitions.get('toast')!, daybreak.ports)
    const run = await daybreak.ports.ledger.run(rebuilt.runId)
    await daybreak.drive(run!)
    return rebuilt
  } finally {
    await daybreak.close()
  }
}

async function plant(name: string, text: string): Promise<void> {
  const path = join(world.home, 'data', 'objects', name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

async function manifestOf(stream: string): Promise<{ name: string; number: number }> {
  const daybreak = await world.open()
  const partition = await daybreak.ports.ledger.partition('toast', stream, DATE).finally(() => daybreak.close())
  const number = partition?.wanted ?? 0
  return { name: `manifests/toast/${stream}/${DATE}/`, number }
}

/** Members that a rebuilt ledger has to hold; how often a delivery was superseded is history. */
function lasting({ slices, deliveries, partitions, incidents, tables, open }: FinalState) {
  return { slices, deliveries, partitions, incidents, tables, open }
}

describe('a ledger that was lost', () => {
  it('comes back with rejects, quarantines, checks, missing files and incidents', async () => {
    await troubledDay()
    const before = await finalState(world)
    const states = before.slices.map((slice) => (slice as { state: string }).state)
    expect(new Set(states)).toEqual(new Set(['loaded', 'quarantined', 'missing']))
    const checksBefore = await checks()
    await loseLedger()
    expect((await rebuild()).skipped).toEqual([])
    expect(lasting(await finalState(world))).toEqual(lasting(before))
    expect(await checks()).toEqual(checksBefore)
    expect((before.tables['rejects'] as unknown[]).length).toBeGreaterThan(0)
  })

  it('is rebuilt again after an interruption at any transaction, and a second rebuild adds nothing', async () => {
    await troubledDay()
    const before = await finalState(world)
    for (let last = 1; last <= 4; last++) {
      await loseLedger()
      await rebuild((ports) => failingAfter(last, ports)).catch(() => undefined)
      await rebuild()
      expect(lasting(await finalState(world)), `interrupted at transaction ${last}`).toEqual(lasting(before))
    }
    expect(await rebuild()).toMatchObject({ slices: 0, partitions: 0 })
    expect(lasting(await finalState(world))).toEqual(lasting(before))
  })

  it('is rebuilt around objects that are junk, names them, and goes on loading', async () => {
    await troubledDay()
    const before = await finalState(world)
    const { name, number } = await manifestOf('order_details')
    await plant(`${name}${number + 1}.json`, '{"junk"')
    await plant(`decisions/toast/${DATE}/185001/999999999999999-0-0123456789ab.json`, '\0\0')
    await loseLedger()
    const { skipped } = await rebuild()
    expect(skipped.map(({ object }) => object).toSorted()).toEqual([
      `decisions/toast/${DATE}/185001/999999999999999-0-0123456789ab.json`,
      `${name}${number + 1}.json`,
    ])
    const after = await finalState(world)
    expect(after.tables).toEqual(before.tables)
    expect(after.open).toEqual({ runs: 0, messages: 0 })
    expect(await world.run({ scope })).toMatchObject({ state: 'partial' })
  })

  it('takes the newest archived file, not the first by its hash, where no decision was kept', async () => {
    await troubledDay()
    const before = await finalState(world)
    await rm(join(world.home, 'data', 'objects', 'decisions'), { recursive: true })
    await rm(join(world.home, 'data', 'objects', 'manifests'), { recursive: true })
    await loseLedger()
    await rebuild()
    const raws = (state: FinalState) => state.slices.map((slice) => (slice as { raw: unknown }).raw).filter(Boolean)
    expect(raws(await finalState(world))).toEqual(raws(before))
  })
})

describe('what is known of files that no contract reads, and of imported locations', () => {
  const known = async () => {
    const { ports, close } = await world.open()
    const [files, locations] = await Promise.all([ports.ledger.keptFiles({}), ports.ledger.importedLocations()])
    await close()
    const kept = files.map(({ shard: location, window: date, source: { path, name, bytes }, raw }) => ({
      ...{ location, date, path, name, bytes, raw },
    }))
    return { kept, locations }
  }

  it('comes back, and a second rebuild and the next run change nothing', async () => {
    await world.write('185001/20250205/AccountingReport.xls', 'one')
    await world.write('185001/20250205/Ünnamed 注文.pdf', 'two')
    await world.run({ scope })
    await world.write('185001/20250205/AccountingReport.xls', 'another')
    await world.run({ scope })
    const guest = { pipeline: 'toast', timeZone: 'Europe/Berlin', closeoutHour: 5 }
    const daybreak = await world.open()
    await daybreak.rememberLocations([{ ...guest, id: '77', at: 1 }])
    await daybreak.rememberLocations([{ ...guest, id: '77', closeoutHour: 6, at: 2 }])
    await daybreak.close()
    const before = await known()
    expect(before.kept).toHaveLength(2)
    await loseLedger()
    expect((await rebuild()).skipped).toEqual([])
    expect(await known()).toEqual(before)
    await rebuild()
    await world.run({ scope })
    expect(await known()).toEqual(before)
  })

  it('is rebuilt around a location that is junk', async () => {
    await plant('locations/toast/77/0123456789ab.json', '{}')
    expect((await rebuild()).skipped).toMatchObject([{ object: 'locations/toast/77/0123456789ab.json' }])
    expect((await known()).locations).toEqual([])
  })
})

async function checks(): Promise<unknown> {
  const daybreak = await world.open()
  try {
    const slices = await daybreak.ports.ledger.slices({})
    return await Promise.all(slices.map((slice) => daybreak.ports.ledger.checks(slice)))
  } finally {
    await daybreak.close()
  }
}

function failingAfter(last: number, ports: Ports): Ports {
  let applied = 0
  const apply: Ports['ledger']['apply'] = async (changes) => {
    if (++applied >= last) throw new Error(`interrupted at transaction ${applied}`)
    await ports.ledger.apply(changes)
  }
  const ledger = new Proxy(ports.ledger, {
    get: (target, key) => (key === 'apply' ? apply : Reflect.get(target, key)),
  })
  return { ...ports, ledger }
}
