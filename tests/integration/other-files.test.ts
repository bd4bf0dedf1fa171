import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { KeptFile } from '../../functions/pipeline/entities.ts'
import type { Ports, Source, Transformer } from '../../functions/pipeline/ports.ts'
import { MOST_FILES } from '../../functions/pipeline/steps/keep.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const scope = { windows: [DATE] }

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T13:00:00Z'), transformer })
})
afterEach(() => world.close())

async function kept(): Promise<readonly KeptFile[]> {
  const daybreak = await world.open()
  return await daybreak.ports.ledger.keptFiles({}).finally(() => daybreak.close())
}

async function incidents(): Promise<readonly string[]> {
  const daybreak = await world.open()
  const open = await daybreak.ports.ledger.incidents({ states: ['open'] }).finally(() => daybreak.close())
  return open.map(({ key, reason }) => `${reason.code} ${key}: ${reason.message}`)
}

/** Counts reads, and fails those of one file. */
function reading(names: string[], failing: Readonly<Record<string, DaybreakError>> = {}) {
  return (ports: Ports): Ports => ({
    ...ports,
    source: (pipeline) => ({
      name: 'watched',
      async connect(signal) {
        const source = await ports.source(pipeline).connect(signal)
        const read: Source['read'] = (file, stop) => {
          names.push(file.name)
          const error = failing[file.name]
          if (error) throw error
          return source.read(file, stop)
        }
        return { ...source, read }
      },
    }),
  })
}

const OTHERS = {
  'AccountingReport.xls': new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0]),
  'SomethingNew.csv': Buffer.from('a,b\r\n1,2\r\n'),
  'Ünnamed 注文.pdf': Buffer.from('x'),
  '.hidden': Buffer.from(''),
}
const writeOthers = async () => {
  for (const [name, bytes] of Object.entries(OTHERS)) await world.write(`${FOLDER}/${name}`, bytes)
}

it('every file of a folder is archived as it is, with no contract that reads it', async () => {
  await writeOthers()
  await world.run({ scope })
  const found = await kept()
  expect(found.map(({ source }) => source.name).toSorted()).toEqual(Object.keys(OTHERS).toSorted())
  const daybreak = await world.open()
  for (const { source, raw } of found) {
    const bytes = Object.entries(OTHERS).find(([name]) => name === source.name)![1]
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(raw?.object).toBe(`raw/toast/185001/${DATE}/${source.name}/${sha256}`)
    expect(Buffer.from(await daybreak.ports.objects.get(raw!.object))).toEqual(Buffer.from(bytes))
  }
  await daybreak.close()
})

it('a file that is archived is not read again before it changes', async () => {
  await writeOthers()
  await world.run({ scope })
  const names: string[] = []
  await world.run({ scope }, reading(names))
  expect(names).toEqual([])
  await world.clock.advance(3_600_000)
  await world.write(`${FOLDER}/SomethingNew.csv`, 'a,b\r\n1,3\r\n', world.clock.now() - 1_800_000)
  await world.clock.advance(3_600_000)
  await world.run({ scope }, reading(names))
  expect(new Set(names)).toEqual(new Set(['SomethingNew.csv']))
})

it('a folder with more files than a day keeps is reported by number and first names', async () => {
  for (let n = 0; n < MOST_FILES + 3; n++) await world.write(`${FOLDER}/note-${String(n).padStart(3, '0')}.txt`, `${n}`)
  await world.run({ scope })
  expect((await kept()).filter(({ raw }) => raw !== null)).toHaveLength(MOST_FILES)
  const report = (await incidents()).find((text) => text.startsWith('FILE_NOT_ARCHIVED archive/toast/185001'))
  expect(report).toContain('3 files')
  expect(report).toContain('"note-100.txt"')
})

it('a file that cannot be read keeps its reason, and the others are archived', async () => {
  await writeOthers()
  const refused = new DaybreakError('SOURCE_READ_FAILED', 'permission denied')
  await world.run({ scope }, reading([], { 'AccountingReport.xls': refused }))
  const found = await kept()
  const report = found.find(({ source }) => source.name === 'AccountingReport.xls')
  expect(report).toMatchObject({ raw: null, reason: { code: 'SOURCE_READ_FAILED' } })
  expect(found.filter(({ raw }) => raw !== null)).toHaveLength(3)
  await world.run({ scope })
  expect((await kept()).every(({ raw }) => raw !== null)).toBe(true)
})

it('a file of a stream that the location does not deliver is archived as well', async () => {
  await world.close()
  const locations = [{ id: '185001', name: 'East', time_zone: 'America/New_York', streams_off: ['cash_entries'] }]
  world = await createWorld({ now: at('2025-02-06T13:00:00Z'), transformer, locations })
  await world.write(`${FOLDER}/CashEntries.csv`, 'Entry Id\r\n')
  await world.run({ scope })
  expect((await kept()).map(({ source }) => source.name)).toEqual(['CashEntries.csv'])
})

it('a contract that is written later is filled from the archive', async () => {
  await world.close()
  const off = [{ id: '185001', name: 'East', time_zone: 'America/New_York', streams_off: ['cash_entries'] }]
  world = await createWorld({ now: at('2025-02-06T13:00:00Z'), transformer, locations: off })
  const header =
    'Location,Entry Id,Created Date,Action,Amount,Cash Drawer,Payout Reason,No Sale Reason,Comment,Employee,Employee 2'
  await world.write(`${FOLDER}/CashEntries.csv`, `${header}\r\n`)
  await world.run({ scope })
  const later = await createWorld({ now: world.clock.now(), transformer, from: world })
  await later.run({ trigger: 'backfill', scope: { ...scope, fromArchive: true } })
  const daybreak = await later.open()
  const [slice] = await daybreak.ports.ledger.slices({ streams: ['cash_entries'] }).finally(() => daybreak.close())
  await later.close()
  expect(slice).toMatchObject({ state: 'loaded', raw: { object: expect.stringContaining('CashEntries.csv') } })
})
