import type { Deployment } from '../deployment.ts'
import { isObject, type Json, type Resource } from './resource.ts'

/** Expectation of a setting: a word for the message, and the test. */
export interface Expectation {
  readonly words: string
  holds(value: Json | undefined, context: Context): boolean
}

/** Resource that is checked, and its deployment. */
export interface Context {
  readonly resource: Resource
  readonly deployment: Deployment
}

/** By type, or by type and id where one resource differs: what the value at each path must be. */
export type Settings = Readonly<Record<string, Readonly<Record<string, Expectation>>>>

/** Exactly this, at any depth. */
export function is(expected: Json): Expectation {
  return { words: JSON.stringify(expected), holds: (value) => isEqual(value, expected) }
}

/** Exactly what the deployment says; `undefined` means absent. */
export function as(expected: (deployment: Deployment, resource: Resource) => Json | undefined): Expectation {
  return {
    words: 'what the environment file says',
    holds: (value, { deployment, resource }) => isEqual(value, expected(deployment, resource)),
  }
}

/** A text of this form. */
export function like(pattern: RegExp): Expectation {
  return { words: `like ${pattern.source}`, holds: (value) => typeof value === 'string' && pattern.test(value) }
}

/** A list that names exactly these, in any order. */
export function listOf(expected: readonly Json[]): Expectation {
  const sorted = (list: readonly Json[]) =>
    list
      .map((each) => JSON.stringify(each))
      .toSorted()
      .join()
  return {
    words: `the list ${JSON.stringify(expected)}`,
    holds: (value) => Array.isArray(value) && sorted(value) === sorted(expected),
  }
}

/** The same, of what the deployment says. */
export function listAs(expected: (deployment: Deployment) => readonly Json[]): Expectation {
  return {
    words: 'the list that the environment file says',
    holds: (value, context) => listOf(expected(context.deployment)).holds(value, context),
  }
}

/** An object with exactly these keys and any values. */
export function keys(expected: readonly string[]): Expectation {
  return {
    words: `with the keys ${expected.join(', ')}`,
    holds: (value) => isObject(value) && Object.keys(value).toSorted().join() === expected.toSorted().join(),
  }
}

/** True for two values that say the same; the order of keys says nothing. */
export function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => isEqual(each, other[at]))
  }
  if (!isObject(one) || !isObject(other)) return one === other
  const keysOfOne = Object.keys(one)
  return (
    keysOfOne.length === Object.keys(other).length &&
    keysOfOne.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  )
}
