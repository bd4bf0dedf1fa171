import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { columnRules } from '../../../../functions/contract/column-rules.ts'
import { GREAT_EXPECTATIONS } from '../../../../functions/contract/formats/great-expectations/project.ts'
import { constraintName } from '../../../../functions/sql/relation.ts'
import { OLIST, TOAST } from '../../../support/contract-sets.ts'

const Suite = z.looseObject({
  name: z.string(),
  id: z.uuid(),
  expectations: z.array(
    z.looseObject({
      id: z.uuid(),
      type: z.string(),
      kwargs: z.looseObject({ mostly: z.strictObject({ $PARAMETER: z.string() }).optional() }),
      meta: z.looseObject({ promise: z.string() }),
    }),
  ),
})
const Reference = z.looseObject({ name: z.string(), id: z.uuid() })
const Definition = z.looseObject({
  ...{ name: z.string(), id: z.uuid(), suite: Reference },
  data: z.strictObject({ datasource: Reference, asset: Reference, batch_definition: Reference }),
})
const Checkpoint = z.looseObject({ validation_definitions: z.array(Reference) })

const TARGETS = ['bigquery', 'postgres', 'snowflake', 'databricks']

describe.each([TOAST, OLIST].map((set) => [set.pipeline, set] as const))('a project for %s', (_, set) => {
  const files = new Map(GREAT_EXPECTATIONS.export(set).map(({ path, content }) => [path, content]))
  const valueAt = (path: string): unknown => {
    const content = files.get(path)
    return content && content.kind !== 'text' ? content.value : undefined
  }
  const textOf = (path: string): string => {
    const content = files.get(path)
    return content?.kind === 'text' ? content.text : ''
  }
  const below = (folder: string) => [...files.keys()].filter((path) => path.startsWith(`${folder}/`))
  const suitesOf = (target: string) => below(`${target}/gx/expectations`).map((path) => Suite.parse(valueAt(path)))

  it.each(TARGETS)('of %s has an expectation for each promise, or says why there is none', (target) => {
    const said = new Set(suitesOf(target).flatMap(({ expectations }) => expectations.map(({ meta }) => meta.promise)))
    const left = textOf(`${target}/not-expressed.md`)
    const promises = [
      ...set.contracts.flatMap(({ stream, columns, checks }) => [
        ...columns.flatMap((column) =>
          columnRules(column).map(({ kind }) => constraintName(stream, column.name, kind)),
        ),
        ...columns
          .filter(({ required, privacy }) => required && privacy !== 'drop')
          .map(({ name }) => constraintName(stream, name, 'required')),
        ...checks.map(({ name }) => constraintName(stream, name)),
      ]),
      ...set.checks.map(({ name }) => constraintName(set.pipeline, name)),
    ]
    expect(promises.length).toBeGreaterThan(30)
    expect(promises.filter((name) => !said.has(name) && !left.includes(`| ${name} |`))).toEqual([])
  })

  it.each(TARGETS)('of %s refers only to what it has, and names each tolerance', (target) => {
    const suites = suitesOf(target)
    const definitions = below(`${target}/gx/validation_definitions`).map((path) => Definition.parse(valueAt(path)))
    const ids = new Map(suites.map(({ name, id }) => [name, id]))
    for (const { suite } of definitions) expect(suite.id).toBe(ids.get(suite.name))
    const checkpoints = ['before_load', 'after_load'].flatMap(
      (name) => Checkpoint.parse(valueAt(`${target}/gx/checkpoints/${name}.json`)).validation_definitions,
    )
    expect(checkpoints.map(({ id }) => id).toSorted()).toEqual(definitions.map(({ id }) => id).toSorted())
    const parameters = suites.flatMap(({ expectations }) =>
      expectations.flatMap(({ kwargs }) => kwargs.mostly?.$PARAMETER ?? []),
    )
    expect(Object.keys(Object(valueAt(`${target}/tolerances.json`))).toSorted()).toEqual(parameters.toSorted())
    expect(new Set(parameters).size).toBe(parameters.length)
    const expectations = suites.flatMap((suite) => suite.expectations.map(({ id }) => id))
    expect(new Set(expectations).size).toBe(expectations.length)
  })
})

it('asks for sums and references across tables as queries', () => {
  const files = new Map(GREAT_EXPECTATIONS.export(OLIST).map(({ path, content }) => [path, content]))
  const content = files.get('postgres/gx/expectations/order_payments_table.json')
  const { expectations } = Suite.parse(content?.kind === 'json' ? content.value : null)
  const queries = expectations.flatMap(({ type, kwargs }) =>
    type === 'unexpected_rows_expectation' ? String(kwargs['unexpected_rows_query']) : [],
  )
  expect(queries).toEqual([
    'SELECT l.* FROM (SELECT "day" AS k0, "order_id" AS k1, COUNT(*) AS v FROM {batch} WHERE "order_id" IS NOT NULL GROUP BY "day", "order_id") AS l LEFT JOIN (SELECT "day" AS k0, "order_id" AS k1, COUNT(*) AS v FROM "olist"."orders" GROUP BY "day", "order_id") AS r ON l.k0 = r.k0 AND l.k1 = r.k1 WHERE r.k0 IS NULL',
    'SELECT l.*, r.v AS other FROM (SELECT "day" AS k0, "order_id" AS k1, SUM("payment_value") AS v FROM {batch} GROUP BY "day", "order_id") AS l LEFT JOIN (SELECT "day" AS k0, "order_id" AS k1, SUM(("price" + "freight_value")) AS v FROM "olist"."order_items" GROUP BY "day", "order_id") AS r ON l.k0 = r.k0 AND l.k1 = r.k1 WHERE ABS(COALESCE(l.v, 0) - COALESCE(r.v, 0)) > 0.01',
  ])
})
