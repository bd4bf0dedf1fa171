import type { z } from 'zod'
import { closestTo, didYouMean } from '../lib/did-you-mean.ts'
import { alternatives, type JsonSchema, keysOf, memberSchema } from './json-schema.ts'
import { SECRET_FORM } from './scalars.ts'
import type { Path } from './yaml.ts'

type Issue = z.core.$ZodIssue

/** One problem of a value, in words for the author of the file. */
export interface Explained {
  readonly path: Path
  /** The wrong half of the entry: its key or its value. */
  readonly at: 'key' | 'value'
  readonly message: string
}

/** YAML value, and the JSON Schema that it was checked with. */
export interface Parsed {
  readonly value: unknown
  readonly schema: JsonSchema
}

/** Issues of zod as sentences: each quotes the value, says what was expected, and suggests the nearest name. */
export function explainIssues(issues: readonly Issue[], { value, schema }: Parsed): readonly Explained[] {
  return issues.flatMap((issue) => explain(issue, { path: [], value, schema }))
}

/** A place in the value, and what the schema says there. */
interface Place extends Parsed {
  readonly path: Path
}

function explain(issue: Issue, from: Place): readonly Explained[] {
  const place = issue.path.reduce(follow, from)
  const told = (message: string, at: 'key' | 'value' = 'value'): readonly Explained[] => [
    { path: place.path, at, message: `${formatPath(place.path)} ${message}` },
  ]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, place))
    case 'invalid_union':
      return explainUnion(issue, place)
    case 'invalid_key':
      return told(`is no name: ${issue.issues[0]?.message ?? issue.message}`, 'key')
    case 'invalid_type':
      return told(typeMessage(issue.expected, place))
    case 'invalid_value':
      return told(choiceMessage(place.value, issue.values.map(String)))
    case 'too_small':
    case 'too_big':
      return told(`${quoted(place)}; ${sizeMessage(issue)}`)
    case 'invalid_format':
      return told(`${quoted(place)}; ${formatMessage(issue)}`)
    default:
      return told(`${quoted(place)}; ${issue.message}`)
  }
}

function follow({ path, value, schema }: Place, key: PropertyKey): Place {
  return { path: [...path, key], value: memberOf(value, key), schema: memberSchema(schema, key) ?? {} }
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return new Map(Object.entries(value)).get(String(key))
}

/** `columns[3].type`; `the file` at the top. */
export function formatPath(path: Path): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return text === '' ? 'the file' : text.replace(/^\./, '')
}

function unknownKey(key: string, { path, schema }: Place): Explained {
  const keys = keysOf(schema)
  const meant = didYouMean(key, keys) || (keys.length > 0 && keys.length <= 8 ? ` Known: ${keys.join(', ')}.` : '')
  return { path: [...path, key], at: 'key', message: `${formatPath(path)} has an unknown key \`${key}\`.${meant}` }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'keys and values',
  record: 'keys and values',
}

function typeMessage(expected: string, place: Place): string {
  const { value } = place
  const wanted = NOUNS[expected] ?? expected
  if (value === undefined) return `is missing; expected ${wanted}`
  if (value === null) return `is empty; expected ${wanted}`
  const quote = expected === 'string' && typeof value !== 'object' ? '; put it in quotes' : ''
  return `${quoted(place)}; expected ${wanted}${quote}`
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'keys and values'
  if (typeof value === 'string') return `"${shortened(value)}"`
  return `the ${typeof value} ${String(value)}`
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Values that may be secret stay out of messages. */
const UNQUOTED: ReadonlySet<PropertyKey> = new Set(['private_key', 'passphrase', 'password', 'hash_key'])

function quoted({ path, value, schema }: Place): string {
  return path.some((key) => UNQUOTED.has(key)) || schema.pattern === SECRET_FORM.source
    ? 'is refused'
    : `is ${describe(value)}`
}

function choiceMessage(value: unknown, choices: readonly string[]): string {
  const wanted = choices.length === 1 ? choices[0] : `one of ${choices.join(', ')}`
  if (value === undefined) return `is missing; expected ${wanted}`
  return `is ${value === null ? 'empty' : describe(value)}; expected ${wanted}.${didYouMean(String(value), choices)}`
}

function sizeMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (issue.code === 'too_small' && issue.minimum === 1 && issue.origin !== 'number') return 'it must not be empty'
  const [bound, limit] = issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum]
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' elements' : ''
  const exclusive = issue.inclusive === false ? ', that excluded' : ''
  return `expected ${bound} ${limit}${unit}${exclusive}`
}

function formatMessage(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.message.startsWith('expected')) return issue.message
  if (issue.format === 'date') return 'expected a day of the calendar as YYYY-MM-DD'
  return issue.pattern ? `expected text that matches ${issue.pattern}` : issue.message
}

function explainUnion(issue: z.core.$ZodIssueInvalidUnion, place: Place): readonly Explained[] {
  const branches = alternatives(place.schema)
  if (issue.discriminator !== undefined && issue.errors.length === 0) {
    const choices = 'options' in issue ? (issue.options ?? []).map(String) : []
    return [
      { path: place.path, at: 'value', message: `${formatPath(place.path)} ${choiceMessage(place.value, choices)}` },
    ]
  }
  const branch = pickBranch(issue.errors, place)
  if (typeof branch === 'string')
    return [{ path: place.path, at: 'value', message: `${formatPath(place.path)} ${branch}` }]
  const schema = branches[branch] ?? {}
  return (issue.errors[branch] ?? []).flatMap((each) => explain(each, { ...place, schema }))
}

/** The alternative that was probably meant, or a sentence when that cannot be told. */
function pickBranch(errors: readonly (readonly Issue[])[], place: Place): number | string {
  const { value, schema } = place
  const branches = alternatives(schema)
  const shared = keysOf(schema).filter((key) => branches.every(({ properties }) => properties && key in properties))
  const own = branches.map(({ properties }) => Object.keys(properties ?? {}).filter((key) => !shared.includes(key)))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value)
    const meant = keys.map((key) => closestTo(key, own.flat()) ?? key)
    const hits = own.map((names) => names.filter((name) => meant.includes(name)).length)
    const most = Math.max(0, ...hits)
    if (most === 0) return `has none of the keys that say what it is: ${decisive(branches, shared).join(', ')}`
    return fewestIssues(errors, (branch) => hits[branch] === most)
  }
  const fitting = (branch: number) =>
    errors[branch]?.every(({ code, path }) => code !== 'invalid_type' || path.length > 0) ?? false
  if (errors.some((_, branch) => fitting(branch))) return fewestIssues(errors, fitting)
  return typeMessage([...new Set(branches.map(({ type = '' }) => NOUNS[type] ?? type))].join(' or '), place)
}

function decisive(branches: readonly JsonSchema[], shared: readonly string[]): readonly string[] {
  return [...new Set(branches.flatMap(({ required = [] }) => required))].filter((key) => !shared.includes(key))
}

function fewestIssues(errors: readonly (readonly Issue[])[], allowed: (branch: number) => boolean): number {
  const sizes = errors.map((issues, branch) => (allowed(branch) ? issues.length : Number.POSITIVE_INFINITY))
  return sizes.indexOf(Math.min(...sizes))
}
