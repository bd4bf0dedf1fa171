import type { TableMetadata } from '@google-cloud/bigquery'
import { DaybreakError } from '../../errors.ts'
import type { Table } from '../../pipeline/destination.ts'
import { type BigqueryColumn, bigqueryColumns, LOADS_TABLE } from '../../sql/dialects/bigquery/columns.ts'
import { type Context, call } from './call.ts'
import { readProblem } from './errors.ts'
import { lackingColumns, misfits, type WantedTable } from './misfit.ts'
import { tableText } from './names.ts'
import { readTable } from './read-table.ts'
import type { StoredTable } from './stored-table.ts'

interface Wanted extends WantedTable {
  readonly description: string
  readonly clusterBy: readonly string[]
  readonly needsFilter: boolean
}

/** Says if Daybreak makes tables, or the owners of the project do. */
interface TableRules {
  /** False: a table that is missing, or lacks a column, is an error that says so. */
  readonly createTables: boolean
}

const ATTEMPTS = 5

/** Facts of a table that matter to each of its loads. */
export interface TableFacts {
  /** Milliseconds after which BigQuery deletes a partition; null for never. */
  readonly expiration: number | null
}

/**
 * Ensures that a table takes what the contract makes, and the table of loads with it.
 * @throws {DaybreakError} LOAD_REJECTED when it does not, and cannot be or may not be changed so that it does.
 */
export async function ensureTable(context: Context, table: Table, rules: TableRules): Promise<TableFacts> {
  const { schema, name, description, clusterBy, partitionColumn: partitionBy } = table
  const [columns, typed] = [bigqueryColumns(table.columns), table.columns]
  const facts = await ensure(
    context,
    { schema, name, description, columns, typed, clusterBy, partitionBy, needsFilter: partitionBy !== null },
    rules,
  )
  await ensure(context, { ...LOADS_TABLE, typed: [], schema }, rules)
  return facts
}

/** Ensures the table of a model. Daybreak makes it in every environment, because each version of a model has a table of its own. */
export async function ensureModelTable(context: Context, table: Table): Promise<void> {
  await ensure(context, modelTable(table), { createTables: true })
}

/** Makes a staging table that BigQuery deletes at an instant. Nothing if it is there. */
export async function makeStaging(context: Context, table: Table, expiresAt: number): Promise<void> {
  await create(context, modelTable(table), { expirationTime: String(expiresAt) })
}

function modelTable({ schema, name, description, columns: typed, clusterBy, partitionColumn: partitionBy }: Table) {
  const columns = bigqueryColumns(typed)
  return { schema, name, description, columns, typed, clusterBy, partitionBy, needsFilter: false }
}

async function ensure(context: Context, wanted: Wanted, { createTables }: TableRules): Promise<TableFacts> {
  const name = tableText(context.project, wanted)
  for (let attempt = 1; ; attempt++) {
    const stored = await readTable(context, wanted)
    const lacking = stored === null ? wanted.columns : compare(context, wanted, stored)
    if (stored !== null && lacking.length === 0) return factsOf(context, wanted, stored)
    if (!createTables) throw rejected(notThere(name, stored, lacking))
    // Another worker may do the same at this moment. Then the table is looked at again.
    const isDone = stored === null ? await create(context, wanted) : await widen(context, wanted, { stored, lacking })
    if (isDone) return stored === null ? { expiration: null } : factsOf(context, wanted, stored)
    if (attempt >= ATTEMPTS)
      throw new DaybreakError('WAREHOUSE_FAILED', `${name} changes faster than it can be changed`)
  }
}

/** Throws for what would fail; gives the columns that can be added. */
function compare({ project, location }: Context, wanted: Wanted, stored: StoredTable): readonly BigqueryColumn[] {
  const found = misfits({ project, location, wanted, stored })
  if (found.length > 0) throw rejected(found.join('; '))
  return lackingColumns(wanted, stored)
}

/** Another clustering makes queries dearer and no load fail, so it is reported and nothing more. */
function factsOf({ log, project }: Context, wanted: Wanted, stored: StoredTable): TableFacts {
  const [mine, theirs] = [wanted.clusterBy.slice(0, 4), stored.clustering?.fields ?? []].map((names) => names.join(','))
  const name = tableText(project, wanted)
  if (mine?.toLowerCase() !== theirs?.toLowerCase())
    log({
      severity: 'WARNING',
      message: `Table ${name} is clustered by ${theirs || 'nothing'}, the contract says ${mine}: bq update --clustering_fields=${mine} ${name}`,
    })
  return { expiration: stored.timePartitioning?.expirationMs ?? null }
}

function notThere(name: string, stored: StoredTable | null, lacking: readonly BigqueryColumn[]): string {
  const remedy =
    'make it as `daybreak contract ddl STREAM` prints it (Terraform does), or set `warehouse.create_tables`'
  if (stored === null) return `table ${name} does not exist: ${remedy}`
  return `table ${name} has no column ${lacking.map((column) => column.name).join(', ')}: ${remedy}`
}

function rejected(message: string): DaybreakError {
  return new DaybreakError('LOAD_REJECTED', message)
}

function toField({ name, type, description, default: value }: BigqueryColumn) {
  return { name, type, description, mode: 'NULLABLE', ...(value !== undefined && { defaultValueExpression: value }) }
}

/** False when another worker has made the table meanwhile. */
async function create(context: Context, wanted: Wanted, more: TableMetadata = {}): Promise<boolean> {
  const { client, project } = context
  const metadata: TableMetadata = {
    schema: { fields: wanted.columns.map(toField) },
    description: wanted.description,
    ...(wanted.partitionBy !== null && { timePartitioning: { type: 'DAY', field: wanted.partitionBy } }),
    ...(wanted.clusterBy.length > 0 && { clustering: { fields: wanted.clusterBy.slice(0, 4) } }),
    ...more,
    // Otherwise a query reads years of days by accident.
    requirePartitionFilter: wanted.needsFilter,
  }
  return await call(context, `make table ${tableText(project, wanted)}`, () =>
    client
      .dataset(wanted.schema)
      .createTable(wanted.name, metadata)
      .then(() => true, unless(409)),
  )
}

/** False when another worker has changed the table meanwhile. */
async function widen(
  context: Context,
  wanted: Wanted,
  { stored, lacking }: { readonly stored: StoredTable; readonly lacking: readonly BigqueryColumn[] },
): Promise<boolean> {
  const { client, project } = context
  const table = client.dataset(wanted.schema).table(wanted.name)
  const fields = [...stored.schema.fields, ...lacking.map(toField)]
  return await call(context, `add columns to ${tableText(project, wanted)}`, () =>
    // A faster worker has added its own columns, which this list would remove: that is a 400.
    table.setMetadata({ schema: { fields } }).then(() => true, unless(400)),
  )
}

function unless(status: number): (error: unknown) => false {
  return (error) => {
    if (readProblem(error).status === status) return false
    throw error
  }
}
