import type { Synthesized } from '../synth.ts'
import { remembered } from './remembered.ts'

/** JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** One resource of one stack. */
export interface Resource {
  readonly stack: string
  readonly type: string
  readonly id: string
  readonly attributes: Readonly<Record<string, Json>>
}

/** Something that must not be deployed. */
export interface PolicyProblem {
  /** `stack/type.id`, or the stack alone. */
  readonly where: string
  readonly message: string
}

/** Every resource of every stack. The same attributes at the same place give the same object. */
export function resourcesOf(stacks: readonly Synthesized[]): readonly Resource[] {
  return stacks.flatMap(resourcesOfStack)
}

const resourcesOfStack = remembered(({ name, json }: Synthesized): readonly Resource[] =>
  Object.entries(json.resource).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, attributes]) => {
      const known = placed(attributes)
      const resource = known.get(`${name}/${type}.${id}`) ?? { stack: name, type, id, attributes }
      known.set(addressOf(resource), resource)
      return resource
    }),
  ),
)

const placed = remembered((_attributes: Synthesized['json']['resource'][string][string]) => new Map<string, Resource>())

/** `storage/google_storage_bucket.raw`. */
export function addressOf({ stack, type, id }: Resource): string {
  return `${stack}/${type}.${id}`
}

/** The value at a path such as `template.scaling.max_instance_count` or `conditions.0.display_name`. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((at, key) => {
    if (Array.isArray(at)) return at[Number(key)]
    if (isObject(at) && Object.hasOwn(at, key)) return at[key]
    return undefined
  }, value)
}

/** Text at a path; empty when there is none. */
export function textAt({ attributes }: Resource, path: string): string {
  const value = valueAt(attributes, path)
  return typeof value === 'string' ? value : ''
}

/** True for a JSON object. */
export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every text in a value, at any depth. */
export function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isObject(value) ? Object.values(value).flatMap(textsIn) : []
}
