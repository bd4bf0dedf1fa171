import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { quoteString } from '../../../functions/sql/dialects/duckdb/quote.ts'
import { type Catalog, datasetOf, fullName } from './catalog.ts'
import type { Rows } from './database.ts'
import { notDone, Refusal } from './refusal.ts'
import { type Field, fitsNumeric, restType, Schema } from './schema.ts'
import { checkWrite, toDestination, type Write, WriteOptions, write } from './write.ts'

/** The longest list of files that a load job takes. */
const MOST_URIS = 10_000

export const TableReference = z.strictObject({ projectId: z.string(), datasetId: z.string(), tableId: z.string() })

export const LoadConfiguration = WriteOptions.extend({
  sourceUris: z.array(z.string()),
  sourceFormat: z.literal('PARQUET', 'only PARQUET'),
  destinationTable: TableReference,
  schema: Schema.optional(),
  ignoreUnknownValues: z.boolean().default(false),
  parquetOptions: z.strictObject({ enableListInference: z.boolean().optional() }).optional(),
  decimalTargetTypes: z.array(z.enum(['NUMERIC', 'BIGNUMERIC', 'STRING'])).optional(),
}).strict()
export type LoadConfiguration = z.infer<typeof LoadConfiguration>

/** Content of a file in Cloud Storage; null when there is none of that name. */
export type Objects = (
  uri: string,
) => Uint8Array | { readonly path: string } | null | Promise<Uint8Array | { readonly path: string } | null>

export interface LoadContext {
  readonly catalog: Catalog
  readonly objects: Objects
  /** Where content without a path is put for the database to read. */
  readonly folder: string
}

export interface LoadResult {
  readonly inputFiles: number
  readonly inputFileBytes: number
  readonly outputRows: number
}

/** Problem of a load before anything is read. @throws {Refusal} */
export function checkLoad(load: LoadConfiguration): void {
  if (load.sourceUris.length === 0)
    throw new Refusal('invalid', 'Load configuration must specify at least one source URI')
  if (load.sourceUris.length > MOST_URIS)
    throw new Refusal(
      'invalid',
      `Too many source URIs specified: ${load.sourceUris.length}. The maximum is ${MOST_URIS}.`,
    )
  for (const uri of load.sourceUris) {
    if (!/^gs:\/\/[^/]+\/.+/.test(uri))
      throw new Refusal('invalid', `Source URI must be a Google Cloud Storage location: ${uri}`)
    if (uri.includes('*')) throw notDone('a `*` in a source URI')
    if (/#\d+$/.test(uri)) throw new Refusal('invalid', `Source URI must not have a generation: ${uri}`)
  }
  toDestination(load.destinationTable)
}

/** Reads the files and writes their rows, in the caller's transaction. @throws {Refusal} what the job ends with. */
export async function runLoad(
  load: LoadConfiguration,
  context: LoadContext & { readonly location: string },
  run: (sql: string) => Promise<Rows>,
): Promise<LoadResult> {
  const { catalog, location } = context
  const destination = toDestination(load.destinationTable)
  const options = { ...load, writeDisposition: load.writeDisposition ?? 'WRITE_APPEND' }
  datasetOf(catalog, destination.dataset, location)
  checkWrite(catalog, { destination, options })
  const files = await Promise.all(load.sourceUris.map((uri) => locate(uri, context)))
  const columns = await readColumns(files, run)
  const stored = datasetOf(catalog, destination.dataset).tables.get(destination.table)
  const fields = load.schema?.fields ?? fieldsOfFiles(load, columns, stored?.schema.fields)
  const job: Write = {
    destination,
    options,
    fields: fields.map((field) => ({ field, sql: valueSql(field, columns) })),
    source: sourceSql(files.map(({ path }) => path)),
    complaint: `Provided Schema does not match Table ${fullName(catalog, { dataset: destination.dataset, table: load.destinationTable.tableId })}.`,
  }
  expectKnown(load, fields, columns)
  const outputRows = await write(catalog, job, run)
  return { inputFiles: files.length, inputFileBytes: files.reduce((sum, { bytes }) => sum + bytes, 0), outputRows }
}

/** Without a schema it is that of the files, whose columns are all nullable; what the table has not is known or ignored. */
function fieldsOfFiles(
  { ignoreUnknownValues }: LoadConfiguration,
  columns: ReadonlyMap<string, Column>,
  stored: readonly Field[] | undefined,
): readonly Field[] {
  const all = [...columns.values()].map(({ field }) => field)
  if (!stored || !ignoreUnknownValues) return all
  const known = new Set(stored.map(({ name }) => name.toLowerCase()))
  return all.filter(({ name }) => known.has(name.toLowerCase()))
}

interface File {
  readonly uri: string
  readonly path: string
  readonly bytes: number
}

async function locate(uri: string, { objects, folder }: LoadContext): Promise<File> {
  const found = await objects(uri)
  if (found === null) throw new Refusal('notFound', `Not found: URI ${uri}`, uri)
  if ('path' in found) return { uri, path: found.path, bytes: 0 }
  const path = join(folder, `${createHash('sha256').update(found).digest('hex')}.parquet`)
  await writeFile(path, found)
  return { uri, path, bytes: found.byteLength }
}

interface Column {
  readonly field: Field
  readonly uri: string
  readonly physical: string
}

/** The columns of the files by name, the type being that of the first file which has them. @throws {Refusal} invalid. */
async function readColumns(
  files: readonly File[],
  run: (sql: string) => Promise<Rows>,
): Promise<ReadonlyMap<string, Column>> {
  const columns = new Map<string, Column>()
  for (const { uri, name, physical, duckdb } of await describe(files, run)) {
    const field = toField(name, duckdb, uri)
    const known = columns.get(name)
    if (known && known.field.type !== field.type) throw mismatch({ field, uri, physical }, known.field.type)
    if (!known) columns.set(name, { field, uri, physical })
  }
  return columns
}

async function describe(files: readonly File[], run: (sql: string) => Promise<Rows>) {
  const uris = new Map(files.map(({ path, uri }) => [path, uri]))
  const list = files.map(({ path }) => quoteString(path)).join(', ')
  // Nothing that is read in a transaction may fail, or all that follows does: so the files are looked at one by one first.
  const { rows } = await run(
    `SELECT file_name, name, type, duckdb_type, num_children FROM parquet_schema([${list}]) WHERE duckdb_type IS NOT NULL OR num_children IS NOT NULL`,
  ).catch(async (error: unknown) => {
    throw (await findBroken(files)) ?? error
  })
  return rows
    .filter(([, name, , , children]) => children === null || !/^(duckdb_)?schema$/.test(String(name)))
    .map(([path, name, physical, duckdb]) => ({
      uri: uris.get(String(path)) ?? '',
      name: String(name),
      physical: String(physical),
      duckdb: duckdb === null ? 'nested' : String(duckdb),
    }))
}

async function findBroken(files: readonly File[]): Promise<Refusal | null> {
  const { readFile } = await import('node:fs/promises')
  for (const { path, uri } of files) {
    const content = await readFile(path).catch(() => null)
    if (content === null) return new Refusal('notFound', `Not found: URI ${uri}`, uri)
    if (content.subarray(0, 4).toString('latin1') !== 'PAR1' || content.subarray(-4).toString('latin1') !== 'PAR1')
      return new Refusal(
        'invalid',
        `Error while reading data, error message: Input file is not in Parquet format. File: ${uri}`,
        uri,
      )
  }
  return null
}

function toField(name: string, duckdb: string, uri: string): Field {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckdb) ?? []
  if (precision !== undefined && !fitsNumeric(Number(precision), Number(scale)))
    throw new Refusal(
      'invalid',
      `Error while reading data, error message: Unsupported decimal(${precision}, ${scale}) of column '${name}': NUMERIC cannot hold it. File: ${uri}`,
      uri,
    )
  if (duckdb === 'nested') throw notDone('nested columns of a Parquet file')
  return { name, ...restType(duckdb) }
}

function valueSql(field: Field, columns: ReadonlyMap<string, Column>): string {
  const column = columns.get(field.name)
  if (!column) return 'NULL'
  if (column.field.type !== field.type) throw mismatch(column, field.type)
  return `"${field.name}"`
}

function mismatch({ field, uri, physical }: Column, target: string): Refusal {
  return new Refusal(
    'invalid',
    `Error while reading data, error message: Parquet column '${field.name}' has type ${physical} which does not match the target cpp_type ${target}. File: ${uri}`,
    uri,
  )
}

function expectKnown(
  { schema, ignoreUnknownValues }: LoadConfiguration,
  fields: readonly Field[],
  columns: ReadonlyMap<string, Column>,
): void {
  const names = new Set(fields.map(({ name }) => name))
  const [strange] = [...columns.values()].filter(({ field }) => !names.has(field.name))
  if (!strange || ignoreUnknownValues || !schema) return
  throw new Refusal(
    'invalid',
    `Error while reading data, error message: Column '${strange.field.name}' of the file is not in the schema. File: ${strange.uri}`,
    strange.uri,
  )
}

function sourceSql(paths: readonly string[]): string {
  return `read_parquet([${paths.map((path) => quoteString(path)).join(', ')}], union_by_name = true, hive_partitioning = false)`
}
