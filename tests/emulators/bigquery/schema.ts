import { z } from 'zod'
import { notDone, Refusal } from './refusal.ts'

/** Types by the names that the REST API answers with; requests may use those of SQL as well. */
const REST_NAMES: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  DECIMAL: 'NUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
}

const DUCKDB: Readonly<Record<string, string>> = {
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  INTEGER: 'BIGINT',
  FLOAT: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  NUMERIC: 'DECIMAL(38,9)',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'TIMESTAMP',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
}

// int64 of the REST API: text, also when a number was sent.
const Digits = z.coerce.string().regex(/^\d+$/)

export const Field = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,299}$/),
  type: z.string().transform((type) => REST_NAMES[type.toUpperCase()] ?? type.toUpperCase()),
  mode: z.enum(['NULLABLE', 'REQUIRED', 'REPEATED']).default('NULLABLE'),
  description: z.string().max(1024).optional(),
  defaultValueExpression: z.string().optional(),
  policyTags: z.strictObject({ names: z.array(z.string()) }).optional(),
  ...{ precision: Digits.optional(), scale: Digits.optional(), maxLength: Digits.optional() },
})
export type Field = z.infer<typeof Field>

/** The query of a view. */
export const View = z.strictObject({ query: z.string(), useLegacySql: z.literal(false) })
export type View = z.infer<typeof View>

export const Schema = z.strictObject({ fields: z.array(Field).max(10_000) })

/** The type of a column in DuckDB, which keeps the rows. */
export function duckdbType({ type, mode, precision, scale = '0' }: Omit<Field, 'name'>): string {
  const known = type === 'NUMERIC' && precision !== undefined ? `DECIMAL(${precision},${scale})` : DUCKDB[type]
  if (known === undefined) throw notDone(`columns of type ${type}`)
  return mode === 'REPEATED' ? `${known}[]` : known
}

/** The type that a value of DuckDB has in BigQuery. */
export function restType(duckdb: string): Pick<Field, 'type' | 'mode'> {
  if (duckdb.endsWith('[]')) return { type: restType(duckdb.slice(0, -2)).type, mode: 'REPEATED' }
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(duckdb)) return { type: 'INTEGER', mode: 'NULLABLE' }
  if (/^(FLOAT|DOUBLE)$/.test(duckdb)) return { type: 'FLOAT', mode: 'NULLABLE' }
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckdb) ?? []
  if (precision !== undefined)
    return { type: fitsNumeric(Number(precision), Number(scale)) ? 'NUMERIC' : 'BIGNUMERIC', mode: 'NULLABLE' }
  const [type] = Object.entries(DUCKDB).find(([, name]) => name === duckdb) ?? []
  if (type === undefined) throw notDone(`values of the type ${duckdb}`)
  return { type, mode: 'NULLABLE' }
}

/** NUMERIC has 29 digits before the point and nine after it. */
export function fitsNumeric(precision: number, scale: number): boolean {
  return scale <= 9 && precision - scale <= 29
}

export interface SchemaChange {
  readonly added: readonly Field[]
  readonly relaxed: readonly Field[]
}

/**
 * What writing these fields would change in a table.
 * @throws {Refusal} invalid, in BigQuery's words, for a change that no option allows, or that none was given for.
 */
export function compareSchemas(
  table: readonly Field[],
  written: readonly Field[],
  { allow, prefix }: { allow: readonly string[]; prefix: string },
): SchemaChange {
  const stored = new Map(table.map((field) => [field.name.toLowerCase(), field]))
  const added = written.filter(({ name }) => !stored.has(name.toLowerCase()))
  const [first] = added
  if (first && !allow.includes('ALLOW_FIELD_ADDITION'))
    throw new Refusal('invalid', `${prefix} Cannot add fields (field: ${first.name})`)
  const relaxed: Field[] = []
  for (const field of written) {
    const old = stored.get(field.name.toLowerCase())
    if (!old) continue
    if (old.type !== field.type)
      throw new Refusal('invalid', `${prefix} Field ${field.name} has changed type from ${old.type} to ${field.type}`)
    if (old.mode === field.mode) continue
    if (!(old.mode === 'REQUIRED' && field.mode === 'NULLABLE') || !allow.includes('ALLOW_FIELD_RELAXATION'))
      throw new Refusal('invalid', `${prefix} Field ${field.name} has changed mode from ${old.mode} to ${field.mode}`)
    relaxed.push(field)
  }
  const missing = table.find(
    ({ name, mode, defaultValueExpression }) =>
      mode === 'REQUIRED' &&
      defaultValueExpression === undefined &&
      !written.some((field) => field.name.toLowerCase() === name.toLowerCase()),
  )
  if (missing) throw new Refusal('invalid', `${prefix} Missing required field: ${missing.name}`)
  return { added, relaxed }
}
