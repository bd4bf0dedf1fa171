import { expect, it } from 'vitest'
import type { CompiledModel } from '../../../functions/models/compiled.ts'
import type { Exposure } from '../../../functions/models/exposure.ts'
import type { Models } from '../../../functions/models/order.ts'
import { exposuresReached, reachedText, reachOf } from '../../../functions/models/reach.ts'
import { aModel, reads } from '../../support/models.ts'

type Sources = Record<string, { table: string; column: string; kind: 'IDENTITY' }[]>
const from = (table: string, column: string) => [{ table, column, kind: 'IDENTITY' as const }]

function model(name: string, columns: Sources, rows: CompiledModel['lineage']['rows'] = []): CompiledModel {
  const sources = Object.values(columns).flat()
  const tables = [...new Set(sources.map(({ table }) => table))]
  const types = Object.fromEntries(Object.keys(columns).map((column) => [column, 'numeric' as const]))
  const references = tables.map((table, at) => {
    return reads(at, table, { columns: sources.filter((each) => each.table === table).map(({ column }) => column) })
  })
  return { ...aModel(name, { columns: types, references, sql: '' }), lineage: { columns, rows } }
}

const MODELS: Models = new Map([
  ['sales', model('sales', { net: from('toast.orders', 'amount'), guests: from('toast.orders', 'guest_count') })],
  ['growth', model('growth', { growth: from('models.sales', 'net') })],
  [
    'big_days',
    model('big_days', { days: from('models.sales', 'guests') }, [
      { table: 'models.sales', column: 'net', kind: 'FILTER' },
    ]),
  ],
])
const reachedOf = (column: string) => reachOf(MODELS, new Map([['toast.orders', new Set([column])]]))
const columnsOf = (column: string) =>
  [...reachedOf(column)].map(([table, columns]) => `${table}: ${[...columns].join()}`)

it('reaches columns through models, and all columns where rows are chosen by one', () => {
  expect(columnsOf('amount')).toEqual([
    'toast.orders: amount',
    'models.sales: net',
    'models.big_days: days',
    'models.growth: growth',
  ])
  expect(columnsOf('guest_count')).toEqual([
    'toast.orders: guest_count',
    'models.sales: guests',
    'models.big_days: days',
  ])
  expect(columnsOf('server')).toEqual(['toast.orders: server'])
})

const exposure = (name: string, read: Exposure['reads'][number]): Exposure => {
  return {
    name,
    title: `The ${name}`,
    kind: 'page',
    description: 'For people.',
    owner: 'ann@example.com',
    reads: [read],
  }
}

it('names exposures with their owner, by columns that they show, or by the table where they do not say', () => {
  const exposures = [
    exposure('flash', { table: 'models.growth', columns: ['growth'] }),
    exposure('guests', { table: 'models.sales', columns: ['guests'] }),
    exposure('notebook', { table: 'models.sales' }),
  ]
  expect(exposuresReached(exposures, reachedOf('amount')).map(reachedText)).toEqual([
    'The flash (page, of ann@example.com): models.growth.growth',
    'The notebook (page, of ann@example.com): models.sales',
  ])
  expect(exposuresReached(exposures, reachedOf('server'))).toEqual([])
})
