import { z } from 'zod'
import { isObject, type Json } from '../../../infra/policy/resource.ts'
import type { ResourceAttributes, Synthesized } from '../../../infra/synth.ts'

/** A deployment with one thing removed or weakened. */
export interface Mutant {
  readonly name: string
  /** Type of the resource and path of the setting, without list positions. */
  readonly setting: string
  readonly stacks: readonly Synthesized[]
}

/** Every mutant: each resource removed, each setting at any depth removed, and changed. */
export function* mutantsOf(stacks: readonly Synthesized[]): Generator<Mutant> {
  for (const [at, stack] of stacks.entries()) {
    const replaced = (resource: Synthesized['json']['resource']) =>
      stacks.with(at, { ...stack, json: { ...stack.json, resource } })
    for (const [type, byId] of Object.entries(stack.json.resource)) {
      for (const [id, attributes] of Object.entries(byId)) {
        const address = `${stack.name}/${type}.${id}`
        const others = Object.fromEntries(Object.entries(byId).filter(([each]) => each !== id))
        yield {
          name: `${address} is gone`,
          setting: type,
          stacks: replaced({ ...stack.json.resource, [type]: others }),
        }
        for (const { path, value, how } of changesOf(attributes)) {
          const mutated = { ...stack.json.resource, [type]: { ...byId, [id]: value } }
          const setting = `${type}.${path.filter((key) => !/^\d+$/.test(key)).join('.')}`
          yield { name: `${address}: ${path.join('.')} ${how}`, setting, stacks: replaced(mutated) }
        }
      }
    }
  }
}

const Attributes = z.record(z.string(), z.json())

interface Change {
  readonly path: readonly string[]
  readonly how: string
  readonly value: ResourceAttributes
}

/** Every way to take one thing out of a value, or to make it something else. */
function* changesOf(value: ResourceAttributes): Generator<Change> {
  for (const { path, how, json } of walk(value)) {
    yield { path, how, value: Attributes.parse(json) }
  }
}

interface Walked {
  readonly path: readonly string[]
  readonly how: string
  readonly json: Json
}

function* walk(value: Json): Generator<Walked> {
  if (Array.isArray(value)) {
    for (const [at, member] of value.entries()) {
      yield { path: [String(at)], how: 'removed', json: value.toSpliced(at, 1) }
      for (const deep of walk(member))
        yield { ...deep, path: [String(at), ...deep.path], json: value.with(at, deep.json) }
    }
    return
  }
  if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      const rest = Object.fromEntries(Object.entries(value).filter(([each]) => each !== key))
      yield { path: [key], how: 'removed', json: rest }
      for (const deep of walk(member))
        yield { ...deep, path: [key, ...deep.path], json: { ...value, [key]: deep.json } }
    }
    return
  }
  for (const weaker of weakened(value)) yield { path: [], how: `= ${JSON.stringify(weaker)}`, json: weaker }
}

function weakened(value: Json): readonly Json[] {
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'number') return [value === 0 ? 1 : 0, value * 10 + 1]
  if (typeof value === 'string' && value.startsWith('[{"name"')) return [withoutOneColumn(value), 'x']
  return value === '' ? ['x'] : ['x', '']
}

function withoutOneColumn(schema: string): string {
  const columns: readonly Json[] = JSON.parse(schema)
  return JSON.stringify(columns.slice(1))
}
