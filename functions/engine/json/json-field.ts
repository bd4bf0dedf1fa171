import { isList, isObject, type JsonRow } from './json-rows.ts'
import type { Json } from './parse-json.ts'

/** Between the texts of several objects around a row that have one name. */
const BETWEEN = ' > '

/** The value at a column's path of a row, as a text; null when the row has no such key. */
export function fieldOf({ item, around }: JsonRow, from: string): string | null {
  const [first = '', ...keys] = from.split('.')
  const named = around.filter(({ name }) => name === first)
  if (keys.length > 0 && first === 'parent') return textOf(find(around.at(-1)?.object ?? null, keys))
  if (keys.length === 0 || named.length === 0) return textOf(find(item, [first, ...keys]))
  const found = named.map(({ object }) => textOf(find(object, keys)))
  const texts = found.filter((text) => text !== null && text !== '')
  return found.every((text) => text === null) ? null : texts.join(BETWEEN)
}

/** The value at the end of a path, undefined when a key is absent; through a list, the list of what each member has. */
function find(value: Json, keys: readonly string[]): Json | undefined {
  const [key, ...rest] = keys
  if (key === undefined) return value
  if (isList(value)) {
    const items = value.items.map((item) => find(item, keys)).filter((item) => item !== undefined)
    return { ...value, items }
  }
  if (value === null) return null
  if (!isObject(value)) return undefined
  const inside = value.members.get(key)
  return inside === undefined ? undefined : find(inside, rest)
}

/** A text as it is, a number as it stands in the file, nothing for null, and JSON for a list or an object. */
function textOf(value: Json | undefined): string | null {
  if (value === undefined) return null
  if (value === null) return ''
  return typeof value === 'string' ? value : jsonOf(value)
}

function jsonOf(value: Json): string {
  if (isList(value)) return `[${value.items.map(jsonOf).join(',')}]`
  if (isObject(value))
    return `{${[...value.members].map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`).join(',')}}`
  return typeof value === 'object' && value !== null ? value.source : JSON.stringify(value)
}
