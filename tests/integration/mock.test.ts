import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PlantedFault } from '../../mock/faults/night.ts'
import { mockLocations } from '../../mock/locations.ts'
import { planTree, type TreeOptions, writeNight, writeTree } from '../../mock/tree.ts'
import { daybreak } from '../support/cli.ts'
import { reconcile } from '../support/toast/reconcile.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybreak-mock-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const options = (out: string, change: Partial<TreeOptions> = {}): TreeOptions => ({
  out: join(folder, out),
  locations: mockLocations(2),
  startDate: '2026-11-13',
  days: 2,
  seed: 4,
  scale: 0.3,
  ...change,
})

/** Path, size, time and content of every file below a folder. */
function listTree(out: string): Map<string, string> {
  const root = join(folder, out)
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(root, path)).isFile(),
  )
  return new Map(
    paths
      .sort()
      .map((path) => [
        path,
        `${statSync(join(root, path)).mtimeMs} ${readFileSync(join(root, path)).toString('base64')}`,
      ]),
  )
}

function readNight(out: string, place: string): Map<string, Buffer> {
  const path = join(folder, out, place)
  return new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]))
}

it('a tree has a folder for each location and business date, with eleven files, and one manifest', () => {
  const { files } = writeTree(options('tree'))
  expect(readdirSync(join(folder, 'tree')).sort()).toEqual(['185001', '185002', 'faults.json'])
  expect(readdirSync(join(folder, 'tree/185002')).sort()).toEqual(['20261113', '20261114'])
  expect(files).toHaveLength(44)
  const first = files[0]!
  const { size, mtimeMs } = statSync(join(folder, 'tree', first.path))
  expect({ bytes: size, modifiedAt: mtimeMs }).toEqual({ bytes: first.bytes, modifiedAt: first.modifiedAt })
  expect(reconcile(readNight('tree', '185002/20261114'), '2026-11-14')).toEqual([])
})

it('a tree written again, and one written night by night in any order, is the same tree', () => {
  const faults = ['all']
  writeTree(options('once', { faults }))
  writeTree(options('again', { faults }))
  const tree = planTree(options('alone', { faults }))
  for (const location of ['185002', '185001'])
    for (const date of ['2026-11-14', '2026-11-13']) writeNight(tree, { location, date, wave: 1 })

  const once = listTree('once')
  expect([...listTree('again').keys()]).toEqual([...once.keys()])
  const without = (files: Map<string, string>) => [...files].filter(([path]) => path !== 'faults.json')
  expect(without(listTree('again'))).toEqual(without(once))
  expect(without(listTree('alone'))).toEqual(without(once))
})

it('the second wave adds what was late, completes what was half written, and replaces what was corrected', () => {
  const faults = [
    'late@185001/2026-11-13/order_details',
    'half_written@185001/2026-11-14/order_details',
    're_exported@185002/2026-11-13',
  ]
  const { files } = writeTree(options('tree', { faults }))
  expect(files.some(({ path }) => path === '185001/20261113/OrderDetails.csv')).toBe(false)
  expect(reconcile(readNight('tree', '185001/20261113'), '2026-11-13')).not.toEqual([])

  const second = writeTree(options('tree', { faults }), 2)
  expect(second.files.map(({ path }) => path).sort()).toEqual([
    '185001/20261113/OrderDetails.csv',
    '185001/20261114/OrderDetails.csv',
    '185002/20261113/CheckDetails.csv',
    '185002/20261113/OrderDetails.csv',
    '185002/20261113/PaymentDetails.csv',
  ])
  for (const night of ['185001/20261113', '185001/20261114', '185002/20261113']) {
    expect(reconcile(readNight('tree', night), `2026-11-${night.slice(-2)}`)).toEqual([])
  }
})

it('a closed night has files with a header and no rows', () => {
  writeTree(options('tree', { closed: [{ location: '185001', date: '2026-11-13' }] }))
  expect(statSync(join(folder, 'tree/185001/20261113/OrderDetails.csv')).size).toBe(230)
  expect(statSync(join(folder, 'tree/185001/20261114/OrderDetails.csv')).size).toBeGreaterThan(1_000)
})

it('daybreak mock writes the tree and tells what it planted', async () => {
  const argv = [
    'mock',
    '--locations',
    '2',
    '--days',
    '2',
    '--seed',
    '4',
    '--scale',
    '0.2',
    '--start-date',
    '2026-11-13',
    '--out',
    'tree',
  ]
  const faults = 'bad_rows@185001/2026-11-13/order_details,missing'
  const { code, stdout } = await daybreak([...argv, '--faults', faults, '-o', 'json', '-q'], { cwd: folder })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    locations: 2,
    first_date: '2026-11-13',
    last_date: '2026-11-14',
    files: 43,
    faults: 2,
  })
  const manifest = JSON.parse(readFileSync(join(folder, 'tree/faults.json'), 'utf8')) as { faults: PlantedFault[] }
  expect(manifest.faults.map(({ fault }) => fault).sort()).toEqual(['bad_rows', 'missing'])
  expect(manifest.faults.find(({ fault }) => fault === 'bad_rows')).toMatchObject({
    location: '185001',
    date: '2026-11-13',
    files: ['OrderDetails.csv'],
    expected: expect.stringContaining('rejects'),
    rows: expect.arrayContaining([
      expect.objectContaining({ kind: 'missing_required', column: 'Order Id', value: '' }),
    ]),
  })
})

describe('daybreak mock without a date', () => {
  const place = (zone: string) => {
    mkdirSync(join(folder, 'config/pipelines'), { recursive: true })
    const yaml = `version: 1\nlocations:\n  - { id: '185001', name: Pier, time_zone: ${zone} }\n`
    writeFileSync(join(folder, 'config/locations.yaml'), yaml)
  }
  const mockAt = async (hour: number, ...more: readonly string[]) => {
    const clock = { now: () => Date.UTC(2026, 10, 21, hour), sleep: async () => undefined }
    const argv = ['mock', '--locations', '1', '--days', '1', '--scale', '0.1', '--out', 'tree', '-q', ...more]
    return await daybreak(argv, { cwd: folder, clock })
  }

  it.each([
    ['Pacific/Honolulu', 8, '20261119'],
    ['Pacific/Honolulu', 16, '20261120'],
    ['America/New_York', 9, '20261119'],
    ['America/New_York', 14, '20261120'],
    ['Pacific/Auckland', 20, '20261120'],
  ])(
    'ends with the last night that is over in %s at %i:00 UTC, and takes the zone from locations.yaml',
    async (zone, hour, day) => {
      place(zone)
      expect((await mockAt(hour)).code).toBe(0)
      const file = join(folder, `tree/185001/${day}/OrderDetails.csv`)
      expect(readFileSync(file, 'utf8')).toContain('\r\nPier,')
      expect(statSync(file).mtimeMs).toBeLessThan(Date.UTC(2026, 10, 21, hour))
    },
  )

  it('writes no time later than now, also for a date that was asked for', async () => {
    place('Pacific/Honolulu')
    await mockAt(8, '--start-date', '2026-11-25')
    const file = join(folder, 'tree/185001/20261125/OrderDetails.csv')
    expect(statSync(file).mtimeMs).toBeLessThan(Date.UTC(2026, 10, 21, 8))
  })
})

it.each([
  [['--locations', '0'], '--locations is "0"'],
  [['--days', 'ten'], '--days is "ten"'],
  [['--start-date', '2026-02-30'], '--start-date is "2026-02-30"'],
  [['--scale', '-1'], '--scale'],
  [['--profile', 'cafe'], 'restaurant, bar, small'],
  [['--faults', 'explode'], 'expected a fault'],
  [['--closed', '185001'], 'LOCATION/YYYY-MM-DD'],
  [['--closed', '185001/2020-01-01'], 'not in the tree'],
])('daybreak mock %j is a usage error and writes nothing', async (flags, message) => {
  const { code, stderr } = await daybreak(['mock', '--out', 'tree', ...flags], { cwd: folder })
  expect(code).toBe(2)
  expect(stderr).toContain(message)
  expect(readdirSync(folder)).toEqual([])
})
