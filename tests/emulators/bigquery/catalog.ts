import { z } from 'zod'
import { quoteString } from '../../../functions/sql/dialects/duckdb/quote.ts'
import type { CompiledQueries } from './compiled.ts'
import type { Database, Rows } from './database.ts'
import { notDone, Refusal } from './refusal.ts'
import { duckdbType, type Field, Schema, View } from './schema.ts'

export const TimePartitioning = z.strictObject({
  type: z.enum(['DAY', 'HOUR', 'MONTH', 'YEAR']),
  field: z.string().optional(),
  expirationMs: z.string().optional(),
  requirePartitionFilter: z.boolean().optional(),
})

/** Members that may be set of a table. All other members are refused. */
export const TableSettings = z.strictObject({
  schema: Schema,
  timePartitioning: TimePartitioning.optional(),
  clustering: z.strictObject({ fields: z.array(z.string()).max(4) }).optional(),
  requirePartitionFilter: z.boolean().optional(),
  description: z.string().optional(),
  friendlyName: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  /** Milliseconds since 1970, after which the table is not there any more. */
  expirationTime: z.string().optional(),
  view: View.optional(),
})
export type TableSettings = z.infer<typeof TableSettings>
export const TableChange = TableSettings.partial()
export type TableChange = z.infer<typeof TableChange>

export const DatasetSettings = z.strictObject({
  location: z.string().default('US'),
  description: z.string().optional(),
  friendlyName: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
})

export const DatasetChange = DatasetSettings.extend({ location: z.string().optional() })

export interface Table extends TableSettings {
  readonly dataset: string
  readonly name: string
  readonly createdAt: number
  /** Changes with every change of its settings. */
  readonly etag: number
}

export interface Dataset extends z.infer<typeof DatasetSettings> {
  readonly name: string
  readonly tables: Map<string, Table>
}

/** Datasets and tables of one project; their rows are in the database. */
export interface Catalog {
  readonly project: string
  readonly datasets: Map<string, Dataset>
  readonly database: Database
  /** Queries of models, which are run as they are compiled for DuckDB. */
  readonly queries: CompiledQueries
  now(): number
}

export interface TableRef {
  readonly dataset: string
  readonly table: string
}

/** The dataset, in the given location when there is one. @throws {Refusal} notFound. */
export function datasetOf({ project, datasets }: Catalog, name: string, location?: string): Dataset {
  const found = datasets.get(name)
  if (found && (location === undefined || found.location.toLowerCase() === location.toLowerCase())) return found
  const where = location === undefined ? '' : ` was not found in location ${location}`
  throw new Refusal('notFound', `Not found: Dataset ${project}:${name}${where}`)
}

/** @throws {Refusal} notFound. */
export function tableOf(catalog: Catalog, ref: TableRef, location?: string): Table {
  const found = datasetOf(catalog, ref.dataset, location).tables.get(ref.table)
  const isExpired = found?.expirationTime !== undefined && Number(found.expirationTime) <= catalog.now()
  if (found && !isExpired) return found
  const where = location === undefined ? '' : ` was not found in location ${location}`
  throw new Refusal('notFound', `Not found: Table ${fullName(catalog, ref)}${where}`)
}

export function fullName({ project }: Pick<Catalog, 'project'>, { dataset, table }: TableRef): string {
  return `${project}:${dataset}.${table}`
}

/** The name of a table in the database. */
export function rowsOf({ dataset, table }: TableRef): string {
  return `"${dataset.replaceAll('"', '""')}"."${table.replaceAll('"', '""')}"`
}

export async function createDataset(
  catalog: Catalog,
  name: string,
  settings: z.infer<typeof DatasetSettings>,
): Promise<Dataset> {
  if (!/^\w{1,1024}$/.test(name)) throw new Refusal('invalid', `Invalid dataset ID "${name}".`)
  if (catalog.datasets.has(name)) throw new Refusal('duplicate', `Already Exists: Dataset ${catalog.project}:${name}`)
  const made = { ...settings, name, tables: new Map() }
  catalog.datasets.set(name, made)
  await catalog.database.run(`CREATE SCHEMA "${name}"`)
  return made
}

type Run = (sql: string) => Promise<Rows>

/** @throws {Refusal} duplicate; invalid when partitioning or clustering name no column that can be. */
export async function createTable(
  catalog: Catalog,
  ref: TableRef,
  settings: TableSettings,
  run: Run = catalog.database.run,
): Promise<Table> {
  const dataset = datasetOf(catalog, ref.dataset)
  if (!/^[\p{L}\p{N}_-]{1,1024}$/u.test(ref.table)) throw new Refusal('invalid', `Invalid table ID "${ref.table}".`)
  if (dataset.tables.has(ref.table)) throw new Refusal('duplicate', `Already Exists: Table ${fullName(catalog, ref)}`)
  checkLayout(settings)
  const columns = [
    ...settings.schema.fields.map((field) => columnSql(field)),
    ...(isByIngestion(settings) ? [`"${INGESTED_ON}" DATE`] : []),
  ]
  await run(`CREATE TABLE ${rowsOf(ref)} (${columns.join(', ')})`)
  const made = { ...settings, dataset: ref.dataset, name: ref.table, createdAt: catalog.now(), etag: 1 }
  dataset.tables.set(ref.table, made)
  return made
}

/** Changes what may be changed: descriptions, labels, the filter, and nullable columns that are new. */
export async function changeTable(
  catalog: Catalog,
  table: Table,
  change: TableChange,
  run: Run = catalog.database.run,
): Promise<Table> {
  const ref = { dataset: table.dataset, table: table.name }
  const fields = change.schema?.fields ?? table.schema.fields
  checkPartitioning(table, change)
  const added = checkChange(catalog, table, fields)
  for (const field of added) await run(`ALTER TABLE ${rowsOf(ref)} ADD COLUMN ${columnSql(field)}`)
  const changed = { ...table, ...change, schema: { fields }, etag: table.etag + 1 }
  checkLayout(changed)
  datasetOf(catalog, table.dataset).tables.set(table.name, changed)
  return changed
}

/** How a table is partitioned is settled when it is made; how long partitions live is not. */
function checkPartitioning({ timePartitioning: old }: Table, { timePartitioning: now }: TableChange): void {
  if (now === undefined || (old?.type === now.type && old.field === now.field)) return
  throw new Refusal('invalid', 'Cannot convert partitioned/clustered table to one that is partitioned otherwise.')
}

function checkChange(catalog: Catalog, table: Table, fields: readonly Field[]): readonly Field[] {
  const prefix = `Provided Schema does not match Table ${fullName(catalog, { dataset: table.dataset, table: table.name })}.`
  for (const old of table.schema.fields) {
    const field = fields.find(({ name }) => name === old.name)
    if (!field) throw new Refusal('invalid', `${prefix} Field ${old.name} is missing in new schema`)
    if (field.type !== old.type)
      throw new Refusal('invalid', `${prefix} Field ${old.name} has changed type from ${old.type} to ${field.type}`)
    if (field.mode !== old.mode && field.mode !== 'NULLABLE')
      throw new Refusal('invalid', `${prefix} Field ${old.name} has changed mode from ${old.mode} to ${field.mode}`)
  }
  const added = fields.filter(({ name }) => !table.schema.fields.some((old) => old.name === name))
  const required = added.find(({ mode }) => mode === 'REQUIRED')
  if (required)
    throw new Refusal(
      'invalid',
      `${prefix} Cannot add required fields to an existing schema. (field: ${required.name})`,
    )
  return added
}

function columnSql(field: Field): string {
  return `"${field.name}" ${duckdbType(field)}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`
}

function checkLayout({ schema, timePartitioning, clustering }: TableSettings): void {
  const fields = new Map(schema.fields.map((field) => [field.name, field]))
  for (const { defaultValueExpression } of schema.fields) defaultSql(defaultValueExpression)
  const by = timePartitioning?.field
  if (by?.startsWith('_')) throw notDone(`partitioning by ${by}`)
  if (by !== undefined && fields.get(by)?.type !== 'DATE') {
    if (fields.has(by)) throw notDone(`partitioning by a ${fields.get(by)?.type} column`)
    throw new Refusal('invalid', `The field specified for partitioning cannot be found in the schema. (field: ${by})`)
  }
  for (const name of clustering?.fields ?? []) {
    if (!fields.has(name))
      throw new Refusal(
        'invalid',
        `The field specified for clustering cannot be found in the schema. Invalid field: ${name}.`,
      )
  }
}

/** Value of a column that is written nowhere. */
export function defaultSql(expression: string | undefined, now = 0): string {
  if (expression === undefined) return 'NULL'
  if (/^CURRENT_TIMESTAMP(\(\))?$/i.test(expression)) return nowSql(now)
  if (/^'[^'\\]*'$/.test(expression)) return expression
  throw notDone(`the default value ${expression}`)
}

export function nowSql(now: number): string {
  return `make_timestamptz(${Math.trunc(now) * 1000})`
}

/** The column of the database that stands for `_PARTITIONTIME`. */
export const INGESTED_ON = '_partitiontime'

/** True when rows lie in the partition of the day they came, not of what a column says. */
export function isByIngestion({ timePartitioning }: Pick<TableSettings, 'timePartitioning'>): boolean {
  return timePartitioning !== undefined && timePartitioning.field === undefined
}

/** The condition that a row is in a partition. */
export function partitionSql({ timePartitioning }: Table, date: string): string {
  return `"${timePartitioning?.field ?? INGESTED_ON}" = DATE ${quoteString(date)}`
}

/** The condition that the partition of a row has expired; null where none ever does. */
export function expiredSql({ timePartitioning }: Table, now: number): string | null {
  if (timePartitioning?.expirationMs === undefined) return null
  const column = timePartitioning.field ?? INGESTED_ON
  return `epoch_ms("${column}"::TIMESTAMP) + ${timePartitioning.expirationMs} < ${Math.trunc(now)}`
}
