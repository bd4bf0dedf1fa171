import { yamlKey } from '../lib/yaml-object.ts'
import type { EnvironmentConfig } from './config.ts'
import { formatPath } from './explain-issues.ts'

// Placeholders in the environments of the checkout, for values that only a company knows.
const EXAMPLE = /example-daybreak|@example\.com$|^example$|ExampleDataExportUser|A{43}|^0+$|-0{12}\.|^0{6}-0{6}-0{6}$/

/** Places of an environment on Google Cloud whose values are still placeholders of the example. */
export function examplesIn(environment: EnvironmentConfig): readonly string[] {
  return environment.google ? walk(environment, []) : []
}

function walk(value: unknown, path: readonly (string | number)[]): readonly string[] {
  if (typeof value === 'string') return EXAMPLE.test(value) ? [formatPath(path)] : []
  if (Array.isArray(value)) return value.flatMap((each, at) => walk(each, [...path, at]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => walk(each, [...path, yamlKey(key)]))
}
