import type { RowStep } from '../../contract/contract.ts'
import { unreadable } from '../file/header.ts'
import type { Json, JsonObject } from './parse-json.ts'
import { placeOf } from './place.ts'

/** An object that becomes a row, and the objects around it. */
export interface JsonRow {
  readonly item: JsonObject
  /** From the outermost to the innermost; `name` is that of the step that found the object. */
  readonly around: readonly { readonly name: string | undefined; readonly object: JsonObject }[]
  /** Where the object stands, e.g. `[0].groups[2].items[5]`. */
  readonly path: string
}

interface Place extends Omit<JsonRow, 'item'> {
  readonly value: Json
  /** Name of the step that found it. */
  readonly name: string | undefined
}

/** How a walk through the file refuses what it cannot read. */
interface Walk {
  readonly steps: readonly RowStep[]
  readonly name: string
  readonly bytes: Buffer
}

/**
 * Rows in the order of the file; of a nested step an object's own rows come before those of the lists inside it. A list that is
 * absent or null is empty. @throws {DaybreakError} FILE_UNREADABLE when something other than a list or an object is there.
 */
export function* rowsOf(root: Json, walk: Walk): Generator<JsonRow> {
  for (const place of descend({ value: root, name: undefined, around: [], path: '' }, 0, walk))
    if (isObject(place.value)) yield { item: place.value, around: place.around, path: place.path }
}

function* descend(place: Place, at: number, walk: Walk): Generator<Place> {
  const step = walk.steps[at]
  if (!step) return yield place
  if (step.nested) yield* descend(place, at + 1, walk)
  for (const child of children(place, step, walk)) yield* descend(child, step.nested ? at : at + 1, walk)
}

function* children(place: Place, { list: key, as: name }: RowStep, walk: Walk): Generator<Place> {
  const { value: parent, path } = place
  const inside = key === undefined ? parent : isObject(parent) ? (parent.members.get(key) ?? null) : null
  if (inside === null && key !== undefined) return
  const listPath = key === undefined ? path : path === '' ? key : `${path}.${key}`
  if (!isList(inside)) throw wrong(listPath, { expected: 'a list', found: inside, near: parent }, walk)
  const around = isObject(parent) ? [...place.around, { name: place.name, object: parent }] : place.around
  for (const [index, value] of inside.items.entries()) {
    const own = `${listPath}[${index}]`
    if (!isObject(value)) throw wrong(own, { expected: 'an object', found: value, near: inside }, walk)
    yield { value, name, around, path: own }
  }
}

interface Wrong {
  readonly expected: string
  readonly found: Json
  /** Whose place is told where the value itself has none. */
  readonly near: Json
}

function wrong(path: string, { expected, found, near }: Wrong, { name, bytes }: Walk) {
  const placed = [found, near].find((value) => isList(value) || isObject(value))
  const place = placed && (isList(placed) || isObject(placed)) ? placeOf(bytes, placed.start) : 'line 1, column 1'
  const where = path === '' ? 'it' : `its ${path}`
  return unreadable(name, `${where} is ${kindOf(found)} where ${expected} belongs, at ${place}`)
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'a list'
  if (isObject(value)) return 'an object'
  return typeof value === 'string' ? 'a text' : typeof value === 'boolean' ? 'true or false' : 'a number'
}

/** True for `[...]`. */
export function isList(value: Json): value is Extract<Json, { readonly kind: 'list' }> {
  return typeof value === 'object' && value !== null && value.kind === 'list'
}

/** True for `{...}`. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && value.kind === 'object'
}
