import { describe, expect, it } from 'vitest'
import { HEADERS } from '../../../mock/headers.ts'
import { mockLocations } from '../../../mock/locations.ts'
import { generateNight, type MockNight } from '../../../mock/night.ts'
import { formatFindings } from '../../support/toast/format.ts'
import type { NightBytes } from '../../support/toast/read.ts'
import { type Finding, reconcile } from '../../support/toast/reconcile.ts'
import { readHeaders, readSample, samplesPresent } from '../../support/toast/samples.ts'

const locations = mockLocations(6)
const DATES = ['2026-02-02', '2026-05-13', '2026-07-04', '2026-10-30', '2028-02-29']

function night(options: Partial<MockNight> & { readonly place?: number }): NightBytes {
  const { place = 0, ...rest } = options
  const files = generateNight({ seed: 1, location: locations[place]!, date: '2026-11-14', ...rest })
  return new Map(files.map(({ name, bytes }) => [name, bytes]))
}

describe.each(['restaurant', 'bar', 'small'] as const)('a generated night of a %s', (profile) => {
  it.each(DATES.map((date, seed) => ({ date, seed, place: seed })))(
    'keeps every rule measured on real exports ($date, seed $seed)',
    ({ date, seed, place }) => {
      expect(reconcile(night({ profile, date, seed, place }), date)).toEqual([])
    },
  )

  it.each([0, 1, 2])('is written exactly as Toast writes (seed %i)', (seed) => {
    const headers = new Map(Object.entries(HEADERS).map(([file, columns]) => [file, columns.join(',')]))
    expect(formatFindings(night({ profile, seed, place: seed }), headers)).toEqual([])
  })
})

it('a night without guests has header-only files and a report full of zero rows', () => {
  const closed = night({ closed: true })
  expect(reconcile(closed, '2026-11-14')).toEqual([])
  const bytes = (file: string) => closed.get(file)?.byteLength
  // The sizes of the run log of a real closed Monday.
  expect([bytes('CheckDetails.csv'), bytes('KitchenTimings.csv'), bytes('CashEntries.csv')]).toEqual([208, 127, 115])
  expect([bytes('OrderDetails.csv'), bytes('ItemSelectionDetails.csv'), bytes('PaymentDetails.csv')]).toEqual([
    230, 319, 473,
  ])
  expect(bytes('AllItemsReport.csv')).toBeGreaterThan(10_000)
})

describe.skipIf(!samplesPresent)('the verifier itself, on real exports (skipped: not present)', () => {
  it('finds nothing in a day of an SFTP export', () => {
    const sample = readSample('sftp-20250205-deidentified')
    expect(formatFindings(sample, readHeaders())).toEqual([])
    expect(reconcile(sample, '2025-02-05')).toEqual([])
  })

  it('finds in the re-written day of a small bar only what its author changed', () => {
    const sample = readSample('mattemmett-20240410')
    expect(reconcile(sample, '2024-04-10')).toEqual([])
    expect(formatFindings(sample, new Map()).length).toBeGreaterThan(0)
  })

  it('knows the same header rows as the generator', () => {
    for (const [file, header] of readHeaders()) expect(HEADERS[file as keyof typeof HEADERS].join(',')).toBe(header)
  })
})

describe('the verifier notices', () => {
  const rules = (findings: readonly Finding[]) => new Set(findings.map(({ rule }) => rule))
  const changed = (file: string, edit: (text: string) => string): NightBytes => {
    const original = night({ profile: 'bar' })
    return new Map([...original, [file, Buffer.from(edit(Buffer.from(original.get(file)!).toString()))]])
  }

  it('a cent that is missing from one item', () => {
    const night = changed('ItemSelectionDetails.csv', (text) =>
      text.replace(/,(\d+)\.(\d\d),1\.0,(\d\.\d{8}),false/, ',$1.$2,2.0,$3,false'),
    )
    expect([...rules(reconcile(night, '2026-11-14'))]).toContain('R9')
  })

  it('a payment that is gone', () => {
    const night = changed('PaymentDetails.csv', (text) => text.replace(/\r\n[^\r]+CAPTURED[^\r]+\r\n/, '\r\n'))
    expect([...rules(reconcile(night, '2026-11-14'))]).toContain('R7')
  })

  it('a row that ends with LF, and a comma quoted without need', () => {
    const night = changed('OrderDetails.csv', (text) =>
      text.replace('\r\n', '\n').replace(',In Store\r\n', ',"In Store"\r\n'),
    )
    expect(formatFindings(night, new Map())).toEqual(['OrderDetails.csv: is not minimal RFC 4180 with CRLF'])
  })
})
