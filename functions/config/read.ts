import type { z } from 'zod'
import { type Explained, explainIssues } from './explain-issues.ts'
import { toJsonSchema } from './json-schema.ts'
import type { Problem } from './problem.ts'
import { readYaml, type Yaml, type YamlInput } from './yaml.ts'

/** A configuration file that was read: its value, or what is wrong with it. */
export interface Reading<T> {
  readonly file: string
  /** Null when the file has problems. */
  readonly value: T | null
  readonly problems: readonly Problem[]
  readonly problemAt: Yaml['problemAt']
}

/** A schema, or the choice of one by the value: its problems are then those of the chosen one. */
export type SchemaOf<T> = z.ZodType<T> | ((value: unknown) => z.ZodType<T>)

/** A YAML text as a value of the schema, every problem of the file at once, each at its place. Never throws. */
export function readConfig<T>(of: SchemaOf<T>, input: YamlInput): Reading<T> {
  const { value, problems, problemAt } = readYaml(input)
  const { file } = input
  if (value === null && problems.length > 0) return { file, value: null, problems, problemAt }
  const schema = typeof of === 'function' ? of(value) : of
  const parsed = schema.safeParse(value)
  if (parsed.success && problems.length === 0) return { file, value: parsed.data, problems, problemAt }
  const explained = parsed.success ? [] : explainIssues(parsed.error.issues, { value, schema: toJsonSchema(schema) })
  const found = explained.map(({ path, at, message }: Explained) => problemAt(path, message, at))
  // A variable that is not set leaves an empty text behind, and one complaint about it is enough.
  const taken = new Set(problems.map(({ line, column }) => `${line}:${column}`))
  const fresh = found.filter(({ line, column }) => !taken.has(`${line}:${column}`))
  return { file, value: null, problems: [...problems, ...fresh], problemAt }
}

/** A file that could not be read at all. */
export function unread(file: string, code: Problem['code'], message: string): Reading<never> {
  const problem: Problem = { file, line: 1, column: 1, code, message }
  return { file, value: null, problems: [problem], problemAt: (_, told) => ({ ...problem, message: told }) }
}
