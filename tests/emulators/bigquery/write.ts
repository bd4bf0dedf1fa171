import { z } from 'zod'
import {
  type Catalog,
  changeTable,
  createTable,
  datasetOf,
  defaultSql,
  expiredSql,
  fullName,
  INGESTED_ON,
  isByIngestion,
  partitionSql,
  rowsOf,
  type Table,
  type TableRef,
  TimePartitioning,
} from './catalog.ts'
import type { Rows } from './database.ts'
import { notDone, Refusal } from './refusal.ts'
import { compareSchemas, duckdbType, type Field } from './schema.ts'

/** How a load or query job writes into its destination. */
export const WriteOptions = z.object({
  createDisposition: z.enum(['CREATE_IF_NEEDED', 'CREATE_NEVER']).default('CREATE_IF_NEEDED'),
  writeDisposition: z.enum(['WRITE_TRUNCATE', 'WRITE_TRUNCATE_DATA', 'WRITE_APPEND', 'WRITE_EMPTY']).optional(),
  schemaUpdateOptions: z.array(z.enum(['ALLOW_FIELD_ADDITION', 'ALLOW_FIELD_RELAXATION'])).default([]),
  timePartitioning: TimePartitioning.optional(),
  clustering: z.strictObject({ fields: z.array(z.string()) }).optional(),
})
export type WriteOptions = z.infer<typeof WriteOptions>

export interface Write {
  readonly destination: Destination
  readonly options: WriteOptions & { readonly writeDisposition: NonNullable<WriteOptions['writeDisposition']> }
  /** Columns that are written, and which SQL of the database gives each of them. */
  readonly fields: readonly { readonly field: Field; readonly sql: string }[]
  /** Text after FROM. */
  readonly source: string
  /** How a refusal of the schema begins. */
  readonly complaint: string
}

/** A table, or with `$YYYYMMDD` behind its name one partition of it. */
export interface Destination extends TableRef {
  /** `YYYY-MM-DD` */
  readonly partition: string | null
}

/** @throws {Refusal} invalid for a decorator that is no day. */
export function toDestination({ datasetId, tableId }: { datasetId: string; tableId: string }): Destination {
  const [table = '', decorator] = tableId.split('$')
  if (decorator === undefined) return { dataset: datasetId, table, partition: null }
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(decorator) ?? []
  const date = `${year}-${month}-${day}`
  if (Number.isNaN(Date.parse(date)) || new Date(date).toISOString().slice(0, 10) !== date)
    throw new Refusal('invalid', `Invalid date partition specified: ${decorator}`)
  return { dataset: datasetId, table, partition: date }
}

/** The rules that hold before anything is read. @throws {Refusal} notFound, invalid. */
export function checkWrite(catalog: Catalog, { destination, options }: Pick<Write, 'destination' | 'options'>): void {
  const { writeDisposition, schemaUpdateOptions, createDisposition } = options
  const isReplacing =
    writeDisposition === 'WRITE_EMPTY' || (writeDisposition === 'WRITE_TRUNCATE' && destination.partition === null)
  if (schemaUpdateOptions.length > 0 && isReplacing)
    throw new Refusal(
      'invalid',
      'Schema update options should only be specified with WRITE_APPEND disposition, or with WRITE_TRUNCATE disposition on a table partition.',
    )
  const table = datasetOf(catalog, destination.dataset).tables.get(destination.table)
  if (!table && createDisposition === 'CREATE_NEVER')
    throw new Refusal('notFound', `Not found: Table ${fullName(catalog, destination)}`)
  if (!table && destination.partition !== null) throw notDone('the creation of a table by way of a partition')
  if (table && destination.partition !== null && table.timePartitioning && table.timePartitioning.type !== 'DAY')
    throw new Refusal(
      'invalid',
      `Invalid date partition specified: ${destination.partition.replaceAll('-', '')} of a table partitioned by ${table.timePartitioning.type}`,
    )
  if (table && destination.partition !== null && !table.timePartitioning)
    throw new Refusal(
      'invalid',
      `Cannot write to partition ${destination.partition.replaceAll('-', '')} of a table that is not partitioned: ${fullName(catalog, destination)}`,
    )
}

/**
 * Writes rows as the dispositions say; the caller has a transaction around it. Gives the rows written.
 * @throws {Refusal} for what BigQuery refuses.
 */
export async function write(catalog: Catalog, job: Write, run: (sql: string) => Promise<Rows>): Promise<number> {
  checkWrite(catalog, job)
  const table = await prepare(catalog, job, run)
  const given = new Map(job.fields.map(({ field, sql }) => [field.name.toLowerCase(), sql]))
  const values = table.schema.fields.map((field) => {
    const sql = given.get(field.name.toLowerCase()) ?? defaultSql(field.defaultValueExpression, catalog.now())
    return `CAST(${sql} AS ${duckdbType(field)})`
  })
  await expectFilled(table, job, run)
  const names = table.schema.fields.map(({ name }) => `"${name}"`)
  if (isByIngestion(table)) {
    names.push(`"${INGESTED_ON}"`)
    values.push(`DATE '${job.destination.partition ?? new Date(catalog.now()).toISOString().slice(0, 10)}'`)
  }
  const { changed } = await run(
    `INSERT INTO ${rowsOf(job.destination)} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${job.source}`,
  ).catch(asRefusal)
  // What is written into a partition that has expired is gone at once, and the job succeeds all the same.
  const expired = expiredSql(table, catalog.now())
  if (expired !== null) await run(`DELETE FROM ${rowsOf(job.destination)} WHERE ${expired}`)
  return changed
}

/** A value that does not fit the precision and scale of its column. */
function asRefusal(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  if (!/DECIMAL\(\d+,\d+\)|out of range/.test(message)) throw error
  throw new Refusal('invalid', `Error while reading data, error message: numeric value out of range: ${message}`)
}

async function prepare(catalog: Catalog, job: Write, run: (sql: string) => Promise<Rows>): Promise<Table> {
  const { destination, options, fields } = job
  const dataset = datasetOf(catalog, destination.dataset)
  const { timePartitioning, clustering } = options
  const settings = {
    schema: { fields: fields.map(({ field }) => field) },
    ...(timePartitioning && { timePartitioning }),
    ...(clustering && { clustering }),
  }
  const stored = dataset.tables.get(destination.table)
  if (!stored) return await createTable(catalog, destination, settings, run)
  const where = destination.partition === null ? 'TRUE' : partitionSql(stored, destination.partition)
  if (options.writeDisposition === 'WRITE_EMPTY') await expectEmpty(catalog, job, where, run)
  if (options.writeDisposition === 'WRITE_TRUNCATE' && destination.partition === null) {
    await run(`DROP TABLE ${rowsOf(destination)}`)
    dataset.tables.delete(destination.table)
    const kept = {
      ...(stored.timePartitioning && { timePartitioning: stored.timePartitioning }),
      ...(stored.clustering && { clustering: stored.clustering }),
    }
    return await createTable(catalog, destination, { ...kept, ...settings }, run)
  }
  const allow = options.schemaUpdateOptions
  const { added, relaxed } = compareSchemas(stored.schema.fields, settings.schema.fields, {
    allow,
    prefix: job.complaint,
  })
  const widened = added.length + relaxed.length === 0 ? stored : await widen(catalog, stored, { added, relaxed }, run)
  const table =
    options.writeDisposition === 'WRITE_TRUNCATE' ? describeAnew(catalog, widened, settings.schema.fields) : widened
  if (options.writeDisposition.startsWith('WRITE_TRUNCATE'))
    await run(`DELETE FROM ${rowsOf(destination)} WHERE ${where}`)
  return table
}

/** WRITE_TRUNCATE takes descriptions and policy tags from the job, also for one partition: what it does not say is lost. */
function describeAnew(catalog: Catalog, table: Table, written: readonly Field[]): Table {
  const said = new Map(written.map((field) => [field.name.toLowerCase(), field]))
  const fields = table.schema.fields.map((field) => {
    const { description, policyTags } = said.get(field.name.toLowerCase()) ?? field
    const { description: _, policyTags: __, ...kept } = field
    return { ...kept, ...(description !== undefined && { description }), ...(policyTags && { policyTags }) }
  })
  const changed = { ...table, schema: { fields }, etag: table.etag + 1 }
  datasetOf(catalog, table.dataset).tables.set(table.name, changed)
  return changed
}

async function widen(
  catalog: Catalog,
  table: Table,
  { added, relaxed }: { added: readonly Field[]; relaxed: readonly Field[] },
  run: (sql: string) => Promise<Rows>,
): Promise<Table> {
  const ref = { dataset: table.dataset, table: table.name }
  for (const { name } of relaxed) await run(`ALTER TABLE ${rowsOf(ref)} ALTER COLUMN "${name}" DROP NOT NULL`)
  const names = new Set(relaxed.map(({ name }) => name))
  const kept = table.schema.fields.map((field) =>
    names.has(field.name) ? { ...field, mode: 'NULLABLE' as const } : field,
  )
  return await changeTable(catalog, table, { schema: { fields: [...kept, ...added] } }, run)
}

async function expectEmpty(
  catalog: Catalog,
  { destination }: Write,
  where: string,
  run: (sql: string) => Promise<Rows>,
): Promise<void> {
  const { rows } = await run(`SELECT 1 FROM ${rowsOf(destination)} WHERE ${where} LIMIT 1`)
  if (rows.length > 0) throw new Refusal('duplicate', `Already Exists: Table ${fullName(catalog, destination)}`)
}

/** Rows must be in the partition that the decorator names, and have what is required. */
async function expectFilled(
  table: Table,
  { fields, source, destination }: Write,
  run: (sql: string) => Promise<Rows>,
): Promise<void> {
  const sqlOf = (name: string) =>
    fields.find(({ field }) => field.name.toLowerCase() === name.toLowerCase())?.sql ?? 'NULL'
  for (const { name, mode } of table.schema.fields) {
    if (mode !== 'REQUIRED') continue
    const { rows } = await run(`SELECT 1 FROM ${source} WHERE ${sqlOf(name)} IS NULL LIMIT 1`)
    if (rows.length > 0)
      throw new Refusal(
        'invalid',
        `Error while reading data, error message: Required column value is missing. Column: ${name}`,
      )
  }
  const by = table.timePartitioning?.field
  if (destination.partition === null || by === undefined) return
  const { rows } = await run(
    `SELECT 1 FROM ${source} WHERE ${sqlOf(by)} IS DISTINCT FROM DATE '${destination.partition}' LIMIT 1`,
  )
  if (rows.length > 0)
    throw new Refusal(
      'invalid',
      `Some rows belong to different partitions rather than destination partition ${destination.partition.replaceAll('-', '')}`,
    )
}
