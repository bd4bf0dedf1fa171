import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Slice } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const scope = { windows: [DATE] }

let transformer: Transformer
let world: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer })
})
afterEach(() => world.close())

const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
const night = generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.3, closed: false, location })
const orders = Buffer.from(night.find(({ name }) => name === 'OrderDetails.csv')?.bytes ?? '')
const payments = Buffer.from(night.find(({ name }) => name === 'PaymentDetails.csv')?.bytes ?? '')
const rowsOf = (csv: Buffer) => csv.toString('utf8').trimEnd().split('\r\n').length - 1

async function zipped(files: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(Buffer.from(bytes), name)
  zip.end()
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>))
}

/** Delivers, runs, and returns the state and the reason of each slice that has a file. */
async function brought(files: Readonly<Record<string, Uint8Array>>): Promise<Record<string, Slice>> {
  for (const [name, bytes] of Object.entries(files)) await world.write(`${FOLDER}/${name}`, bytes)
  await world.run({ scope })
  const daybreak = await world.open()
  const slices = await daybreak.ports.ledger.slices({}).finally(() => daybreak.close())
  return Object.fromEntries(slices.map((slice) => [slice.stream, slice]))
}

async function count(stream: string): Promise<number> {
  const daybreak = await world.open()
  const { rows } = await warehouseOf(daybreak.ports, 'toast')
    .query(`SELECT count(*) FROM toast.${stream}`)
    .finally(() => daybreak.close())
  return Number(rows[0]?.[0])
}

describe('a packed file', () => {
  it.each([
    { what: 'gzip', name: 'OrderDetails.csv.gz', pack: async () => gzipSync(orders) },
    {
      what: 'gzip in several members',
      name: 'OrderDetails.csv.gz',
      pack: async () => Buffer.concat([gzipSync(orders.subarray(0, 999)), gzipSync(orders.subarray(999))]),
    },
    { what: 'gzip under the plain name', name: 'OrderDetails.csv', pack: async () => gzipSync(orders) },
    { what: 'zip', name: 'OrderDetails.csv.zip', pack: () => zipped({ 'OrderDetails.csv': orders }) },
    {
      what: 'zip of another entry',
      name: 'OrderDetails.zip',
      pack: () => zipped({ 'export/orders of today.csv': orders }),
    },
    {
      what: 'zip that macOS made',
      name: 'OrderDetails.zip',
      pack: () => zipped({ 'a/OrderDetails.csv': orders, '__MACOSX/a/._OrderDetails.csv': Buffer.from('x') }),
    },
    {
      what: 'gzip in a zip',
      name: 'OrderDetails.csv.zip',
      pack: () => zipped({ 'OrderDetails.csv.gz': gzipSync(orders) }),
    },
  ])('is read: $what', async ({ name, pack }) => {
    const bytes = await pack()
    const slices = await brought({ [name]: bytes })
    expect(slices['order_details']).toMatchObject({ state: 'loaded', raw: { bytes: bytes.length } })
    expect(await count('order_details')).toBe(rowsOf(orders))
  })

  it('gives place to the plain file of the same folder', async () => {
    const slices = await brought({ 'OrderDetails.csv': orders, 'OrderDetails.csv.gz': gzipSync('nothing') })
    expect(slices['order_details']).toMatchObject({ state: 'loaded', raw: { bytes: orders.length } })
  })

  it.each([
    { what: 'cut off', name: 'OrderDetails.csv.gz', pack: async () => gzipSync(orders).subarray(0, 200) },
    { what: 'another file', name: 'OrderDetails.csv.zip', pack: () => zipped({ 'a.csv': orders, 'b.csv': payments }) },
    { what: 'empty', name: 'OrderDetails.csv.zip', pack: () => zipped({}) },
    {
      what: 'two of the name',
      name: 'OrderDetails.csv.zip',
      pack: () => zipped({ 'a/OrderDetails.csv': orders, 'b/OrderDetails.csv': payments }),
    },
    {
      what: 'packed three times',
      name: 'OrderDetails.csv.gz',
      pack: async () => gzipSync(gzipSync(gzipSync(orders))),
    },
  ])('is held, archived and named when it is damaged: $what', async ({ name, pack }) => {
    const bytes = await pack()
    const { order_details: slice } = await brought({ [name]: bytes })
    expect(slice).toMatchObject({ state: 'quarantined', reason: { code: 'FILE_ARCHIVE_INVALID' } })
    expect(slice?.raw?.bytes).toBe(bytes.length)
  })

  it.skipIf(!hasZip())('is held when it is encrypted', async () => {
    await mkdir(join(world.home, 'pack'))
    await writeFile(join(world.home, 'pack', 'OrderDetails.csv'), orders)
    execFileSync('zip', ['-q', '-P', 'secret', 'x.zip', 'OrderDetails.csv'], { cwd: join(world.home, 'pack') })
    const bytes = readFileSync(join(world.home, 'pack', 'x.zip'))
    const { order_details: slice } = await brought({ 'OrderDetails.csv.zip': bytes })
    expect(slice?.reason).toMatchObject({ code: 'FILE_ARCHIVE_INVALID', message: expect.stringContaining('encrypted') })
  })
})

describe('a zip archive of a whole day', () => {
  it('is archived once and read in the same run; a newer one corrects what came from it', async () => {
    const first = await zipped({
      'day/OrderDetails.csv': orders,
      'day/PaymentDetails.csv': payments,
      'day/notes.txt': orders,
    })
    const slices = await brought({ '20250205.zip': first })
    expect(slices['order_details']).toMatchObject({ state: 'loaded', raw: { bytes: first.length } })
    expect(slices['payment_details']?.raw?.object).toBe(slices['order_details']?.raw?.object)
    expect([await count('order_details'), await count('payment_details')]).toEqual([rowsOf(orders), rowsOf(payments)])

    const lines = orders.toString('utf8').trimEnd().split('\r\n')
    const fewer = Buffer.from(`${[...lines, lines.at(-1)?.replace(/\d{6}/, '999999')].join('\r\n')}\r\n`)
    await world.clock.advance(3_600_000)
    const newer = await zipped({ 'OrderDetails.csv': fewer, 'PaymentDetails.csv': payments })
    expect((await brought({ '20250205.zip': newer }))['order_details']).toMatchObject({ raw: { bytes: newer.length } })
  })

  it('gives place to a plain file that comes later', async () => {
    await brought({ 'export.zip': await zipped({ 'OrderDetails.csv': payments.subarray(0, 0) }) })
    await world.clock.advance(3_600_000)
    const { order_details: slice } = await brought({ 'OrderDetails.csv': orders })
    expect(slice).toMatchObject({ state: 'loaded', raw: { bytes: orders.length } })
  })
})

function hasZip(): boolean {
  try {
    return execFileSync('zip', ['-v'], { stdio: 'ignore' }) === null
  } catch {
    return false
  }
}
