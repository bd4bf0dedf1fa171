import { z } from 'zod'

/** `timeZone` for `time_zone`. */
type Camel<K> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : K

/** An object whose keys are those of the code. */
type CamelKeys<T> = { [K in keyof T as Camel<K>]: T[K] }

/**
 * A strict object of a YAML file. YAML has its keys in snake_case, and what it is parsed into has them in camelCase. Only its
 * own keys are renamed: names that a person chooses, e.g. of connections, are keys of a record and stay.
 */
export function yamlObject<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape).transform((members) => camelKeys(members))
}

function camelKeys<T extends object>(members: T): CamelKeys<T> {
  const renamed: unknown = Object.fromEntries(Object.entries(members).map(([key, member]) => [camel(key), member]))
  return renamed as CamelKeys<T>
}

const camel = (key: string): string => key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** A key of the code as YAML has it: `time_zone` for `timeZone`. */
export function yamlKey(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A parsed value with the keys of its YAML, at every depth. Names that a person chose have no capitals, so they stay. */
export function yamlWords(members: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [yamlKey(key), inYaml(member)]))
}

function inYaml(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inYaml)
  return typeof value === 'object' && value !== null ? yamlWords(value) : value
}
