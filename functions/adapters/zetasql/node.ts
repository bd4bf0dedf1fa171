import { z } from 'zod'

const Fields = z.record(z.string(), z.unknown())

/** A node of the tree: its kind, and the members of it and of its parents. */
export interface Node {
  /** `FunctionCall` for `resolvedFunctionCallNode`. */
  readonly kind: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The node that an `Any...Proto` holds, at any depth of its `oneof`s. @throws {TypeError} for what is no node. */
export function nodeOf(value: unknown): Node {
  const { node, ...fields } = Fields.parse(value)
  if (typeof node !== 'string') throw new TypeError(`no node of the tree: ${Object.keys(fields).join(', ')}`)
  const inner = Fields.parse(fields[node])
  return typeof inner.node === 'string' ? nodeOf(inner) : plainNode(node, inner)
}

/** A node whose kind the field says. */
export function plainNode(field: string, value: unknown): Node {
  return { kind: field.replace(/^resolved/, '').replace(/Node$/, ''), fields: withParents(Fields.parse(value)) }
}

function withParents(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { parent, ...own } = fields
  if (typeof parent !== 'object' || parent === null) return own
  return { ...withParents(Fields.parse(parent)), ...own }
}

/** A list member; none where it is absent. */
export function listOf(value: unknown): readonly unknown[] {
  return z.array(z.unknown()).nullish().parse(value) ?? []
}

/** An optional message; null where it is absent. */
export function optional(value: unknown): Readonly<Record<string, unknown>> | null {
  return Fields.nullish().parse(value) ?? null
}
