import { z } from 'zod'

/** Schema of an answer, as BigQuery writes it. */
export const Schema = z.object({
  fields: z.array(z.object({ name: z.string(), type: z.string(), mode: z.string().default('NULLABLE') })).default([]),
})
/** Column of an answer. */
export type Field = z.infer<typeof Schema>['fields'][number]

const Item = z.object({ v: z.unknown().optional() })
/** Row of an answer, as BigQuery writes it. */
export const Row = z.object({ f: z.array(Item) })

/** A value as DuckDB prints it, so that people see one kind of text; null stays null. Lists and records become JSON. */
export function toText(value: unknown, { type, mode }: Pick<Field, 'type' | 'mode'>): string | null {
  if (value === null || value === undefined) return null
  if (typeof value !== 'string') return JSON.stringify(plain(value, { type, mode }))
  if (type === 'TIMESTAMP') return timestampText(value)
  if (type === 'DATETIME') return fraction(value.replace('T', ' '))
  if (type === 'TIME') return fraction(value)
  return value
}

function plain(value: unknown, { type, mode }: Pick<Field, 'type' | 'mode'>): unknown {
  if (mode !== 'REPEATED') return value
  return z
    .array(Item)
    .parse(value)
    .map(({ v }) => toText(v, { type, mode: 'NULLABLE' }))
}

/** Microseconds since 1970 as `2026-01-05 09:30:00.5+00`. */
function timestampText(micros: string): string {
  const count = BigInt(micros)
  const rest = ((count % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = Number((count - rest) / 1_000_000n)
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return `${fraction(`${text}.${String(rest).padStart(6, '0')}`)}+00`
}

/** Without the zeros that end a fraction of a second, and without a fraction of nothing. */
function fraction(text: string): string {
  return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
}

/** A decimal with as many places as its column has; more are kept. */
export function toScale(text: string, scale: number): string {
  const [whole = '0', places = ''] = text.split('.')
  return scale === 0 && places === '' ? whole : `${whole}.${places.padEnd(scale, '0')}`
}
