import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import type { Answer, Evaluator, FilledTable } from './analyser.ts'
import { type CompiledModel, fillHoles } from './compiled.ts'
import type { ReferenceTable } from './reference.ts'
import type { ScriptRows, ScriptRunner } from './script.ts'
import { scriptTexts } from './script-rows.ts'

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Row = z.record(z.string(), Value)

const Case = yamlObject({
  name: z.string().min(1).describe('Sentence that is true when the test passes.'),
  given: z
    .record(z.string(), z.array(Row))
    .describe(
      'Rows by table, such as `toast.order_details`. A column that is left out is NULL, a table that is left out has no rows.',
    ),
  date: z.iso
    .date()
    .optional()
    .describe(
      'Date that is built, for a script. Default: the newest date in `given`, in the date column of its table.',
    ),
  expect: z
    .array(Row)
    .describe(
      'Rows of the model, in any order. Columns that no row names are not compared; else one that is left out is NULL.',
    ),
})
/** One test of a model. */
export type ModelCase = z.infer<typeof Case>

/** File of config/models/.../tests: rows that go in, and rows that come out. */
export const ModelTests = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  model: Identifier.describe('Name of the model, and of this file.'),
  tests: z.array(Case).min(1).describe('Each runs in BigQuery and in DuckDB.'),
})
export type ModelTests = z.infer<typeof ModelTests>

/** A compiled model with a test of it. */
export interface CaseInput {
  readonly model: CompiledModel
  readonly name: string
  readonly test: ModelCase
  readonly tables: ReadonlyMap<string, ReferenceTable>
  readonly engines: Readonly<Record<'bigquery' | 'duckdb', Evaluator>>
  readonly scripts: ScriptRunner
}

/** Differences of a test in each engine, as sentences; none when it passes. */
export async function runCase(input: CaseInput): Promise<readonly string[]> {
  const { model, name, test } = input
  if (model.kind === 'script') return await runScriptCase(model, input)
  const wrong = unknownNames(input)
  if (wrong.length > 0) return wrong
  const tables = tablesOf(input)
  const found: string[] = []
  for (const [engine, evaluator] of Object.entries(input.engines)) {
    const text = fillHoles(
      engine === 'duckdb' ? model.sql.duckdb : model.sql.bigquery,
      (hole) => model.references[hole]?.table ?? '',
    )
    const answer = await evaluator.evaluate({ file: `config/models/${model.source}`, text }, tables)
    found.push(...differences(answer, test, model).map((each) => `${name}: ${test.name}: in ${engine} ${each}`))
  }
  return found
}

/** A script runs once: it is the same program in front of every warehouse. */
async function runScriptCase(
  model: Extract<CompiledModel, { readonly kind: 'script' }>,
  input: CaseInput,
): Promise<readonly string[]> {
  const { name, test, scripts } = input
  const wrong = unknownNames(input)
  if (wrong.length > 0) return wrong
  const filled = new Map(tablesOf(input).map((table) => [table.name, table]))
  const inputs = model.references.map(({ alias, table, columns, types = [] }): [string, ScriptRows] => {
    const { columns: given = [], rows = [] } = filled.get(table) ?? {}
    const places = columns.map((column) => given.findIndex((each) => each.name === column))
    return [
      alias,
      {
        columns: columns.map((column, at) => ({ name: column, type: types[at] ?? 'string' })),
        rows: rows.map((row) => places.map((place) => row[place] ?? null)),
      },
    ]
  })
  const date = model.partitionBy === null ? null : (test.date ?? newestDate(input))
  const rows = await scripts.build(model.script, { date, inputs: Object.fromEntries(inputs) })
  const answer = {
    columns: model.columns.map((column) => column.name),
    rows: scriptTexts(rows, { model: name, columns: model.columns }),
  }
  return differences(answer, test, model).map((each) => `${name}: ${test.name}: ${each}`)
}

function newestDate({ test, tables }: CaseInput): string | null {
  const dates = Object.entries(test.given).flatMap(([table, rows]) => {
    const column = tables.get(table)?.dateColumn
    return column ? rows.map((row) => textOf(row[column]) ?? '') : []
  })
  return dates.toSorted().at(-1) || null
}

function unknownNames({ model, name, test, tables }: CaseInput): readonly string[] {
  const read = new Set(model.references.map(({ table }) => table))
  const inTables = Object.entries(test.given).flatMap(([table, rows]) => {
    if (!read.has(table)) return [`the model does not read ${table}`]
    const known = new Set(tables.get(table)?.columns.map((column) => column.name))
    const columns = new Set(rows.flatMap((row) => Object.keys(row)))
    return [...columns].filter((column) => !known.has(column)).map((column) => `${table} has no column ${column}`)
  })
  const own = new Set(model.columns.map((column) => column.name))
  const expected = new Set(test.expect.flatMap((row) => Object.keys(row)))
  const inModel = [...expected]
    .filter((column) => !own.has(column))
    .map((column) => `the model has no column ${column}`)
  return [...inTables, ...inModel].map((problem) => `${name}: ${test.name}: ${problem}`)
}

/** Every table that the model reads, in the columns that it uses. */
function tablesOf({ model, test, tables }: CaseInput): readonly FilledTable[] {
  return [...Map.groupBy(model.references, ({ table }) => table)].map(([table, references]) => {
    const used = new Set(references.flatMap((reference) => reference.columns))
    const columns = (tables.get(table)?.columns ?? []).filter((column) => used.has(column.name))
    const rows = (test.given[table] ?? []).map((row) => columns.map((column) => textOf(row[column.name])))
    return { name: table, columns, rows }
  })
}

function textOf(value: z.infer<typeof Value> | undefined): string | null {
  return value === undefined || value === null ? null : String(value)
}

function differences(answer: Answer, test: ModelCase, { columns }: Pick<CompiledModel, 'columns'>): readonly string[] {
  const named = new Set(test.expect.flatMap((row) => Object.keys(row)))
  // Without an expected row every column counts: there must be none.
  const compared = columns.filter((column) => named.size === 0 || named.has(column.name))
  const places = compared.map((column) => answer.columns.indexOf(column.name))
  const given = answer.rows.map((row) =>
    JSON.stringify(places.map((place, at) => plain(row[place] ?? null, compared[at]?.type))),
  )
  const expected = test.expect.map((row) =>
    JSON.stringify(compared.map(({ name, type }) => plain(textOf(row[name]), type))),
  )
  const missing = without(expected, given)
  const extra = without(given, expected)
  const names = compared.map((column) => column.name).join(', ')
  return [
    ...missing.map((row) => `no row ${row} of (${names})`),
    ...extra.map((row) => `the row ${row} of (${names}) is not expected`),
  ]
}

/** The texts of a multiset that another one has not. */
function without(all: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others]
  return all.filter((each) => {
    const at = left.indexOf(each)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

// Sums of doubles depend on the order of their terms, in the last digits.
const SIGNIFICANT = 12

function plain(value: string | null, type: string | undefined): string | number | null {
  if (value === null) return null
  if (type === 'float64') return Number(Number(value).toPrecision(SIGNIFICANT))
  return type === 'numeric' ? value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : value
}
