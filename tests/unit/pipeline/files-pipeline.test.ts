import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFolderSource } from '../../../functions/adapters/folder/source.ts'
import { openSqliteLedger } from '../../../functions/adapters/sqlite/ledger.ts'
import { BACKFILL_HANDLERS } from '../../../functions/api/routes/backfill.ts'
import { FilesPipeline } from '../../../functions/config/config.ts'
import { createVirtualClock } from '../../../functions/lib/virtual-clock.ts'
import { DAYS, type Unit } from '../../../functions/lib/window-unit.ts'
import type { Facts } from '../../../functions/notify/facts.ts'
import type { SliceState } from '../../../functions/pipeline/entities.ts'
import { files } from '../../../functions/pipeline/plan/files.ts'
import type { Change } from '../../../functions/pipeline/ports.ts'
import { withShards } from '../../../functions/pipeline/read/discover.ts'
import { readPath } from '../../../functions/pipeline/read/path-pattern.ts'
import { filesReader } from '../../../functions/pipeline/read/readers.ts'
import { standing } from '../../../functions/pipeline/shard.ts'
import { planBackfill } from '../../../functions/pipeline/work/backfill.ts'
import { gatherNow, gatherPast } from '../../../functions/watch/facts.ts'
import { createMemory, recall } from '../../../functions/watch/memory.ts'
import { aContract, aDefinition, aSlice, at } from '../../support/definition.ts'
import { sharedFolder } from '../../support/folder.ts'

const pipeline = (more: object) =>
  FilesPipeline.parse({
    ...{ version: 1, kind: 'files', pipeline: 'shops', description: 'A pipeline of a test.', source: 'shops' },
    ...{ streams: ['sales'], path: '{shard}/{window}/{file}', shards: 'discover', ...more },
  })
const [shard] = aDefinition().shards

/** A folder with these files, and a connector to it. */
async function folderOf(...paths: readonly string[]) {
  const root = await sharedFolder()
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), path)
  }
  return { root, connector: openFolderSource({ root, maxFileBytes: 1_000, log: () => undefined }) }
}

describe('the days of a pipeline of files', () => {
  it.each([
    ['Europe/Berlin', '06:00', '2026-03-01T23:00:00Z', '2026-03-02T05:00:00Z'],
    ['UTC', '00:00', '2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z'],
  ])('end at midnight in %s, and are due at %s of the next day', (timeZone, daily, endsAt, dueAt) => {
    const calendar = files(pipeline({ schedule: { daily, time_zone: timeZone } }))
    expect(calendar.timesOf(shard!, '2026-03-01')).toEqual({ endsAt: at(endsAt), dueAt: at(dueAt) })
  })

  it('keep the time of the clock over a change of clocks', () => {
    const calendar = files(pipeline({ schedule: { daily: '06:00', time_zone: 'Europe/Berlin' } }))
    expect(calendar.timesOf(shard!, '2026-03-28').dueAt).toBe(at('2026-03-29T04:00:00Z'))
  })
})

describe('windows of a shard', () => {
  const ofUnit = (unit: Unit) => ({ ...shard!, timeZone: 'Europe/Berlin', cut: { unit, weekStarts: 1 } })

  it.each([
    ['month', '2026-03-01', 'open'],
    ['month', '2026-03-02', 'inactive'],
    ['week', '2026-03-02', 'open'],
    ['week', '2026-03-03', 'inactive'],
    ['hour', '2026-03-29T03', 'open'],
    ['hour', '2026-03-29T02', 'inactive'],
    ['hour', '2026-03-29', 'inactive'],
  ] as const)('that are a %s each: %s is %s', (unit, window, expected) => {
    expect(standing(ofUnit(unit), window)).toBe(expected)
  })
})

describe('a path without {file}', () => {
  const held = { shard: 'hill', window: '2026-03-01' }

  it('names one file per shard and window, and no other', async () => {
    const { root, connector } = await folderOf('2026-03-01/hill.csv', '2026-03-01/harbour.csv', '2026-03-01/notes.txt')
    const source = await connector.connect()
    const reader = filesReader(root, '{window}/{shard}.csv')
    const listing = await reader.list(source, held, ['sales.csv'])
    expect(listing?.files.map(({ name }) => name)).toEqual(['hill.csv'])
    expect((await reader.list(source, { ...held, shard: 'mill' }, []))?.files).toEqual([])
    expect(await reader.list(source, { ...held, window: '2026-03-02' }, [])).toBeNull()
    expect(reader.placeOf(held, 'hill.csv')).toBe('2026-03-01/hill.csv')
    await source.close()
  })

  it('may name both in the name of the file', () => {
    expect(filesReader('/', '{shard}-{yyyymmdd}.csv').placeOf(held, 'x')).toBe('hill-20260301.csv')
  })
})

describe('the name of a file', () => {
  it.each([
    ['{shard}/{window}/{file}', 'hill/2026-03-01/sales.csv', 'hill 2026-03-01 sales.csv'],
    ['{window}/{shard}.csv', '2026-03-01/hill_2.csv', 'hill_2 2026-03-01 hill_2.csv'],
    ['{shard}-{yyyymmdd}-{file}', 'hill-road-20260301-visits_north.csv', 'hill-road 2026-03-01 visits_north.csv'],
    [
      '{shard}/{yyyymmdd}/{shard}_{window}.csv',
      'hill/20260301/hill_2026-03-01.csv',
      'hill 2026-03-01 hill_2026-03-01.csv',
    ],
  ])('by %s says its place: %s', (path, name, place) => {
    expect(
      Object.values(readPath(name, { path, files: ['sales.csv', 'visits*.csv'], cut: DAYS }) ?? {}).join(' '),
    ).toBe(place)
  })

  it.each([
    ['{shard}/{window}/{file}', 'hill/2026-02-30/sales.csv', 'a day that the calendar does not have'],
    ['{shard}/{window}/{file}', 'hill/2026-03-01/notes.txt', 'a file that no contract reads'],
    ['{shard}/{window}/{file}', 'hill/2026-03-01/sub/sales.csv', 'another depth'],
    ['{shard}/{yyyymmdd}/{shard}_{window}.csv', 'hill/20260301/mill_2026-03-01.csv', 'two shards'],
    ['{shard}/{yyyymmdd}/{shard}_{window}.csv', 'hill/20260301/hill_2026-03-02.csv', 'two days'],
    ['{shard}/{window}/{file}', '../2026-03-01/sales.csv', 'no shard'],
  ])('by %s is refused: %s has %s', (path, name) => {
    expect(readPath(name, { path, files: ['sales.csv'], cut: DAYS })).toBeNull()
  })
})

describe('shards that are discovered', () => {
  const found = async (
    path: string,
    paths: readonly string[],
    slices: readonly { shard: string; window: string }[] = [],
  ) => {
    const { root, connector } = await folderOf(...paths)
    const definition = aDefinition({
      config: pipeline({ path }),
      contracts: new Map([['sales', aContract('sales')]]),
      root,
      shards: [],
    })
    const days = { from: '2026-03-01', to: '2026-03-02' }
    const { shards } = await withShards(definition, { scope: {}, days, slices }, { source: () => connector })
    return shards.map(({ id, found: windows }) => `${id}: ${windows?.join(' ')}`)
  }

  it('are the folders of a source, each with its days', async () => {
    const paths = ['hill/2026-03-01/sales.csv', 'hill/2026-03-02/sales.csv', 'mill/2026-03-02/x', '.trash/2026-03-02/x']
    expect(await found('{shard}/{window}/{file}', [...paths, 'hill/2026-02-01/sales.csv', 'hill/notes/x'])).toEqual([
      'hill: 2026-03-01 2026-03-02',
      'mill: 2026-03-02',
    ])
  })

  it('are parts of the names of files', async () => {
    const paths = ['2026-03-01/hill.csv', '2026-03-01/mill.csv', '2026-03-01/notes.txt', '2026-02-27/old.csv']
    expect(await found('{window}/{shard}.csv', paths)).toEqual(['hill: 2026-03-01', 'mill: 2026-03-01'])
  })

  it('stay known by the ledger when their folder is gone', async () => {
    const slices = [{ shard: 'gone', window: '2026-03-01' }]
    expect(await found('{shard}/{window}/{file}', ['hill/2026-03-01/x'], slices)).toEqual([
      'gone: 2026-03-01',
      'hill: 2026-03-01',
    ])
  })

  describe('and known by the ledger', () => {
    const NOW = at('2026-03-03T12:00:00Z')
    const definition = aDefinition({
      config: pipeline({ path: '{shard}/{window}/{file}' }),
      contracts: new Map([['sales', aContract('sales')]]),
      shards: [],
    })
    const ledgerOf = async () => {
      const ledger = await openSqliteLedger({ path: join(await sharedFolder(), 'ledger.sqlite') })
      const slice = (id: string, window: string, state: SliceState): Change => ({
        change: 'slice',
        slice: aSlice({ shard: id, window, stream: 'sales', state }),
      })
      await ledger.apply([
        slice('hill', '2026-03-01', 'loaded'),
        slice('hill', '2026-03-02', 'missing'),
        slice('mill', '2026-03-02', 'loaded'),
      ])
      return ledger
    }

    it('are in the plan of a backfill, each with the days that it has', async () => {
      const ledger = await ledgerOf()
      const request = { pipeline: definition.name, from: '2026-03-01', to: '2026-03-03', streams: [] }
      const how = { unit: 'day', fromArchive: false, force: false, reload: false } as const
      const clock = createVirtualClock({ now: NOW })
      const plan = (ids: readonly string[]) =>
        planBackfill({ ...request, ...how, shards: ids }, definition, { ledger, clock })
      expect(await plan([])).toMatchObject({ days: 3, shards: 2, slices: 3, states: { loaded: 2, missing: 1 } })
      expect(await plan(['mill'])).toMatchObject({ days: 3, shards: 1, slices: 1, states: { loaded: 1 } })
      await ledger.close()
    })

    it('are in the plan that the API gives, with the days that no backfill brings back', async () => {
      const ledger = await ledgerOf()
      const clock = createVirtualClock({ now: at('2027-03-03T12:00:00Z') })
      const destination = () => ({})
      const context = {
        definitions: new Map([[definition.name, definition]]),
        ports: { ledger, clock, destination },
        ...{ ledger, now: clock.now },
      }
      const plan = async (shards: readonly string[]) => {
        const how = { fromArchive: false, force: false, reload: false }
        const body = { pipeline: definition.name, from: '2026-03-01', to: '2026-03-03', shards, streams: [], ...how }
        const call = { body, principal: { shards: null }, record: async () => undefined }
        const answer = await BACKFILL_HANDLERS['POST /api/backfill:plan'](call as never, context as never)
        return 'body' in answer ? answer.body : null
      }
      const lost = { shard: 'hill', shardName: 'hill', from: '2026-03-02', to: '2026-03-02', slices: 1 }
      expect(await plan([])).toMatchObject({ shards: 2, slices: 3, fromArchive: 2, goneSlices: 1, gone: [lost] })
      expect(await plan(['mill'])).toMatchObject({ shards: 1, slices: 1, fromArchive: 1, goneSlices: 0, gone: [] })
      await expect(plan(['millet'])).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
      await ledger.close()
    })

    it('are among the facts of rules, now and in the past', async () => {
      const ledger = await ledgerOf()
      const places = ({ slices }: Facts) => slices.map(({ shard: id, window }) => `${id} ${window}`)
      const expected = ['hill 2026-03-01', 'hill 2026-03-02', 'mill 2026-03-02']
      const memory = createMemory()
      await recall(memory, [definition], { ledger, now: NOW })
      expect(places(gatherNow(definition, NOW, memory.pipelines.get(definition.name)!))).toEqual(expected)
      const past = await gatherPast(definition, { from: '2026-03-01', to: '2026-03-03' }, ledger)
      expect(places(past)).toEqual(expected)
      expect(past.slices.map(({ loadedAt }) => loadedAt !== null)).toEqual([true, false, true])
      await ledger.close()
    })
  })
})
