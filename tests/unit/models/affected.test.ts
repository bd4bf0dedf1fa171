import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addDays } from '../../../functions/lib/business-date.ts'
import { affectedBy, partitionsOn } from '../../../functions/models/affected.ts'
import { deepFingerprints } from '../../../functions/models/fingerprints.ts'
import { modelSet } from '../../../functions/models/model-set.ts'
import { narrow } from '../../../functions/models/narrow.ts'
import { inBuildOrder, type Models, streamPipelines } from '../../../functions/models/order.ts'
import { wantedOf } from '../../../functions/models/wanted.ts'
import { BIGQUERY } from '../../../functions/sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../../../functions/sql/dialects/duckdb/dialect.ts'
import { aCheck, aModel, reads, SALES } from '../../support/models.ts'

const DAY = '2026-01-05'
const models = (all: Record<string, ReturnType<typeof aModel>>): Models => new Map(Object.entries(all))
const plain = (references: ReturnType<typeof reads>[], more: Partial<Parameters<typeof aModel>[1]> = {}) =>
  aModel('m', { columns: { location_id: 'string' }, references, sql: 'SELECT 1', ...more })
const places = (all: Models, date = DAY) => affectedBy(all, date).map(({ model, window }) => `${model} ${window}`)

it('orders models after those that they or their checks read', () => {
  expect(inBuildOrder(SALES)).toEqual(['items_daily', 'orders_daily', 'location_daily'])
  expect(streamPipelines(SALES)).toEqual(['toast'])
})

it('refuses models that read each other, and names the circle', () => {
  const circle = models({ a: plain([reads(0, 'models.b')]), b: plain([reads(0, 'models.a')]) })
  expect(() => inBuildOrder(circle)).toThrow(/a → b → a/)
})

it('restates the date of a change and the dates that read it', () => {
  expect(places(SALES)).toEqual([
    ...[`items_daily ${DAY}`, `orders_daily ${DAY}`, `location_daily ${DAY}`, 'location_daily 2026-01-12'],
  ])
})

it('follows offsets through models and views', () => {
  const all = models({
    base: plain([reads(0, 'toast.orders')]),
    shown: plain([reads(0, 'models.base')], { kind: 'view', partitionBy: null }),
    year: plain([reads(0, 'models.shown'), reads(1, 'models.shown', { from: -364 })]),
    weeks: plain([reads(0, 'models.year', { from: -1, to: 0 })]),
  })
  expect(places(all)).toEqual([
    ...[`base ${DAY}`, `year ${DAY}`, 'year 2027-01-04'],
    ...[`weeks ${DAY}`, 'weeks 2026-01-06', 'weeks 2027-01-04', 'weeks 2027-01-05'],
  ])
})

it('looks at a table without dates once, and at what reads it on the date of the change', () => {
  const all = models({
    calendar: plain([], { kind: 'seed', partitionBy: null }),
    sales: plain([
      reads(0, 'toast.orders'),
      { hole: 1, table: 'models.calendar', alias: 'c', columns: [], isPartitioned: false },
    ]),
  })
  expect(places(all)).toEqual(['calendar all', `sales ${DAY}`])
  expect(partitionsOn(all, { dates: [DAY, '2026-01-06'], model: 'sales' })).toHaveLength(3)
  expect(partitionsOn(all, { dates: [DAY], model: 'calendar' })).toEqual([{ model: 'calendar', window: 'all' }])
})

it('names a date for every partition that reads a change: each E with D in E + reads', () => {
  const range = fc.tuple(fc.integer({ min: -40, max: 5 }), fc.nat({ max: 6 }))
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 3 }), fc.integer({ min: -60, max: 60 }), (ranges, shift) => {
      const references = ranges.map(([from, length], at) => reads(at, 'toast.orders', { from, to: from + length }))
      const found = new Set(affectedBy(models({ m: plain(references) }), DAY).map(({ window }) => window))
      const date = addDays(DAY, shift)
      const isReading = ranges.some(([from, length]) => -shift >= from && -shift <= from + length)
      expect(found.has(date)).toBe(isReading || shift === 0)
    }),
  )
})

it('narrows a hole by constants of both dialects', () => {
  const span = { date: DAY, locations: ['1', "o'2"] }
  const of = (reference: ReturnType<typeof reads>, dialect: typeof DUCKDB, more = {}) =>
    narrow('t', reference, { span: { ...span, ...more }, dialect })
  expect(of(reads(0, 'toast.orders'), DUCKDB)).toBe(
    `(SELECT * FROM t WHERE "business_date" = DATE '2026-01-05' AND "location_id" IN ('1', 'o''2'))`,
  )
  expect(of(reads(0, 'toast.orders', { from: -27, to: 0 }), BIGQUERY)).toBe(
    `(SELECT * FROM t WHERE \`business_date\` BETWEEN DATE '2025-12-09' AND DATE '2026-01-05' AND \`location_id\` IN ('1', 'o\\'2'))`,
  )
  expect(of(reads(0, 'toast.orders'), DUCKDB, { locations: [] })).toContain('AND FALSE')
  // BigQuery refuses a table that demands a condition on its date, also where all dates are meant.
  const whole = { hole: 0, table: 'toast.orders', alias: 'o', columns: [], isPartitioned: false as const }
  const anyDate = "(SELECT * FROM t WHERE `business_date` >= DATE '0001-01-01')"
  expect(narrow('t', { ...whole, dateColumn: 'business_date' }, { span, dialect: BIGQUERY })).toBe(anyDate)
  expect(of(reads(0, 'toast.orders'), BIGQUERY, { locations: null, date: null })).toBe(anyDate)
  expect(narrow('t', whole, { span, dialect: BIGQUERY })).toBe('t')
})

it('wants something else when any input, location or version is another, and only then', () => {
  const input = { table: 'toast.orders', window: DAY, content: '3' }
  const base = { fingerprint: 'f', inputs: [input, { ...input, table: 'toast.checks' }], locations: ['1', '2'] }
  const name = wantedOf(base)
  expect(wantedOf({ ...base, inputs: [...base.inputs, input].toReversed(), locations: ['2', '1'] })).toBe(name)
  const others = [
    { ...base, fingerprint: 'g' },
    { ...base, inputs: [{ ...input, content: '4' }, base.inputs[1]!] },
    { ...base, inputs: [{ ...input, window: '2026-01-06' }, base.inputs[1]!] },
    { ...base, inputs: [base.inputs[1]!] },
    { ...base, locations: ['1'] },
    { ...base, locations: null },
  ]
  expect(new Set([name, ...others.map(wantedOf)]).size).toBe(others.length + 1)
})

it('gives a reader a new version when a column that it uses is computed otherwise, and no other', () => {
  const lineage = { columns: { net: [{ table: 'models.a', column: 'net', kind: 'IDENTITY' as const }] }, rows: [] }
  const of = (a: Record<string, string>) =>
    models({
      a: { ...plain([reads(0, 'toast.orders')]), columnFingerprints: a, fingerprint: JSON.stringify(a) },
      b: { ...plain([reads(0, 'models.a', { columns: ['net'] })]), columnFingerprints: { net: 'n' }, lineage },
    })
  const version = (all: Models) => deepFingerprints(all).get('b')!.model
  const before = version(of({ net: 'x' }))
  expect(version(of({ net: 'x', tips: 'y' }))).toBe(before)
  expect(version(of({ net: 'z' }))).not.toBe(before)
  expect(modelSet(of({ net: 'x', tips: 'y' })).get('a')!.fingerprint).not.toBe(
    modelSet(of({ net: 'x' })).get('a')!.fingerprint,
  )
})

it('counts inputs of checks as inputs, and the model itself as none', () => {
  const check = aCheck('c', 'block', [reads(0, 'models.m'), reads(1, 'models.other', { from: -1 })], 'SELECT 1')
  const all = models({ m: plain([reads(0, 'toast.orders')], { checks: [check] }), other: plain([reads(0, 'toast.b')]) })
  expect(places(all)).toEqual([`other ${DAY}`, `m ${DAY}`, 'm 2026-01-06'])
})
