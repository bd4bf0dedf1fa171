import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import type { ColumnType } from '../../functions/contract/contract.ts'
import { type CompiledModel, fillHoles } from '../../functions/models/compiled.ts'
import { lineageGraph } from '../../functions/models/lineage/graph.ts'
import { traceLineage } from '../../functions/models/lineage/trace.ts'
import { inBuildOrder } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT } from '../support/world.ts'

const DATE = '2025-02-05'
const LOCATIONS = [
  { id: '185001', name: 'East', time_zone: 'America/New_York' },
  { id: '185002', name: 'West', time_zone: 'America/New_York' },
]

/** Other values of a column, as SQL: each changes what is there. */
const CHANGES: Readonly<Record<ColumnType, readonly string[]>> = {
  string: ["C || 'x'", 'NULL'],
  int64: ['C + 1', 'NULL'],
  numeric: ['C + 1', 'NULL'],
  float64: ['C + 1', 'NULL'],
  bool: ['NOT C', 'NULL'],
  date: ['C + 1', 'NULL'],
  time: ["C + INTERVAL '3 hours'", 'NULL'],
  datetime: ["C + INTERVAL '3 hours'", 'NULL'],
  timestamp: ["C + INTERVAL '3 hours'", 'NULL'],
}

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  ...{ string: 'VARCHAR', int64: 'BIGINT', numeric: 'DECIMAL(38,9)', float64: 'DOUBLE', bool: 'BOOLEAN' },
  ...{ date: 'DATE', time: 'TIME', datetime: 'TIMESTAMP', timestamp: 'TIMESTAMPTZ' },
}

const quoted = (text: string | null) => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`)

/** Streams of one night in a DuckDB of this process, as base.<stream>. */
async function openStreams(streams: readonly string[]) {
  const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  onTestFinished(() => transformer.close())
  const world = await createWorld({ now: at('2025-02-06T20:00:00Z'), transformer, locations: LOCATIONS })
  onTestFinished(() => world.close())
  for (const { id, name, time_zone: timeZone } of LOCATIONS) {
    const location = { id, name, timeZone, closeoutHour: 4 }
    for (const file of generateNight({
      seed: 5,
      date: DATE,
      profile: 'restaurant',
      scale: 0.1,
      closed: false,
      location,
    }))
      await world.write(`${id}/${DATE.replaceAll('-', '')}/${file.name}`, file.bytes)
  }
  await world.run({ scope: { windows: [DATE] } })
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  onTestFinished(() => connection.closeSync())
  await connection.run('CREATE SCHEMA base; CREATE SCHEMA toast; CREATE SCHEMA models')
  const daybreak = await world.open()
  const warehouse = warehouseOf(daybreak.ports, 'toast')
  const counts = new Map<string, number>()
  for (const stream of streams) {
    const columns = graphOf(world.project.contracts).nodes.get(`toast.${stream}`)?.columns ?? []
    const typed = columns.map(({ name, type }) => `"${name}" ${SQL_TYPES[type ?? 'string']}`).join(', ')
    await connection.run(`CREATE TABLE base."${stream}" (${typed})`)
    const list = columns.map(({ name }) => `CAST("${name}" AS VARCHAR)`).join(', ')
    const { rows } = await warehouse.query(`SELECT ${list} FROM toast."${stream}"`).catch(() => ({ rows: [] }))
    counts.set(stream, rows.length)
    if (rows.length > 0)
      await connection.run(
        `INSERT INTO base."${stream}" VALUES ${rows.map((row) => `(${row.map(quoted).join(', ')})`).join(', ')}`,
      )
    await connection.run(`CREATE VIEW toast."${stream}" AS SELECT * FROM base."${stream}"`)
  }
  await daybreak.close()
  return { connection, contracts: world.project.contracts, counts }
}

const { models: compiled } = await readCompiledModels(ROOT)
const models = new Map(Object.entries(compiled))

type Contracts = Awaited<ReturnType<typeof createWorld>>['project']['contracts']

function graphOf(contracts: Contracts, of = models) {
  const streams = [...contracts].flatMap(([pipeline, own]) =>
    [...own.values()].map((contract) => ({ pipeline, contract })),
  )
  return lineageGraph({ streams, models: of, exposures: [] })
}

interface Changed {
  readonly node: string
  readonly column: string
  readonly model: string
  readonly own: string
}

/** Changes that a graph does not name. */
function unnamedBy(graph: ReturnType<typeof graphOf>, changes: readonly Changed[]): readonly string[] {
  const lost = changes.filter(({ node, column, model, own }) => {
    const { met } = traceLineage(graph, { node, column, direction: 'downstream', depth: 99 })
    return !met.get(`models.${model}`)?.has(own)
  })
  return [...new Set(lost.map(({ node, column, model, own }) => `${node}.${column} > ${model}.${own}`))]
}

/** Builds models as tables, and gives a hash of all values of each of their columns. */
async function build(connection: DuckDBConnection, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>()
  for (const name of names) {
    const model = models.get(name) as Exclude<CompiledModel, { kind: 'script' }>
    const sql = fillHoles(model.sql.duckdb, (hole) => model.references.find((each) => each.hole === hole)?.table ?? '')
    await connection.run(`CREATE OR REPLACE TABLE models."${name}" AS ${sql}`)
    const sums = model.columns.map(
      (column) => `SUM(hash("${column.name}")::HUGEINT)::VARCHAR || COUNT("${column.name}")`,
    )
    const row = (await connection.runAndReadAll(`SELECT ${sums.join(', ')} FROM models."${name}"`)).getRows()[0] ?? []
    model.columns.forEach((column, at) => void hashes.set(`models.${name}.${column.name}`, String(row[at])))
  }
  return hashes
}

it('changes nothing but what lineage names, when one column of a stream is another one', async () => {
  const order = inBuildOrder(models).filter((name) => models.get(name)?.kind !== 'script')
  const read = [...models.values()].flatMap(({ references }) => references)
  const streams = [
    ...new Set(read.flatMap(({ table }) => (table.startsWith('toast.') ? [table.slice('toast.'.length)] : []))),
  ]
  const { connection, contracts, counts } = await openStreams(streams)
  const graph = graphOf(contracts)
  const before = await build(connection, order)
  const changes: Changed[] = []
  let altered = 0
  for (const stream of streams) {
    if (counts.get(stream) === 0) continue
    const node = `toast.${stream}`
    const behind = order.filter((name) =>
      traceLineage(graph, { node, column: null, direction: 'downstream', depth: 99 }).met.has(`models.${name}`),
    )
    for (const { name: column, type } of graph.nodes.get(node)?.columns ?? []) {
      if (!read.some((reference) => reference.table === node && reference.columns.includes(column))) continue
      for (const change of CHANGES[type ?? 'string']) {
        const value = `CAST(${change.replace('C', () => `"${column}"`)} AS ${SQL_TYPES[type ?? 'string']})`
        await connection.run(
          `CREATE OR REPLACE VIEW toast."${stream}" AS SELECT * REPLACE (${value} AS "${column}") FROM base."${stream}"`,
        )
        altered++
        for (const [name, hash] of await build(connection, behind)) {
          if (hash === before.get(name)) continue
          const [, model = '', own = ''] = name.split('.')
          changes.push({ node, column, model, own })
        }
      }
    }
    await connection.run(`CREATE OR REPLACE VIEW toast."${stream}" AS SELECT * FROM base."${stream}"`)
    await build(connection, behind)
  }
  expect(unnamedBy(graph, changes)).toEqual([])
  expect(altered).toBeGreaterThan(100)
  expect(changes.length).toBeGreaterThan(500)

  // A graph that lacks one edge is found out.
  const facts = models.get('order_facts')
  if (!facts) throw new TypeError('order_facts is shipped')
  const columns = { ...facts.lineage.columns, net_sales: [] }
  const lacking = graphOf(
    contracts,
    new Map([...models, ['order_facts', { ...facts, lineage: { ...facts.lineage, columns } }]]),
  )
  expect(unnamedBy(lacking, changes)).toContain('toast.order_details.amount > order_facts.net_sales')
}, 300_000)
