import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DBT } from '../../../../functions/contract/formats/dbt.ts'
import { relationOf } from '../../../../functions/contract/relation.ts'
import { OLIST, TOAST } from '../../../support/contract-sets.ts'
import { problemsBy, publishedSchema, schemasPresent } from '../../../support/published-schemas.ts'

const Columns = z.array(z.looseObject({ name: z.string(), data_tests: z.array(z.unknown()).default([]) }))
const Sources = z.looseObject({
  sources: z.tuple([
    z.looseObject({ name: z.string(), tables: z.array(z.looseObject({ name: z.string(), columns: Columns })) }),
  ]),
})
const Models = z.looseObject({
  models: z.array(z.looseObject({ name: z.string(), columns: Columns, data_tests: z.array(z.unknown()).default([]) })),
})

const exported = new Map(
  [TOAST, OLIST].map((set) => [set.pipeline, new Map(DBT.export(set).map(({ path, content }) => [path, content]))]),
)

function documentOf(pipeline: string, path: string): unknown {
  const content = exported.get(pipeline)?.get(path)
  return content?.kind === 'yaml' ? content.value : undefined
}

const nameOf = (test: unknown): string =>
  typeof test === 'string' ? test : (Object.keys(z.record(z.string(), z.unknown()).parse(test))[0] ?? '')

describe.each([TOAST, OLIST].map((set) => [set.pipeline, set] as const))('the dbt project of %s', (pipeline, set) => {
  const sources = Sources.parse(documentOf(pipeline, `models/${pipeline}/sources.yml`))
  const { models } = Models.parse(documentOf(pipeline, `models/${pipeline}/schema.yml`))

  it.skipIf(!schemasPresent)('is valid by the published schema of its files (skipped: not present)', () => {
    const validate = publishedSchema('dbt/dbt_yml_files-latest.json')
    for (const file of ['sources', 'schema'])
      expect(problemsBy(validate, documentOf(pipeline, `models/${pipeline}/${file}.yml`))).toEqual([])
    expect(problemsBy(validate, { version: 2, sources: [{ tables: [] }] })).not.toEqual([])
  })

  it('names the tables and columns that there are', () => {
    const tables = set.contracts.map((contract) => relationOf(contract, { catalog: null, schema: pipeline }))
    const found = sources.sources[0].tables.map(({ name, columns }) => [name, ...columns.map((column) => column.name)])
    expect(found).toEqual(
      tables.map(({ name, columns }) => [
        name,
        ...columns.map((column) => column.name).filter((column) => column !== '_run_id'),
      ]),
    )
    for (const { name } of tables)
      expect(exported.get(pipeline)?.get(`models/${pipeline}/stg_${name}.sql`)).toMatchObject({
        text: expect.stringContaining(`from {{ source('${pipeline}', '${name}') }}`),
      })
  })

  it('has a test for each promise of a contract', () => {
    for (const contract of set.contracts) {
      const table = relationOf(contract, { catalog: null, schema: pipeline })
      const model = models.find(({ name }) => name === `stg_${contract.stream}`)
      const tests = model?.columns.flatMap(({ name, data_tests }) =>
        data_tests.map((test) => `${name} ${nameOf(test)}`),
      )
      const expected = table.columns.flatMap(({ name, isRequired, rules }) => [
        ...(isRequired ? [`${name} not_null`] : []),
        ...rules.map(({ kind }) => `${name} ${kind === 'values' ? 'accepted_values' : `daybreak_${kind}`}`),
      ])
      expect(tests).toEqual(expect.arrayContaining(expected))
      const references = contract.references ?? []
      expect(tests?.filter((test) => test.endsWith(' relationships'))).toHaveLength(references.length)
      const keys = (table.primaryKey.length > 0 ? 1 : 0) + table.unique.length
      expect(model?.data_tests.filter((test) => nameOf(test) === 'daybreak_key')).toHaveLength(keys)
    }
  })
})

it('writes a condition of rows in both systems, and leaves one out that needs the hour at which days end', () => {
  const { models } = Models.parse(documentOf('toast', 'models/toast/schema.yml'))
  const tests = models.find(({ name }) => name === 'stg_order_details')?.data_tests ?? []
  const conditions = tests.filter((test) => nameOf(test) === 'daybreak_expression')
  expect(conditions).toHaveLength(3)
  expect(conditions[0]).toMatchObject({
    daybreak_expression: {
      name: 'order_details_total_adds_up',
      expressions: { duckdb: expect.stringContaining('"amount"'), bigquery: expect.stringContaining('`amount`') },
      config: { severity: 'error' },
    },
  })
})
