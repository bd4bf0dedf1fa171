import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Incident, Slice } from '../../functions/pipeline/entities.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { type FaultEntry, type FaultFile, type FaultSftp, MODIFIED, startFaultSftp } from '../support/fault-sftp.ts'
import { testConnector } from '../support/sftp.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const scope = { windows: [DATE] }
const SEVEN = [
  'AllItemsReport.csv',
  'CashEntries.csv',
  'CheckDetails.csv',
  'ItemSelectionDetails.csv',
  'KitchenTimings.csv',
  'OrderDetails.csv',
  'PaymentDetails.csv',
]

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

/** A night on a server that hands out all files but the one that the test spoils. */
let world: World
let server: FaultSftp
let files: Record<string, FaultFile>
let entries: FaultEntry[]
let listing: FaultEntry[][]
beforeEach(async () => {
  // The day is over long ago, so nothing waits, and what is absent is missing.
  world = await createWorld({ now: (MODIFIED + 86_400) * 1_000, transformer })
  const folder = `${world.source}/185001/20250205`
  files = Object.fromEntries(
    generateNight({
      seed: 1,
      date: DATE,
      profile: 'small',
      scale: 0.5,
      closed: false,
      location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
    })
      .filter(({ name }) => SEVEN.includes(name))
      .map(({ name, bytes }) => [`${folder}/${name}`, { bytes: bytes.length, content: bytes }]),
  )
  entries = Object.entries(files).map(([path, { bytes }]) => ({
    name: path.slice(folder.length + 1),
    attrs: { size: bytes },
  }))
  listing = [entries]
  server = await startFaultSftp({ files, folders: { [folder]: listing } })
})
afterEach(async () => {
  await server.close()
  await world.close()
})

const spoil = (name: string, how: Partial<FaultFile>) => {
  const path = `${world.source}/185001/20250205/${name}`
  files[path] = { ...files[path]!, ...how }
}

const overSftp = (ports: Ports): Ports => ({ ...ports, source: () => testConnector(server).connector })
const run = () => world.run({ scope }, overSftp)

async function state(): Promise<{ slices: Record<string, Slice>; incidents: readonly Incident[] }> {
  const { ports, close } = await world.open()
  const slices = await ports.ledger.slices({})
  const incidents = await ports.ledger.incidents({ states: ['open'], keyPrefix: 'unreadable/' })
  await close()
  return { slices: Object.fromEntries(slices.map((slice) => [slice.stream, slice])), incidents }
}

/** `check_details` is CheckDetails.csv. */
const fileOf = (stream: string) =>
  SEVEN.find((name) => name.replace('.csv', '').toLowerCase() === stream.replaceAll('_', ''))!

const others = (slices: Record<string, Slice>) =>
  Object.values(slices).filter(({ stream, state }) => stream !== 'check_details' && state === 'loaded').length

describe('a file that the server lists and does not hand out', () => {
  it.each<[string, Readonly<Record<string, Partial<FaultFile>>>]>([
    [
      'opening it is denied, fails, is not supported, exceeds a quota, or finds no such file though it is listed',
      {
        all_items_report: { refuses: { open: 3 } },
        cash_entries: { refuses: { open: 4 } },
        check_details: { refuses: { open: 8 } },
        kitchen_timings: { refuses: { open: 15 } },
        payment_details: { refuses: { open: 2 } },
      },
    ],
    [
      'reading it fails or is denied, its attributes are denied, or every connection breaks when it is opened',
      {
        all_items_report: { refuses: { read: 4 } },
        cash_entries: { refuses: { read: 3 } },
        check_details: { refuses: { stat: 3 } },
        kitchen_timings: { breaks: true },
      },
    ],
  ])('costs the day only itself when %s', async (_, spoilt) => {
    for (const [stream, how] of Object.entries(spoilt)) spoil(fileOf(stream), how)
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'SOURCE_READ_FAILED' } })
    const { slices, incidents } = await state()
    const unread = Object.keys(spoilt)
    expect(Object.values(slices).flatMap(({ stream, state }) => (state === 'loaded' ? [] : [stream]))).toEqual(unread)
    for (const stream of unread)
      expect(slices[stream]).toMatchObject({
        state: 'seen',
        reason: { code: 'SOURCE_READ_FAILED', message: expect.stringContaining(fileOf(stream)) },
      })
    expect(incidents).toMatchObject([{ key: 'unreadable/toast/185001', reason: { code: 'SOURCE_READ_FAILED' } }])
    for (const stream of unread) expect(incidents[0]?.reason.message).toContain(fileOf(stream))
  })

  it('costs the day only itself when it is listed without attributes, and those are denied', async () => {
    const hide = (name: string, refuses: FaultFile['refuses']) => {
      spoil(name, { bytes: 9, ...(refuses && { refuses }) })
      entries = entries.filter((entry) => entry.name !== name)
      listing.splice(0, 1, [...entries, { name, bare: true }])
    }
    const loaded = files[`${world.source}/185001/20250205/CheckDetails.csv`]?.bytes ?? 0
    hide('CheckDetails.csv', { stat: 3 })
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'SOURCE_READ_FAILED' } })
    const { slices, incidents } = await state()
    expect(others(slices)).toBe(6)
    expect(slices['check_details']).toMatchObject({ state: 'seen', reason: { code: 'SOURCE_READ_FAILED' } })
    expect(incidents[0]?.reason.message).toContain('CheckDetails.csv')
    spoil('CheckDetails.csv', { bytes: loaded, refuses: {} })
    expect((await run()).state).toBe('succeeded')
    expect(await state()).toMatchObject({ slices: { check_details: { state: 'loaded' } }, incidents: [] })
  })

  it('costs the day only itself when it arrives too slowly', async () => {
    spoil('CheckDetails.csv', { shortReads: 7, delay: 100 })
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'SOURCE_READ_FAILED' } })
    const { slices, incidents } = await state()
    expect(others(slices)).toBe(6)
    expect(slices['check_details']).toMatchObject({ state: 'seen', reason: { code: 'SOURCE_READ_FAILED' } })
    expect(incidents[0]?.reason.message).toContain('arrives too slowly')
  })

  it('is tried again at each look, and closes its incident when it is read', async () => {
    spoil('CheckDetails.csv', { refuses: { open: 3 } })
    await run()
    const opens = server.seen.opens
    await run()
    expect(server.seen.opens).toBe(opens + 1)
    spoil('CheckDetails.csv', { refuses: {} })
    expect((await run()).state).toBe('succeeded')
    const { slices, incidents } = await state()
    expect(others(slices)).toBe(6)
    expect(slices['check_details']).toMatchObject({ state: 'loaded', reason: null })
    expect(incidents).toEqual([])
  })

  it('keeps what was loaded before when its correction cannot be read', async () => {
    await run()
    const before = (await state()).slices['check_details']!
    spoil('CheckDetails.csv', { refuses: { open: 3 } })
    const forced = await world.run({ scope: { ...scope, force: true } }, overSftp)
    // The bytes that are landed are made again; the file is the known one.
    expect(forced.state).toBe('succeeded')
    const changed = { mtime: MODIFIED + 5 }
    spoil('CheckDetails.csv', { stat: () => changed, refuses: { open: 3 } })
    await server.close()
    const folder = `${world.source}/185001/20250205`
    const entries = Object.entries(files).map(([path, { bytes }]) => ({
      name: path.slice(folder.length + 1),
      attrs: { size: bytes, ...(path.endsWith('/CheckDetails.csv') && changed) },
    }))
    server = await startFaultSftp({ files, folders: { [folder]: [entries] } })
    expect((await run()).state).toBe('partial')
    expect((await state()).slices['check_details']).toMatchObject({
      state: 'loaded',
      reason: { code: 'SOURCE_READ_FAILED' },
      delivery: before.delivery,
    })
    spoil('CheckDetails.csv', { refuses: {} })
    await run()
    expect((await state()).slices['check_details']).toMatchObject({ state: 'loaded', reason: null })
    expect((await state()).incidents).toEqual([])
  })

  it('is no fault of a file when the server is gone', async () => {
    spoil('CheckDetails.csv', { breaks: true })
    await server.close()
    expect((await run()).state).toBe('failed')
    expect((await state()).incidents).toEqual([])
  })
})

it('finds the files of a day behind 10,050 others in its folder', async () => {
  await server.close()
  const folder = `${world.source}/185001/20250205`
  const strays = Array.from({ length: 201 }, (_, nth) =>
    Array.from({ length: 50 }, (_, index) => ({ name: `stray-${nth}-${index}.tmp` })),
  )
  server = await startFaultSftp({ files, folders: { [folder]: strays } })
  expect(await run()).toMatchObject({ state: 'succeeded', counts: { slices: 7 } })
  expect(others((await state()).slices)).toBe(6)
})
