import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openZetasqlAnalyser } from '../../functions/adapters/zetasql/analyser.ts'
import { streamTables } from '../../functions/compose/compile-models.ts'
import type { Analyser, FilledTable } from '../../functions/models/analyser.ts'
import {
  type CompiledCheck,
  type CompiledModel,
  CompiledModels,
  fillHoles,
  type Reference,
} from '../../functions/models/compiled.ts'
import { inBuildOrder } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { plainValue } from '../support/model-engines.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'
import { hasZetasql } from '../support/zetasql.ts'

const compiled = CompiledModels.parse(JSON.parse(readFileSync('config/models/compiled.json', 'utf8')))
const models = new Map(Object.entries(compiled.models))

const EAST = { id: '185001', name: 'East', time_zone: 'America/New_York' }
const WEST = { id: '185002', name: 'West', time_zone: 'America/Los_Angeles' }
// A Sunday after a Saturday, and the same weekday 364 days before.
const DATES = ['2024-02-11', '2025-02-08', '2025-02-09']

/** Real exports, de-identified, where the checkout has them next to it. They are not part of the project. */
const SAMPLES = join(ROOT, '../shared/toast/samples')
const FOLDERS = existsSync(SAMPLES)
  ? ([
      ['sftp-20250205-deidentified', '2025-02-05', '.csv'],
      ['mattemmett-20240410', '2024-04-10', '.csv'],
    ] as const)
  : []

type Rows = readonly (readonly (string | null)[])[]

/** A warehouse with built models, and Google's evaluator over the same tables. */
interface Comparison {
  readonly world: World
  readonly analyser: Analyser
  /** Rows that the evaluator gave for the models that came before. */
  readonly given: Map<string, FilledTable>
}

describe.skipIf(!hasZetasql)('the shipped models (skipped: not present, where the analyser has no binary)', () => {
  let analyser: Analyser
  let transformer: Transformer
  beforeAll(async () => {
    analyser = await openZetasqlAnalyser({ folders: [process.cwd()] })
    transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  })
  afterAll(async () => {
    await analyser?.close()
    await transformer?.close()
  })

  it('built date by date in DuckDB are what Google answers for all dates at once, over synthetic nights', async () => {
    const world = await createWorld({ now: at('2025-02-10T20:00:00Z'), transformer, locations: [EAST, WEST], models })
    try {
      for (const date of DATES) {
        for (const { id, name, time_zone: timeZone } of [EAST, WEST]) {
          const location = { id, name, timeZone, closeoutHour: 4 }
          const night = generateNight({ seed: 3, date, profile: 'restaurant', scale: 0.15, closed: false, location })
          for (const file of night) await world.write(`${id}/${date.replaceAll('-', '')}/${file.name}`, file.bytes)
        }
        await world.run({ scope: { windows: [date] } })
      }
      await expectEqual({ world, analyser, given: new Map() })
    } finally {
      await world.close()
    }
  })

  it.each(FOLDERS)('are equal over the real exports of %s', async (folder, date, ending) => {
    const world = await createWorld({ now: at('2026-01-01T00:00:00Z'), transformer, models })
    try {
      for (const name of readdirSync(join(SAMPLES, folder)).filter((each) => each.endsWith(ending)))
        await world.write(
          `185001/${date.replaceAll('-', '')}/${name.replace(ending, '.csv')}`,
          readFileSync(join(SAMPLES, folder, name)),
        )
      await world.run({ trigger: 'import', scope: { windows: [date] } })
      await expectEqual({ world, analyser, given: new Map() })
    } finally {
      await world.close()
    }
  })
})

async function expectEqual(comparison: Comparison): Promise<void> {
  const empty: string[] = []
  for (const name of inBuildOrder(models)) {
    const model = models.get(name)
    if (!model || model.kind === 'script') continue
    const google = await evaluated(comparison, model, model.sql.bigquery)
    const duckdb = await builtRows(comparison, name, model)
    expect(plainRows(duckdb, model), name).toEqual(plainRows(google, model))
    if (google.length === 0) empty.push(name)
    const columns = model.columns.map((column) => ({ name: column.name, type: column.type }))
    comparison.given.set(`models.${name}`, { name: `models.${name}`, columns, rows: google })
    for (const check of model.checks) await expectAlike(comparison, name, check)
  }
  // A model without rows proves nothing.
  expect(empty.length, empty.join()).toBeLessThan(models.size / 2)
}

/** A check says the same in both engines, over all dates. */
async function expectAlike(comparison: Comparison, name: string, check: CompiledCheck): Promise<void> {
  const google = await evaluated(comparison, check, check.sql.bigquery)
  const text = fillHoles(check.sql.duckdb, (hole) => check.references[hole]?.table ?? '')
  const duckdb = await query(
    comparison,
    `SELECT offence, CAST(left_value AS VARCHAR), CAST(right_value AS VARCHAR) FROM (${text})`,
  )
  const plain = (rows: Rows) =>
    rows
      .map((row) => JSON.stringify(row.map((value, at) => plainValue(value, at === 0 ? 'string' : 'numeric'))))
      .toSorted()
  expect(plain(duckdb), `${name}: ${check.name}`).toEqual(plain(google))
}

async function evaluated(
  comparison: Comparison,
  { references }: Pick<CompiledModel, 'references'>,
  text: string,
): Promise<Rows> {
  const tables = await Promise.all(references.map((reference) => tableOf(comparison, reference)))
  const byName = new Map<string, FilledTable>()
  for (const table of tables) byName.set(table.name, table)
  const sql = fillHoles(text, (hole) => references[hole]?.table ?? '')
  return (await comparison.analyser.evaluate({ file: 'model.sql', text: sql }, [...byName.values()])).rows
}

/** The rows of a table, in the columns that any model uses. */
async function tableOf(comparison: Comparison, { table }: Reference): Promise<FilledTable> {
  const known = comparison.given.get(table)
  if (known) return known
  const everywhere = [...models.values()].flatMap((model) => [
    ...model.references,
    ...model.checks.flatMap((check) => check.references),
  ])
  const used = new Set(everywhere.filter((each) => each.table === table).flatMap(({ columns }) => columns))
  const columns = streamTables(comparison.world.project)
    .find(({ name }) => name === table)!
    .columns.filter(({ name }) => used.has(name))
  const texts = columns.map(({ name, type }) =>
    type === 'timestamp' ? `CAST(timezone('UTC', "${name}") AS VARCHAR) || '+00'` : `CAST("${name}" AS VARCHAR)`,
  )
  const rows = await query(comparison, `SELECT ${texts.join(', ')} FROM ${table}`)
  const filled = {
    name: table,
    columns,
    rows: rows.map((row) => row.map((value, at) => plainInput(value, columns[at]!.type))),
  }
  comparison.given.set(table, filled)
  return filled
}

const plainInput = (value: string | null, type: string) =>
  value !== null && type === 'numeric' ? String(plainValue(value, type)) : value

async function builtRows(comparison: Comparison, name: string, { columns }: CompiledModel): Promise<Rows> {
  const texts = columns.map((column) => `CAST("${column.name}" AS VARCHAR)`)
  return query(comparison, `SELECT ${texts.join(', ')} FROM models.${name}`)
}

function plainRows(rows: Rows, { columns }: CompiledModel): readonly string[] {
  return rows
    .map((row) => JSON.stringify(row.map((value, at) => plainValue(value, columns[at]?.type ?? ''))))
    .toSorted()
}

async function query({ world }: Comparison, sql: string): Promise<Rows> {
  const daybreak = await world.open()
  try {
    return (await warehouseOf(daybreak.ports, 'toast').query(sql)).rows
  } finally {
    await daybreak.close()
  }
}
