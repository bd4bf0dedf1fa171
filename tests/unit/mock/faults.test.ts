import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { FAULT_NAMES, type FaultName, streamsOf } from '../../../mock/faults/catalog.ts'
import { generateFaultyNight, type PlantedFault, type Wave } from '../../../mock/faults/night.ts'
import { planFaults } from '../../../mock/faults/plan.ts'
import { type MockStream, STREAM_FILES } from '../../../mock/headers.ts'
import { mockLocations } from '../../../mock/locations.ts'
import { generateNight } from '../../../mock/night.ts'
import { formatFindings } from '../../support/toast/format.ts'
import { minutes, readRows, units } from '../../support/toast/read.ts'
import { reconcile } from '../../support/toast/reconcile.ts'

const locations = mockLocations(5)
const [location] = locations
const DATE = '2026-11-14'
// A quiet night: a third of the orders, so that a hundred of them are made in seconds.
const scale = 0.3
const sound = bytesByName(generateNight({ seed: 1, location: location!, date: DATE, scale }))

function bytesByName(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Map<string, Buffer> {
  return new Map(files.map(({ name, bytes }) => [name, Buffer.from(bytes)]))
}

function planted(fault: string, wave: Wave = 1, date = DATE) {
  const planned = planFaults({ seed: 1, locations, dates: [date], faults: [fault] })
  const { files, faults } = generateFaultyNight({ seed: 1, location: location!, date, scale }, planned, wave)
  return { night: bytesByName(files), faults, files }
}

const at = (fault: FaultName, stream: MockStream | '*') => `${fault}@185001/${DATE}/${stream}`
const differing = (night: Map<string, Buffer>) =>
  [...sound].filter(([name, bytes]) => !night.get(name)?.equals(bytes)).map(([name]) => name)
const text = (night: Map<string, Buffer>, stream: MockStream) => night.get(STREAM_FILES[stream])!.toString()

/** Records that csv-parse finds on the lines that a manifest names: an independent count of lines. */
function recordsByLine(source: string): Map<number, readonly string[]> {
  const records: string[][] = parse(source, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] })
  let begins = 1
  return new Map(
    records.map((record) => {
      const line = begins
      begins += 1 + record.reduce((sum, field) => sum + field.split('\n').length - 1, 0)
      return [line, record]
    }),
  )
}

function expectRowsWhereTold(night: Map<string, Buffer>, { rows }: PlantedFault): void {
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows) {
    const lines = recordsByLine(night.get(row.file)!.toString())
    const record = lines.get(row.line)
    expect(record, `${row.kind} on line ${row.line}`).toBeDefined()
    expect([...lines.values()].indexOf(record!)).toBe(row.record)
    if (row.column !== '') expect(record![lines.get(1)!.indexOf(row.column)]).toBe(row.value)
  }
}

const everywhere = (fault: FaultName) => streamsOf(fault).map((stream) => [fault, stream] as const)
const ROW_FAULTS = ['bad_rows', 'duplicate', 'embedded_newlines', 'wrong_field_count'] as const

describe.each(ROW_FAULTS.flatMap(everywhere))('%s in %s', (fault, stream) => {
  it('touches that file alone, in the rows the manifest names', () => {
    const { night, faults } = planted(at(fault, stream))
    expect(differing(night)).toEqual([STREAM_FILES[stream]])
    expectRowsWhereTold(night, faults[0]!)
  })
})

describe('a fault in the rows', () => {
  it('bad_rows has one row of each kind, and only those differ', () => {
    const { night, faults } = planted(at('bad_rows', 'order_details'))
    expect(faults[0]!.rows.map(({ kind }) => kind).sort()).toEqual([
      'bad_boolean',
      'bad_date',
      'bad_number',
      'broken_money',
      'missing_required',
    ])
    const before = sound.get('OrderDetails.csv')!.toString().split('\r\n')
    const changed = text(night, 'order_details')
      .split('\r\n')
      .flatMap((line, index) => (line === before[index] ? [] : [index + 1]))
    expect(changed).toEqual(faults[0]!.rows.map(({ line }) => line).sort((a, b) => a - b))
  })

  it('duplicate repeats one row exactly and one key with other values', () => {
    const { night, faults } = planted(at('duplicate', 'payment_details'))
    expect(faults[0]!.rows.map(({ kind }) => kind)).toEqual(['exact_duplicate', 'same_key'])
    const lines = text(night, 'payment_details').split('\r\n')
    expect(lines.filter((line) => line === lines.at(-3))).toHaveLength(2)
    const ids = readRows(night, 'PaymentDetails.csv').map((row) => row['Payment Id'])
    expect(ids.length - new Set(ids).size).toBe(2)
  })

  it('wrong_field_count has one row too short and one too long', () => {
    const { night } = planted(at('wrong_field_count', 'item_selection_details'))
    const records: string[][] = parse(text(night, 'item_selection_details'), { relax_column_count: true })
    expect(
      records
        .map(({ length }) => length)
        .filter((length) => length !== 32)
        .sort(),
    ).toEqual([31, 33])
  })

  it('embedded_newlines stays readable, with every row and its neighbours unchanged', () => {
    const { night } = planted(at('embedded_newlines', 'item_selection_details'))
    const rows = readRows(night, 'ItemSelectionDetails.csv')
    expect(rows).toHaveLength(readRows(sound, 'ItemSelectionDetails.csv').length)
    const tabs = rows.map((row) => row['Tab Name'])
    for (const value of ['Party of 5\r\nwindow seat', 'no onions\nextra napkins\n\nthank you', 'the "usual", please'])
      expect(tabs).toContain(value)
    expect(reconcile(night, DATE)).toEqual([])
  })
})

describe('a fault in the columns', () => {
  const header = (night: Map<string, Buffer>, stream: MockStream) => text(night, stream).split('\r\n')[0]!.split(',')

  it.each(streamsOf('reordered_columns'))('reordered_columns keeps every value of %s', (stream) => {
    const { night } = planted(at('reordered_columns', stream))
    expect(header(night, stream)).not.toEqual(header(sound, stream))
    expect(readRows(night, STREAM_FILES[stream])).toEqual(readRows(sound, STREAM_FILES[stream]))
  })

  it.each(streamsOf('drifted_column'))('drifted_column adds a column to %s and changes nothing else', (stream) => {
    const { night } = planted(at('drifted_column', stream))
    expect(header(night, stream)).toContain('Loyalty Tier')
    const rows = readRows(night, STREAM_FILES[stream]).map(({ 'Loyalty Tier': _, ...row }) => row)
    expect(rows).toEqual(readRows(sound, STREAM_FILES[stream]))
  })

  it.each(streamsOf('missing_optional_columns'))(
    'missing_optional_columns leaves out columns of %s and no value else',
    (stream) => {
      const { night } = planted(at('missing_optional_columns', stream))
      const left = header(night, stream)
      expect(left.length).toBeLessThan(header(sound, stream).length)
      for (const [index, row] of readRows(night, STREAM_FILES[stream]).entries()) {
        expect(readRows(sound, STREAM_FILES[stream])[index]).toMatchObject(row)
        if (index > 5) break
      }
    },
  )

  it.each(streamsOf('renamed_required_column'))('renamed_required_column renames the key of %s', (stream) => {
    const { night } = planted(at('renamed_required_column', stream))
    const renamed = header(night, stream).filter((name) => !header(sound, stream).includes(name))
    expect(renamed).toEqual([expect.stringMatching(/\(new\)$/)])
    expect(header(night, stream)).toHaveLength(header(sound, stream).length)
  })
})

describe('a fault in the bytes', () => {
  it('bom puts a byte order mark before the same bytes', () => {
    const { night } = planted(at('bom', 'order_details'))
    expect(night.get('OrderDetails.csv')!.toString('latin1')).toBe(
      `\u00ef\u00bb\u00bf${sound.get('OrderDetails.csv')!.toString('latin1')}`,
    )
  })

  it.each(streamsOf('windows_1252'))(
    'windows_1252 makes %s something that is no UTF-8 and reads well as windows-1252',
    (stream) => {
      const bytes = planted(at('windows_1252', stream)).night.get(STREAM_FILES[stream])!
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
      expect(new TextDecoder('windows-1252').decode(bytes)).toContain('Medellín’s Café')
      expect(bytes.includes(0x92)).toBe(true)
    },
  )

  it('mixed_row_ends has both row ends, and the same rows', () => {
    const { night } = planted(at('mixed_row_ends', 'check_details'))
    const source = text(night, 'check_details')
    expect(source.match(/[^\r]\n/g)!.length).toBeGreaterThan(5)
    expect(source.match(/\r\n/g)!.length).toBeGreaterThan(5)
    expect(source.replaceAll('\r\n', '\n')).toBe(sound.get('CheckDetails.csv')!.toString().replaceAll('\r\n', '\n'))
  })

  it.each(streamsOf('unclosed_quote'))('unclosed_quote swallows the rest of %s from the line it names', (stream) => {
    const { night, faults } = planted(at('unclosed_quote', stream))
    const source = text(night, stream)
    expect(() => parse(source)).toThrow(/Quote Not Closed/)
    const line = source.split('\n')[faults[0]!.rows[0]!.line - 1]!
    expect(line).toMatch(/^[^"]*,"[^"]*$/)
    expect(source.split('"').length % 2).toBe(0)
  })

  it('zero_bytes, header_only and half_written are three different things', () => {
    const file = STREAM_FILES.order_details
    const whole = sound.get(file)!
    expect(planted(at('zero_bytes', 'order_details')).night.get(file)).toHaveLength(0)
    expect(planted(at('header_only', 'order_details')).night.get(file)).toHaveLength(230)
    const half = planted(at('half_written', 'order_details')).night.get(file)!
    expect(half.equals(whole.subarray(0, half.length))).toBe(true)
    const last = half.toString().split('\r\n').at(-1)!
    expect(last.length).toBeGreaterThan(0)
    expect(parse(last, { relax_quotes: true })[0]!.length).toBeLessThan(24)
    expect(half.length).toBeGreaterThan(whole.length / 2)
  })
})

describe('a fault in the delivery', () => {
  it('late keeps one file back until the second wave, with a later time', () => {
    const { night, files } = planted(at('late', 'check_details'))
    expect([...night.keys()].sort()).toEqual([...sound.keys()].filter((name) => name !== 'CheckDetails.csv').sort())
    const second = planted(at('late', 'check_details'), 2)
    expect([...second.night.keys()]).toEqual(['CheckDetails.csv'])
    expect(second.night.get('CheckDetails.csv')).toEqual(sound.get('CheckDetails.csv'))
    expect(second.files[0]!.modifiedAt - files[0]!.modifiedAt).toBeGreaterThan(4 * 3_600_000)
  })

  it('late can keep back all seven files', () => {
    const { night } = planted(at('late', '*'))
    expect([...night.keys()].filter((name) => Object.values<string>(STREAM_FILES).includes(name))).toEqual([])
    expect(planted(at('late', '*'), 2).night.size).toBe(7)
  })

  it('missing never delivers the file', () => {
    expect(planted(at('missing', 'payment_details')).night.has('PaymentDetails.csv')).toBe(false)
    expect(planted(at('missing', 'payment_details'), 2).night.size).toBe(0)
  })

  it('half_written is complete in the second wave', () => {
    expect(planted(at('half_written', 'order_details'), 2).night.get('OrderDetails.csv')).toEqual(
      sound.get('OrderDetails.csv'),
    )
  })

  it('re_exported leaves the first wave alone, and its second wave agrees with itself to the cent', () => {
    const fault = `re_exported@185001/${DATE}`
    expect(differing(planted(fault).night)).toEqual([])
    const { night, faults } = planted(fault, 2)
    expect([...night.keys()].sort()).toEqual(['CheckDetails.csv', 'OrderDetails.csv', 'PaymentDetails.csv'])
    const corrected = new Map([...sound, ...night])
    expect(reconcile(corrected, DATE)).toEqual([])
    expect(formatFindings(corrected, new Map())).toEqual([])
    const sum = (from: Map<string, Buffer>) =>
      readRows(from, 'OrderDetails.csv').reduce((all, row) => all + units(row.Total!), 0n)
    expect(sum(corrected) - sum(sound)).toBe(500_000_000n)
    expect(readRows(corrected, 'PaymentDetails.csv').filter((row) => row['Refund Amount'] !== '')).toHaveLength(1)
    expectRowsWhereTold(night, faults[0]!)
  })

  it('extra_files adds files and touches none', () => {
    const { night } = planted(`extra_files@185001/${DATE}`)
    expect(differing(night)).toEqual([])
    expect(night.size).toBe(sound.size + 5)
  })
})

it('dst_night adds orders at 1:30 AM on both sides of the change, and one paid at an earlier wall time', () => {
  const date = '2026-10-31'
  const { night } = planted(`dst_night@185001/${date}`, 1, date)
  const orders = readRows(night, 'OrderDetails.csv')
  const half = orders.filter((row) => row.Opened === '11/1/26 1:30 AM')
  expect(half).toHaveLength(2)
  const ids = half.map((row) => BigInt(row['Order Id']!)).sort()
  expect(ids[1]! - ids[0]!).toBeGreaterThan(500_000n)
  const earlier = orders.find((row) => row.Opened === '11/1/26 1:40 AM')!
  expect(minutes(earlier.Paid!)).toBeLessThan(minutes(earlier.Opened!))
  expect(earlier['Duration (Opened to Paid)']).toMatch(/^00:(29|30):/)
  // The wall clock contradicts itself on such a night, and nothing else does.
  expect([...new Set(reconcile(night, date).map(({ rule }) => rule))]).toEqual(['R16'])
})

it('pre_orders puts an order and its payment into files three days apart', () => {
  const { night } = planted(`pre_orders@185001/${DATE}`)
  const before = generateNight({ seed: 1, location: location!, date: '2026-11-11', scale, paidAhead: [DATE] })
  const [order] = readRows(night, 'OrderDetails.csv').filter((row) => row.Paid!.startsWith('11/11/26'))
  const [payment] = readRows(bytesByName(before), 'PaymentDetails.csv').filter(
    (row) => row['Order Id'] === order!['Order Id'],
  )
  expect(payment).toMatchObject({
    'Order Date': order!.Opened,
    'Paid Date': expect.stringMatching(/^11\/11\/26/),
    Total: order!.Total,
  })
  expect(order!['Duration (Opened to Paid)']).toMatch(/^-7\d:/)
  expect([...new Set(reconcile(night, DATE).map(({ rule }) => rule))]).toEqual(['R7'])
  expect([...new Set(reconcile(bytesByName(before), '2026-11-11').map(({ rule }) => rule))]).toEqual(['R14'])
})

it('pre_orders gives no id that the night gives to another item', () => {
  // This night numbers an item of its own as the one that was ordered ahead would be.
  const [, , , , , , place] = mockLocations(7)
  const options = { seed: 7, location: place!, date: '2024-03-01', scale: 0.4, preOrdered: true }
  const ids = readRows(bytesByName(generateNight(options)), 'ItemSelectionDetails.csv').map(
    (row) => row['Item Selection Id'],
  )
  expect(new Set(ids).size).toBe(ids.length)
})

describe('places', () => {
  const dates = ['2026-11-10', '2026-11-11', '2026-11-12', '2026-11-13', '2026-11-14']
  const plan = (faults: readonly string[], seed = 1) => planFaults({ seed, locations, dates, faults })

  it('are drawn by the seed: the same ones again, other ones for another seed', () => {
    expect(plan(['all'])).toEqual(plan(['all']))
    expect(plan(['all'], 2)).not.toEqual(plan(['all']))
  })

  it('all is every fault that fits, each on a night of its own where there are enough', () => {
    const all = plan(['all'])
    expect(all.map(({ fault }) => fault).sort()).toEqual(FAULT_NAMES.filter((name) => name !== 'dst_night').toSorted())
    expect(new Set(all.map(({ location, date }) => `${location}/${date}`)).size).toBe(all.length)
  })

  it('are where they were asked for, and the name may be written with hyphens', () => {
    expect(plan(['re-exported@185002/2026-11-12/payment_details'])).toEqual([
      { fault: 're_exported', location: '185002', date: '2026-11-12', streams: ['payment_details'] },
    ])
  })

  it.each([
    ['lat', /expected a fault: .*Did you mean "late"/s],
    ['late@185099/2026-11-12', /a location of this tree/],
    ['late@185001/2026-12-01', /a date of this tree, 2026-11-10 to 2026-11-14/],
    ['bad_rows@185001/2026-11-12/orders', /a stream out of order_details/],
    ['extra_files@185001/2026-11-12/order_details', /concerns the whole night/],
    ['dst_night', /the clock is set back/],
    ['late@185001', /expected/],
  ])('%s is refused with a sentence', (fault, message) => {
    expect(() => plan([fault])).toThrow(
      expect.objectContaining({ code: 'USAGE_INVALID', message: expect.stringMatching(message) }),
    )
  })
})
