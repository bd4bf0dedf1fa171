import { expect, it } from 'vitest'
import type { CompiledModel } from '../../../functions/models/compiled.ts'
import { type BuiltModel, modelSet } from '../../../functions/models/model-set.ts'
import type { Models } from '../../../functions/models/order.ts'
import { type ModelChange, planModels, targetSet } from '../../../functions/models/plan.ts'
import { aModel, reads } from '../../support/models.ts'

type Edit = (model: CompiledModel) => Partial<CompiledModel>

const numeric = (name: string): CompiledModel['columns'][number] => {
  return { name, type: 'numeric', isAdditive: true, of: [], description: `The ${name}.` }
}
const identity = (table: string, column: string) => [{ table, column, kind: 'IDENTITY' as const }]

/** facts → sales → growth, and mix next to sales: each reads `net` or `qty` of the one before. */
const MODELS: Models = new Map(
  [
    model('facts', 'toast.order_details', ['net', 'qty']),
    model('sales', 'models.facts', ['net']),
    model('growth', 'models.sales', ['net']),
    model('mix', 'models.facts', ['qty']),
  ].map((each) => [each.source.replace('.sql', ''), each]),
)

function model(name: string, table: string, columns: readonly string[]): CompiledModel {
  const base = aModel(name, {
    columns: {},
    references: [reads(0, table, { columns: [...columns] })],
    sql: `SELECT ${name}`,
  })
  return {
    ...base,
    columns: columns.map(numeric),
    columnFingerprints: Object.fromEntries(columns.map((column) => [column, `${name}.${column}`])),
    lineage: { columns: Object.fromEntries(columns.map((column) => [column, identity(table, column)])), rows: [] },
  }
}

const withColumn =
  (column: string): Edit =>
  (old) => ({
    columns: [...old.columns, numeric(column)],
    columnFingerprints: { ...old.columnFingerprints, [column]: `new.${column}` },
    fingerprint: `${old.fingerprint}+${column}`,
  })
const withExpression =
  (column: string): Edit =>
  (old) => ({
    columnFingerprints: { ...old.columnFingerprints, [column]: 'other' },
    fingerprint: `${old.fingerprint}~${column}`,
  })
const withRows: Edit = (old) => ({ rows: 'other', fingerprint: `${old.fingerprint}~rows` })
const without =
  (column: string): Edit =>
  (old) => ({
    columns: old.columns.filter(({ name }) => name !== column),
    columnFingerprints: Object.fromEntries(Object.entries(old.columnFingerprints).filter(([name]) => name !== column)),
    fingerprint: `${old.fingerprint}-${column}`,
  })
const withType =
  (column: string): Edit =>
  (old) => ({
    columns: old.columns.map((each) => (each.name === column ? { ...each, type: 'int64' as const } : each)),
    fingerprint: `${old.fingerprint}#${column}`,
  })
const withText: Edit = () => ({ description: 'Other words.', digest: 'other' })
const withCheck: Edit = (old) => {
  const check = {
    name: 'c',
    effect: 'warn' as const,
    references: [],
    sql: { bigquery: 'SELECT 1', duckdb: 'SELECT 1' },
  }
  return { checks: [...old.checks, check], digest: 'other' }
}
const formatted: Edit = () => ({ digest: 'formatted' })
const partitioned: Edit = (old) => ({ partitionBy: null, fingerprint: `${old.fingerprint}!` })

const EDITS: readonly (readonly [what: string, model: string, edit: Edit, expected: readonly string[]])[] = [
  ...['facts', 'sales', 'growth', 'mix'].flatMap((name) => [
    [`words of ${name}`, name, withText, [`${name} text only`]] as const,
    [`a check of ${name}`, name, withCheck, [`${name} text only`]] as const,
    [`a column more in ${name}`, name, withColumn('tips'), [`${name} non-breaking`]] as const,
    [`the format of ${name}`, name, formatted, [`${name} text only`]] as const,
  ]),
  ['rows of facts', 'facts', withRows, ['facts breaking', 'mix indirect', 'sales indirect', 'growth indirect']],
  ['net of facts', 'facts', withExpression('net'), ['facts breaking', 'sales indirect', 'growth indirect']],
  ['qty of facts', 'facts', withExpression('qty'), ['facts breaking', 'mix indirect']],
  ['facts without net', 'facts', without('net'), ['facts breaking', 'sales indirect', 'growth indirect']],
  ['facts without qty', 'facts', without('qty'), ['facts breaking', 'mix indirect']],
  ['type of net in facts', 'facts', withType('net'), ['facts breaking']],
  ['rows of sales', 'sales', withRows, ['sales breaking', 'growth indirect']],
  ['net of sales', 'sales', withExpression('net'), ['sales breaking', 'growth indirect']],
  ['sales without net', 'sales', without('net'), ['sales breaking', 'growth indirect']],
  ['rows of growth', 'growth', withRows, ['growth breaking']],
  ['net of growth', 'growth', withExpression('net'), ['growth breaking']],
  ['rows of mix', 'mix', withRows, ['mix breaking']],
  ['qty of mix', 'mix', withExpression('qty'), ['mix breaking']],
  ['partitions of mix', 'mix', partitioned, ['mix breaking']],
]

const edited = (name: string, edit: Edit): Models => {
  const old = MODELS.get(name)!
  return new Map([...MODELS, [name, { ...old, ...edit(old) } as CompiledModel]])
}
const words = (changes: readonly ModelChange[]) => changes.map(({ model: name, category }) => `${name} ${category}`)

it('has thirty edits', () => expect(EDITS).toHaveLength(30))

it.each(EDITS)('judges %s', (_, name, edit, expected) => {
  expect(words(planModels(modelSet(MODELS), edited(name, edit))).toSorted()).toEqual(expected.toSorted())
})

it('names models that are new, and those that are gone', () => {
  const { growth: _, ...rest } = Object.fromEntries(MODELS)
  const fewer = new Map(Object.entries(rest))
  expect(words(planModels(modelSet(MODELS), fewer))).toEqual(['growth removed'])
  expect(words(planModels(modelSet(fewer), MODELS))).toEqual(['growth new'])
  expect(planModels(modelSet(MODELS), MODELS)).toEqual([])
})

it('keeps the table of a model that only got a column, over several such edits, unless it is to be rebuilt', () => {
  const target = (shown: ReadonlyMap<string, BuiltModel>, models: Models, rebuild = false) =>
    targetSet(shown, modelSet(models), { changes: planModels(shown, models), rebuild })
  const first = modelSet(MODELS)
  const second = target(first, edited('facts', withColumn('tips')))
  const { table, fingerprint } = first.get('facts')!
  expect(second.get('facts')).toMatchObject({ table, accepts: [fingerprint] })
  expect(second.get('sales')).toEqual({ ...first.get('sales') })
  const two: Edit = (old) => withColumn('fees')({ ...old, ...withColumn('tips')(old) } as CompiledModel)
  const third = target(second, edited('facts', two))
  expect(third.get('facts')).toMatchObject({ table, accepts: [second.get('facts')!.fingerprint, fingerprint] })
  const rebuilt = target(second, edited('facts', two), true).get('facts')!
  expect(rebuilt).toMatchObject({ table: rebuilt.fingerprint, accepts: [] })
  const broken = target(second, edited('facts', withRows))
  expect(broken.get('facts')!.table).toBe(broken.get('facts')!.fingerprint)
  expect(broken.get('sales')!.table).not.toBe(first.get('sales')!.table)
})
