import { z } from 'zod'

// The API writes 64-bit numbers as text, and takes them back so.
const Digits = z.string().regex(/^\d+$/).exactOptional()

const StoredField = z.looseObject({
  name: z.string(),
  type: z.string(),
  mode: z.string().default('NULLABLE'),
  description: z.string().exactOptional(),
  precision: Digits,
  scale: Digits,
  maxLength: Digits,
  defaultValueExpression: z.string().exactOptional(),
})

/** A column as the API describes it. */
export type StoredField = z.infer<typeof StoredField>

/** A table as the API describes it, as far as a load depends on it. */
export const StoredTable = z.object({
  type: z.string().default('TABLE'),
  location: z.string(),
  etag: z.string(),
  schema: z.object({ fields: z.array(StoredField).default([]) }).prefault({}),
  timePartitioning: z
    .object({
      type: z.enum(['HOUR', 'DAY', 'MONTH', 'YEAR']),
      field: z.string().optional(),
      expirationMs: z.coerce.number().optional(),
    })
    .optional(),
  rangePartitioning: z.object({ field: z.string() }).optional(),
  clustering: z.object({ fields: z.array(z.string()) }).optional(),
})
export type StoredTable = z.infer<typeof StoredTable>

/** The fields by their names, which BigQuery compares without regard to case. */
export function fieldsByName({ schema }: StoredTable): ReadonlyMap<string, StoredField> {
  return new Map(schema.fields.map((field) => [field.name.toLowerCase(), field]))
}

const SQL_NAMES: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }

/** The type of a column as SQL writes it: `NUMERIC(10, 2)`, `ARRAY<STRING>`. */
export function typeText({ type, mode, precision, scale, maxLength }: StoredField): string {
  const name = SQL_NAMES[type] ?? type
  const parameters = maxLength ?? (precision === undefined ? '' : `${precision}, ${scale ?? 0}`)
  const full = parameters === '' ? name : `${name}(${parameters})`
  return mode === 'REPEATED' ? `ARRAY<${full}>` : full
}
