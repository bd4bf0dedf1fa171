import { patternOf } from '../adapters/files/names.ts'
import { isFileKind } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import { warehouseOf } from '../pipeline/destination.ts'
import type { Ports } from '../pipeline/ports.ts'
import { type Comparison, compareTables } from '../pipeline/tables/compare.ts'
import type { Side } from '../pipeline/tables/ports.ts'
import type { TableDefinition, TableTools } from '../pipeline/tables/tools.ts'
import { newestNumber, readNumbered, type WindowPlan } from '../pipeline/tables/window-plan.ts'
import { DUCKDB_DIGEST } from '../sql/dialects/duckdb/canonical.ts'
import { quoteIdentifier } from '../sql/dialects/duckdb/quote.ts'
import { type ConnectorOpening, openTableReader } from './connectors.ts'
import { connectionOf } from './tables.ts'

/** Project, ports and limits of a comparison. */
interface Comparing {
  readonly project: Project
  readonly ports: Ports
  readonly tools: TableTools
  readonly opening: ConnectorOpening
  /** Most keys that are named. */
  readonly most: number
}

/**
 * Compares the table of a stream at its source, as it is now, with the one at its destination, as its last window was planned.
 * @throws {DaybreakError} NOT_FOUND before the first window, USAGE_INVALID without a key.
 */
export async function compareStream(
  definition: TableDefinition,
  stream: string,
  context: Comparing,
): Promise<Comparison> {
  const { ports, tools, most } = context
  const place = { pipeline: definition.name, stream }
  const number = await newestNumber(place, 0, ports.objects)
  if (number === 0) throw new DaybreakError('NOT_FOUND', `${stream} was never read; nothing can be compared`)
  const plan = await readNumbered({ ...place, number }, ports.objects)
  if (plan.key.length === 0)
    throw new DaybreakError(
      'USAGE_INVALID',
      `${stream} has no key to compare rows by; say \`key\` in config/pipelines/${definition.name}.yaml`,
    )
  const reader = await tools.reader(definition.name)
  const { from: table, where, columns, sourceColumns: from, asText, key } = plan
  const source = reader.side({ table, where, columns, from, asText }, key)
  return await withDestination(definition, plan, context, (destination) =>
    compareTables(source, withoutDeleted(destination, definition, stream), most),
  )
}

/** Rows that are deleted softly are not compared. */
function withoutDeleted(side: Side, { config }: TableDefinition, stream: string): Side {
  const { effect, column } = config.tables[stream]?.deletes ?? { effect: 'hard', column: '' }
  if (effect !== 'soft') return side
  const { digest, dialect } = side
  return { ...side, digest: { ...digest, from: `${digest.from} WHERE ${dialect.identifier(column)} IS NULL` } }
}

async function withDestination<Result>(
  definition: TableDefinition,
  { into, columns, key, asText, strategy }: WindowPlan,
  { project, ports, opening }: Comparing,
  work: (side: Side) => Promise<Result>,
): Promise<Result> {
  const { destination } = definition.config
  const config = connectionOf(project, destination)
  if (config.kind === 'duckdb') {
    const warehouse = warehouseOf(ports, definition.name)
    const all = columns.map((column) => ({ column, value: quoteIdentifier(column.name) }))
    const digest = {
      from: `${quoteIdentifier(into.schema)}.${quoteIdentifier(into.name)}`,
      columns: all,
      key: all.filter(({ column }) => key.includes(column.name)),
    }
    return await work({ digest, dialect: DUCKDB_DIGEST, query: async (sql) => (await warehouse.query(sql)).rows })
  }
  const reader = await openTableReader(destination, config, opening)
  try {
    const name = isFileKind(config.kind)
      ? patternOf(into.name, strategy)
      : `"${into.schema}"."${into.name.replaceAll('"', '""')}"`
    const found = await reader.describe(name)
    if (found === null) throw new DaybreakError('NOT_FOUND', `${reader.name} has no table ${name}`)
    const from = columns.flatMap(({ name }) => found.columns.find((column) => column.name === name) ?? [])
    return await work(reader.side({ table: found, where: null, columns, from, asText }, key))
  } finally {
    await reader.close()
  }
}
