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

describe('exposures in the dbt project', () => {
  const file = documentOf('olist', 'models/olist/exposures.yml')

  it.skipIf(!schemasPresent)('are valid by the published schema (skipped: not present)', () => {
    const validate = publishedSchema('dbt/dbt_yml_files-latest.json')
    expect(problemsBy(validate, file)).toEqual([])
    expect(problemsBy(validate, { version: 2, exposures: [{ name: 'a', type: 'page' }] })).not.toEqual([])
  })

  it('name what they read: views of the project, and models as tables of a source', () => {
    expect(file).toMatchObject({
      sources: [
        {
          name: 'models',
          tables: [{ name: 'delivery_slas' }, { name: 'order_totals' }, { name: 'review_aggregates' }],
        },
      ],
      exposures: [
        {
          name: 'delivery_board',
          type: 'dashboard',
          owner: { email: 'logistics@example.com' },
          depends_on: ["source('models', 'delivery_slas')", "source('models', 'review_aggregates')"],
        },
        {
          name: 'order_statement',
          label: 'Statement of orders',
          type: 'analysis',
          depends_on: ["source('models', 'order_totals')", "ref('stg_order_payments')"],
        },
      ],
    })
  })

  it('have an owner by name where it is no address, and one that says it is unknown where there is none', () => {
    const base = { title: 'T', kind: 'mail', description: 'Of {braces}.', reads: [{ table: 'olist.orders' }] } as const
    const exposures = [
      { ...base, name: 'a', owner: 'Kim' },
      { ...base, name: 'b' },
    ]
    const found = DBT.export({ ...OLIST, exposures }).find(({ path }) => path.endsWith('exposures.yml'))
    expect(found?.content).toMatchObject({
      value: {
        exposures: [
          { owner: { name: 'Kim' }, description: 'Of &#123;braces&#125;.', depends_on: ["ref('stg_orders')"] },
          { owner: { name: 'unknown' } },
        ],
      },
    })
    expect(found?.content.kind === 'yaml' && found.content.value).not.toHaveProperty('sources')
  })

  it('are no file where nothing is shown', () => {
    expect([...(exported.get('toast')?.keys() ?? [])]).not.toContain('models/toast/exposures.yml')
  })
})
