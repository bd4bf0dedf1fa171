import { Temporal } from 'temporal-polyfill'
import { expect, it } from 'vitest'
import { mockLocations } from '../../../mock/locations.ts'
import { generateNight } from '../../../mock/night.ts'
import type { ProfileName } from '../../../mock/profiles.ts'
import { type NightBytes, type Row, readRows, units } from '../../support/toast/read.ts'

const [location] = mockLocations(1)

function nights(profile: ProfileName, start: string, days: number): NightBytes[] {
  return Array.from({ length: days }, (_, index) => {
    const date = Temporal.PlainDate.from(start).add({ days: index }).toString()
    const files = generateNight({ seed: 3, location: location!, date, profile })
    return new Map(files.map(({ name, bytes }) => [name, bytes]))
  })
}

const month = nights('restaurant', '2026-01-09', 32)

const rows = (all: readonly NightBytes[], file: string) => all.flatMap((night) => readRows(night, file))
const counts = (all: readonly NightBytes[], file: string) =>
  all.map((night) => readRows(night, file).length).sort((a, b) => a - b)
const share = (all: readonly Row[], column: string, value: string) =>
  all.filter((row) => row[column] === value).length / all.length
const quantile = (values: readonly number[], point: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(point * (values.length - 1))]!

/** Fails unless the value lies within the factor of what was measured. */
function expectAbout(value: number, measured: number, factor = 1.15): void {
  expect(value).toBeGreaterThan(measured / factor)
  expect(value).toBeLessThan(measured * factor)
}

it('a month of a restaurant has the volumes and ratios that were measured', () => {
  const orders = rows(month, 'OrderDetails.csv')
  const payments = rows(month, 'PaymentDetails.csv')
  const items = rows(month, 'ItemSelectionDetails.csv')

  const perDay = counts(month, 'OrderDetails.csv')
  expect(perDay[0]).toBeGreaterThanOrEqual(70)
  expect(perDay.at(-1)).toBeLessThanOrEqual(235)
  expectAbout(quantile(perDay, 0.5), 142)
  expectAbout(items.length / orders.length, 4.97, 1.05)
  expectAbout(payments.length / orders.length, 1.02, 1.03)
  for (const count of counts(month, 'AllItemsReport.csv')) expectAbout(count, 110, 1.1)

  const amounts = orders.filter(({ Voided }) => Voided === 'false').map(({ Amount }) => Number(Amount))
  for (const [point, measured] of [
    [0.05, 11.45],
    [0.25, 24.55],
    [0.5, 38.13],
    [0.75, 54.4],
    [0.95, 90.35],
    [0.99, 137.05],
  ] as const) {
    expectAbout(quantile(amounts, point), measured)
  }
  expectAbout(share(orders, 'Order Source', 'Order-and-Pay-at-Table'), 0.54, 1.1)
  expectAbout(share(orders, 'Order Source', 'API'), 0.27, 1.1)
  expectAbout(share(orders, '# of Guests', '1'), 0.87, 1.1)
  expectAbout(share(payments, 'Type', 'Credit'), 0.71, 1.1)
  expectAbout(share(payments, 'Type', 'Other'), 0.27, 1.1)
  expectAbout(share(payments, 'Status', 'CAPTURED'), 0.66, 1.2)
  expectAbout(share(payments, 'Status', 'AUTHORIZED'), 0.33, 1.4)
  expect(orders.filter((row) => units(row['Discount Amount']!) > 0n).length / orders.length).toBeGreaterThan(0.025)
  const untipped = orders.filter(({ Tip }) => Tip === '0.00').length / orders.length
  expectAbout(untipped, 0.34, 1.2)
})

it('a month of a restaurant holds the rare rows that real months hold', () => {
  const [orders, payments, checks, items] = [
    'OrderDetails.csv',
    'PaymentDetails.csv',
    'CheckDetails.csv',
    'ItemSelectionDetails.csv',
  ].map((file) => rows(month, file)) as [Row[], Row[], Row[], Row[]]
  const report = rows(month, 'AllItemsReport.csv')
  for (const status of ['DENIED', 'VOIDED', 'OPEN'])
    expect(share(payments, 'Status', status), status).toBeGreaterThan(0)
  expect(
    payments.some((row) => /^RestaurantUser \[id=\d+, user email = \S+@example\.com\]$/.test(row['Void User']!)),
  ).toBe(true)
  expect(payments.some((row) => /^0\d{3}$/.test(row['Last 4 Gift Card Digits']!))).toBe(true)
  expect(payments.some((row) => row.Amount!.startsWith('-') && row.Type === 'Cash')).toBe(true)
  expect(orders.some((row) => row['Revenue Center'] === 'None')).toBe(true)
  expect(orders.some((row) => row.Checks!.includes(', '))).toBe(true)
  expect(orders.some((row) => /:-\d\d/.test(row['Duration (Opened to Paid)']!))).toBe(true)
  expect(orders.some((row) => row.Voided === 'true' && row.Paid === '')).toBe(true)
  expect(orders.some((row) => / 12:\d\d AM$/.test(row.Opened!))).toBe(true)
  expect(
    checks.some(
      (row) =>
        row.Total === '0.00' && row.Tender === '' && row.Link === '' && row['Reason of Discount']!.includes('100.00%'),
    ),
  ).toBe(true)
  expect(checks.some((row) => row['Opened Date'] === '')).toBe(true)
  expect(items.some((row) => row.Tax === '0E-8')).toBe(true)
  expect(items.some((row) => /\.\d*[1-9]\d{0,5}$/.test(row.Tax!) && !row.Tax!.endsWith('000000'))).toBe(true)
  expect(items.some((row) => row['Menu Group'] === '' && row['Void?'] === 'false')).toBe(true)
  expect(
    items.some((row) => /\p{Script=Han}/u.test(row['Menu Item']!) && /\p{Emoji_Presentation}/u.test(row['Menu Item']!)),
  ).toBe(true)
  expect(report.some((row) => /E-4$/.test(row['% Qty (All)']!))).toBe(true)
  expect(rows(month, 'ModifiersSelectionDetails.csv').some((row) => row.Modifier!.includes('\n'))).toBe(true)
  expect(
    rows(month, 'TimeEntries.csv').some((row) => row['Auto Clock-out'] === 'Yes' && / 4:00 AM$/.test(row['Out Date']!)),
  ).toBe(true)
})

it('a Saturday in a bar has the rows and bytes of the measured one', () => {
  const [saturday] = nights('bar', '2026-06-06', 1)
  const measured = {
    'OrderDetails.csv': 253,
    'CheckDetails.csv': 308,
    'PaymentDetails.csv': 305,
    'ItemSelectionDetails.csv': 854,
    'AllItemsReport.csv': 553,
    'KitchenTimings.csv': 379,
    'CashEntries.csv': 61,
  }
  for (const [file, count] of Object.entries(measured)) expectAbout(readRows(saturday!, file).length, count, 1.35)
  expectAbout(
    Object.keys(measured).reduce((sum, file) => sum + saturday!.get(file)!.byteLength, 0),
    655_029,
    1.2,
  )
})

it('a week of a small bar is paid in cash mostly, and every cash payment is an entry of the drawer', () => {
  const week = nights('small', '2026-04-06', 7)
  for (const count of counts(week, 'OrderDetails.csv')) expect(count).toBeLessThan(75)
  const payments = rows(week, 'PaymentDetails.csv')
  expect(share(payments, 'Type', 'Cash')).toBeGreaterThan(0.65)
  expectAbout(
    rows(week, 'ModifiersSelectionDetails.csv').length / rows(week, 'ItemSelectionDetails.csv').length,
    1.07,
    1.4,
  )
  expect(rows(week, 'KitchenTimings.csv').length).toBeGreaterThan(30)
})
