import type { TableMetadata } from '@google-cloud/bigquery'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import type { Table } from '../../pipeline/ports.ts'
import { type BigqueryColumn, bigqueryColumns, LOADS_TABLE, PARTITION_COLUMN } from '../../sql/bigquery-columns.ts'
import { type Context, call } from './call.ts'
import { tableText } from './names.ts'
import { isMissing, readProblem } from './problem.ts'

/** A table as it should be. */
interface Wanted {
  readonly schema: string
  readonly name: string
  readonly description: string
  readonly columns: readonly BigqueryColumn[]
  readonly clusterBy: readonly string[]
  readonly needsFilter: boolean
}

/** Whether tables are made here, or by those who own the project. */
export interface TableRules {
  /** False: a table that is missing, or lacks a column, is an error that says so. */
  readonly createTables: boolean
}

const ATTEMPTS = 5

/**
 * Sees to it that a table takes what the contract makes, and the table of loads beside it.
 * @throws {DaybreakError} LOAD_REJECTED when it does not, and cannot be or may not be changed so that it does.
 */
export async function ensureTable(context: Context, table: Table, rules: TableRules): Promise<void> {
  const { schema, name, description, clusterBy } = table
  const columns = bigqueryColumns(table.columns)
  await ensure(context, { schema, name, description, columns, clusterBy, needsFilter: true }, rules)
  await ensure(context, { ...LOADS_TABLE, schema }, rules)
}

async function ensure(context: Context, wanted: Wanted, { createTables }: TableRules): Promise<void> {
  const name = tableText(context.project, wanted)
  for (let attempt = 1; ; attempt++) {
    const stored = await readTable(context, wanted)
    const lacking = stored === null ? wanted.columns : compare(context, wanted, stored)
    if (lacking.length === 0) return
    if (!createTables) throw rejected(notThere(name, stored, lacking))
    // Another worker may do the same at this moment. Then the table is looked at again.
    const isDone = stored === null ? await create(context, wanted) : await widen(context, wanted, { stored, lacking })
    if (isDone) return
    if (attempt >= ATTEMPTS)
      throw new DaybreakError('WAREHOUSE_FAILED', `${name} changes faster than it can be changed`)
  }
}

function notThere(name: string, stored: Stored | null, lacking: readonly BigqueryColumn[]): string {
  const remedy = 'make it as `daybreak contract ddl` prints it (Terraform does), or set `warehouse.create_tables`'
  if (stored === null) return `table ${name} does not exist: ${remedy}`
  return `table ${name} has no column ${lacking.map((column) => column.name).join(', ')}: ${remedy}`
}

const StoredField = z.looseObject({
  name: z.string(),
  type: z.string(),
  defaultValueExpression: z.string().exactOptional(),
})
const Stored = z.object({
  location: z.string(),
  etag: z.string(),
  schema: z.object({ fields: z.array(StoredField).default([]) }).prefault({}),
  timePartitioning: z.object({ type: z.string(), field: z.string().optional() }).optional(),
})
type Stored = z.infer<typeof Stored>

async function readTable(context: Context, wanted: Wanted): Promise<Stored | null> {
  const { client, project, location } = context
  return await call(context, `look up table ${tableText(project, wanted)}`, async () => {
    try {
      const [metadata] = await client.dataset(wanted.schema).table(wanted.name).getMetadata()
      return Stored.parse(metadata)
    } catch (error) {
      const problem = readProblem(error)
      if (isMissing(problem, 'Table')) return null
      if (!isMissing(problem, 'Dataset')) throw error
      throw rejected(`dataset ${project}:${wanted.schema} does not exist; it should be in ${location}`)
    }
  })
}

/** The columns that a table lacks. @throws {DaybreakError} LOAD_REJECTED when it cannot take what the contract makes. */
function compare({ project, location }: Context, wanted: Wanted, stored: Stored): readonly BigqueryColumn[] {
  const name = tableText(project, wanted)
  if (stored.location.toLowerCase() !== location.toLowerCase())
    throw rejected(`table ${name} is in ${stored.location}, and \`warehouse.location\` is ${location}`)
  const { type, field } = stored.timePartitioning ?? {}
  if (type !== 'DAY' || field !== PARTITION_COLUMN)
    throw rejected(
      `table ${name} is not partitioned by the day of ${PARTITION_COLUMN}, so one day of it cannot be replaced`,
    )
  const fields = new Map(stored.schema.fields.map((each) => [each.name, each]))
  for (const column of wanted.columns) {
    const found = fields.get(column.name)
    if (found && column.default !== undefined && found.defaultValueExpression === undefined)
      throw rejected(`column ${column.name} of ${name} has no default value, and no load fills it: ${column.default}`)
    if (found && sqlType(found.type) !== column.type)
      throw rejected(
        `column ${column.name} of ${name} is ${sqlType(found.type)}, and the contract makes it ${column.type}`,
      )
  }
  return wanted.columns.filter((column) => !fields.has(column.name))
}

function rejected(message: string): DaybreakError {
  return new DaybreakError('LOAD_REJECTED', message)
}

/** The name in SQL of a type that the API calls otherwise. */
function sqlType(type: string): string {
  return { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }[type] ?? type
}

function toField({ name, type, description, default: value }: BigqueryColumn) {
  return { name, type, description, mode: 'NULLABLE', ...(value !== undefined && { defaultValueExpression: value }) }
}

/** False when somebody else has made the table meanwhile. */
async function create(context: Context, wanted: Wanted): Promise<boolean> {
  const { client, project } = context
  const metadata: TableMetadata = {
    schema: { fields: wanted.columns.map(toField) },
    description: wanted.description,
    timePartitioning: { type: 'DAY', field: PARTITION_COLUMN },
    clustering: { fields: wanted.clusterBy.slice(0, 4) },
    // Nobody should read years of days by accident.
    requirePartitionFilter: wanted.needsFilter,
  }
  return await call(context, `make table ${tableText(project, wanted)}`, () =>
    client
      .dataset(wanted.schema)
      .createTable(wanted.name, metadata)
      .then(() => true, unless(409)),
  )
}

/** False when somebody else has changed the table meanwhile. */
async function widen(
  context: Context,
  wanted: Wanted,
  { stored, lacking }: { readonly stored: Stored; readonly lacking: readonly BigqueryColumn[] },
): Promise<boolean> {
  const { client, project } = context
  const table = client.dataset(wanted.schema).table(wanted.name)
  const fields = [...stored.schema.fields, ...lacking.map(toField)]
  return await call(context, `add columns to ${tableText(project, wanted)}`, () =>
    // Whoever was faster has added columns of theirs, which this list would remove: that is a 400.
    table.setMetadata({ schema: { fields } }).then(() => true, unless(400)),
  )
}

function unless(status: number): (error: unknown) => false {
  return (error) => {
    if (readProblem(error).status === status) return false
    throw error
  }
}
