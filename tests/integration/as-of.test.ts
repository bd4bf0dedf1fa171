import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { openLocalApi } from '../../functions/compose/local-api.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { compose, type Daybreak } from '../../functions/compose.ts'
import { EnvironmentConfig, LocationsConfig } from '../../functions/config/config.ts'
import type { Project } from '../../functions/config/project.ts'
import { modelSet } from '../../functions/models/model-set.ts'
import { MODELS, type Models, readModels } from '../../functions/models/order.ts'
import { readShown, recordRelease } from '../../functions/pipeline/build/releases.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { startBigqueryServer } from '../emulators/bigquery/server.ts'
import { startStorageServer } from '../emulators/storage/server.ts'
import { PROGRAM } from '../support/api-world.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, silent, type World } from '../support/world.ts'

const [LOCATION, DATE] = ['185001', '2025-02-05']
const LOCATIONS = [{ id: LOCATION, name: 'East', time_zone: 'America/New_York' }]
const GOOGLE = 'acme-daybreak'
const BUCKETS = { raw: 'acme-raw', parts: 'acme-parts', control: 'acme-control' }
const DAY = 86_400_000

let transformer: Transformer
let models: Models
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  models = withReads('day_sheet', new Map(Object.entries((await readCompiledModels(ROOT)).models)))
})
afterAll(() => transformer.close())

function withReads(name: string, all: Models, found = new Map()): Models {
  const model = all.get(name)
  if (!model || found.has(name)) return found
  found.set(name, model)
  for (const read of readModels(name, model)) withReads(read, all, found)
  return found
}

/** The files of the day; with a correction, the tip of one order and of its payment is 1.25 more. */
function files(isCorrected: boolean): ReadonlyMap<string, string> {
  const night = generateNight({
    ...{ seed: 3, date: DATE, profile: 'small', scale: 0.2, closed: false },
    location: { id: LOCATION, name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  return new Map(night.map(({ name, bytes }) => [name, corrected(name, Buffer.from(bytes).toString(), isCorrected)]))
}

const MONEY: Readonly<Record<string, readonly string[]>> = {
  'OrderDetails.csv': ['Tip', 'Total'],
  'PaymentDetails.csv': ['Tip', 'Total'],
  'CheckDetails.csv': ['Total'],
}

/** The first record of each file is of the first order. */
function corrected(name: string, text: string, isCorrected: boolean): string {
  const headers = MONEY[name]
  if (!isCorrected || headers === undefined) return text
  const [head = '', ...rows] = text.split('\r\n')
  const names = head.split(',')
  const place = rows.findIndex((row) => row.split(',').length === names.length && row.includes('.'))
  const cells = (rows[place] ?? '').split(',')
  for (const header of headers) {
    const column = names.indexOf(header)
    cells[column] = (Number(cells[column]) + 1.25).toFixed(2)
  }
  return [head, ...rows.with(place, cells.join(','))].join('\r\n')
}

/** A project whose tables are in one warehouse, and its API. */
interface Place {
  readonly world: World
  run(): Promise<void>
  ask<Result>(work: (api: ApiClient) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

async function inDuckdb(): Promise<Place> {
  const world = await createWorld({ now: at('2025-02-06T14:00:00Z'), transformer, models, locations: LOCATIONS })
  return {
    world,
    run: async () => void (await world.run({ scope: { windows: [DATE] } })),
    ask: (work) => withDaybreak(() => world.open(), world.project, work),
    close: () => world.close(),
  }
}

async function inBigquery(): Promise<Place> {
  const world = await createWorld({ now: at('2025-02-06T14:00:00Z'), transformer, locations: LOCATIONS })
  const storage = await startStorageServer({
    buckets: Object.values(BUCKETS).map((name) => ({ name, location: 'US' })),
  })
  const bigquery = await startBigqueryServer({
    ...{ project: GOOGLE, datasets: ['toast'], now: () => world.clock.now() },
    objects: (uri) => {
      const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
      return storage.bucket(bucket).get(name)?.content ?? null
    },
  })
  const project = onGoogle(world.project, { storage: storage.url, bigquery: bigquery.url })
  const locations = LocationsConfig.parse({ version: 1, locations: LOCATIONS }).locations
  const connector = openFolderSource({ root: world.source, maxFileBytes: 1e9, log: silent })
  const open = () =>
    compose(project, {
      ...{ clock: world.clock, log: silent, locations, transformer, models: new Map() },
      source: { connector, root: world.source, minimumAge: world.minimumAge },
    })
  return {
    world,
    async run() {
      const daybreak = await open()
      await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: [DATE] } }))
      // The local BigQuery builds no models; a release says which ones views would show.
      const after = await readShown(models, { environment: MODELS }, daybreak.ports)
      if (after.release === null) await recordRelease(modelSet(models), { by: 'test', after }, daybreak.ports)
      await daybreak.close()
    },
    ask: (work) => withDaybreak(open, project, work),
    async close() {
      await storage.close()
      await bigquery.close()
      await world.close()
    },
  }
}

function onGoogle(project: Project, urls: { readonly storage: string; readonly bigquery: string }): Project {
  const { google, objects, warehouse } = EnvironmentConfig.in.shape
  const endpoints = { ...urls, pubsub: '127.0.0.1:1', identity: 'http://127.0.0.1:1', secret_manager: '127.0.0.1:1' }
  const environment = {
    ...project.environment,
    google: google.parse({ project: GOOGLE, region: 'us-central1', endpoints }),
    objects: objects.parse({
      ...{ kind: 'gcs', raw_bucket: BUCKETS.raw, parts_bucket: BUCKETS.parts, control_bucket: BUCKETS.control },
    }),
    warehouse: warehouse.parse({ kind: 'bigquery', location: 'US', create_tables: true }),
  }
  return { ...project, environment }
}

async function withDaybreak<Result>(
  open: () => Promise<Daybreak>,
  project: Project,
  work: (api: ApiClient) => Promise<Result>,
): Promise<Result> {
  const daybreak = await open()
  try {
    const api = openLocalApi(daybreak, project, {
      ...{ actor: 'kim', version: '0', env: {}, program: PROGRAM, signal: new AbortController().signal },
    })
    return await work(api)
  } finally {
    await daybreak.close()
  }
}

interface Told {
  readonly asOf: Record<'before' | 'reported' | 'corrected' | 'back', readonly string[]>
  readonly current: readonly string[]
  readonly sinceReported: readonly unknown[]
  readonly sinceCorrected: readonly unknown[]
  readonly rows: readonly unknown[]
}

/** A day is reported, corrected four days later, and a day after that delivered as it was at first. */
async function history(place: Place): Promise<Told> {
  const { world } = place
  const deliver = async (isCorrected: boolean) => {
    for (const [name, text] of files(isCorrected)) await world.write(`${LOCATION}/20250205/${name}`, text)
    await place.run()
    return new Date(world.clock.now()).toISOString()
  }
  const before = new Date(world.clock.now() - DAY).toISOString()
  const reported = await deliver(false)
  await world.clock.sleep(4 * DAY)
  const fixed = await deliver(true)
  const sheet = (api: ApiClient, asOf?: string) =>
    api('GET /api/day-sheet/{date}', { path: { date: DATE }, query: asOf === undefined ? {} : { asOf } })
  const linesOf = ({ locations }: Awaited<ReturnType<typeof sheet>>) =>
    locations.flatMap(({ lines }) => lines.map((each) => `${each.section}: ${each.line} ${each.amount} ${each.other}`))
  const current = await place.ask(async (api) => linesOf(await sheet(api)))
  await world.clock.sleep(DAY)
  const back = await deliver(false)
  return await place.ask(async (api) => ({
    asOf: {
      before: linesOf(await sheet(api, before)),
      reported: linesOf(await sheet(api, reported)),
      corrected: linesOf(await sheet(api, fixed)),
      back: linesOf(await sheet(api, back)),
    },
    current,
    sinceReported: (await api('GET /api/restated', { query: { since: later(reported) } })).restated,
    sinceCorrected: (await api('GET /api/restated', { query: { since: later(fixed) } })).restated,
    rows: (await api('GET /api/restated/rows', { query: { since: later(fixed) } })).rows,
  }))
}

const later = (instant: string) => new Date(Date.parse(instant) + 1).toISOString()
const amountOf = (lines: readonly string[], line: string) =>
  Number(
    lines
      .find((each) => each.startsWith(`${line} `))
      ?.split(' ')
      .at(-2),
  )

let duckdb: Told
describe.each([
  ['DuckDB', inDuckdb],
  ['BigQuery', inBigquery],
] as const)('an instant of the past, with tables in %s', (name, open) => {
  let told: Told
  beforeAll(async () => {
    const place = await open()
    told = await history(place).finally(() => place.close())
    if (name === 'DuckDB') duckdb = told
  })

  it('gives the sheet as it was reported, as it was corrected, and as it was delivered again', () => {
    const { before, reported, corrected: fixed, back } = told.asOf
    expect(before).toEqual([])
    expect(reported.length).toBeGreaterThan(15)
    for (const line of ['sales: tips', 'sales: total due', 'payments: collected'])
      expect(amountOf(fixed, line) - amountOf(reported, line), line).toBeCloseTo(1.25, 6)
    expect(back).toEqual(reported)
  })

  it('lists nothing as restated that is what it was, and what a correction changed, row by row', () => {
    expect(told.sinceReported).toEqual([])
    expect(told.sinceCorrected).toMatchObject(
      ['check_details', 'order_details', 'payment_details'].map((stream) => ({ stream, change: 'corrected' })),
    )
    expect(told.sinceCorrected).toContainEqual(
      expect.objectContaining({
        stream: 'order_details',
        totals: expect.objectContaining({ tip: expect.stringMatching(/^-1\.25/) }),
      }),
    )
    expect(told.rows).toContainEqual(
      expect.objectContaining({ stream: 'order_details', change: 'changed', column: 'tip' }),
    )
  })

  it('is what the tables of that instant said', () => {
    expect(told.asOf.corrected).toEqual(name === 'DuckDB' ? told.current : duckdb.current)
    expect(told.asOf).toEqual(duckdb.asOf)
  })
})
