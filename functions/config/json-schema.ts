import { z } from 'zod'

/** The parts of a JSON Schema that name keys and values. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

const SHAPE: z.ZodType<JsonSchema> = z.lazy(() => z.looseObject({}))
const known = new WeakMap<z.ZodType, JsonSchema>()

/** A zod schema as JSON Schema of its input: for editors, references and messages. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const before = known.get(schema)
  if (before) return before
  const made = SHAPE.parse(z.toJSONSchema(schema, { io: 'input', reused: 'inline' }))
  known.set(schema, made)
  return made
}

/** The alternatives of a schema; itself when it has none. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema]
}

/** The schema of one member of a value, for the first alternative that has it. */
export function memberSchema(schema: JsonSchema, key: PropertyKey): JsonSchema | null {
  for (const { properties, items, prefixItems, additionalProperties } of alternatives(schema)) {
    const found =
      typeof key === 'number'
        ? (prefixItems?.[key] ?? items)
        : properties && Object.hasOwn(properties, key)
          ? properties[String(key)]
          : additionalProperties
    if (typeof found === 'object') return found
  }
  return null
}

/** Every key that a value of this schema may have. */
export function keysOf(schema: JsonSchema): readonly string[] {
  return [...new Set(alternatives(schema).flatMap(({ properties }) => Object.keys(properties ?? {})))]
}
