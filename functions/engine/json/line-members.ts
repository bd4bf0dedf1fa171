import type { ValueType } from '../../sql/value.ts'

/** Kind of a value of JSON, as it stands there. */
type JsonKind = 'null' | 'bool' | 'integer' | 'decimal' | 'float' | 'string' | 'nested'

/** A member of a JSON object: its value as text, exactly as written. */
export interface LineMember {
  readonly kind: JsonKind
  /** The JSON of the value. */
  readonly json: string
}

/** The members of a line that is one JSON object, or why it is none. A key that is there twice keeps its last value. */
export function lineMembers(
  text: string,
): { readonly members: ReadonlyMap<string, LineMember> } | { readonly fault: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'expected a JSON object' }
  } catch (error) {
    return { fault: `no JSON: ${error instanceof Error ? error.message.replace(/, ".*$/, '') : String(error)}` }
  }
  return { members: split(text) }
}

/** Members of a text that is known to be an object. */
function split(text: string): Map<string, LineMember> {
  const members = new Map<string, LineMember>()
  let at = text.indexOf('{') + 1
  for (;;) {
    at = skipBlanks(text, at)
    if (text[at] === '}') return members
    if (text[at] === ',') at = skipBlanks(text, at + 1)
    const keyEnd = stringEnd(text, at)
    const key = textOf(text.slice(at, keyEnd))
    const start = skipBlanks(text, text.indexOf(':', keyEnd) + 1)
    at = valueEnd(text, start)
    const json = text.slice(start, at)
    members.set(key, { kind: kindOf(json), json })
  }
}

const BLANK = /[\t\n\r ]/

function skipBlanks(text: string, from: number): number {
  let at = from
  while (BLANK.test(text[at] ?? '')) at++
  return at
}

function stringEnd(text: string, open: number): number {
  let at = open + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function valueEnd(text: string, start: number): number {
  if (text[start] === '"') return stringEnd(text, start)
  let [at, depth] = [start, 0]
  for (; at < text.length; at++) {
    const one = text[at]
    if (one === '"') at = stringEnd(text, at) - 1
    else if (one === '{' || one === '[') depth++
    else if (one === '}' || one === ']') {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (one === ',' || BLANK.test(one ?? ''))) return at
  }
  return at
}

function kindOf(json: string): JsonKind {
  const first = json[0] ?? ''
  if (first === '"') return 'string'
  if (first === '{' || first === '[') return 'nested'
  if (first === 'n') return 'null'
  if (first === 't' || first === 'f') return 'bool'
  if (/[eE]/.test(json)) return 'float'
  return /^-?\d{1,18}$/.test(json) ? 'integer' : 'decimal'
}

function textOf(json: string): string {
  const value: unknown = JSON.parse(json)
  return String(value)
}

const TYPES: Readonly<Record<Exclude<JsonKind, 'null'>, ValueType>> = {
  bool: 'bool',
  integer: 'int64',
  decimal: 'numeric',
  float: 'float64',
  string: 'string',
  nested: 'json',
}

const NUMBERS: readonly JsonKind[] = ['integer', 'decimal', 'float']

/** The type of a column with values of these kinds. Numbers keep their digits; values of several kinds are JSON. */
export function typeOfKinds(kinds: ReadonlySet<JsonKind>): ValueType {
  const found = [...kinds].filter((kind) => kind !== 'null')
  const [only] = found
  if (only === undefined) return 'string'
  if (found.length === 1) return TYPES[only]
  if (found.every((kind) => NUMBERS.includes(kind))) return kinds.has('float') ? 'float64' : 'numeric'
  return 'json'
}

/** A value as the text of a column of that type; null for NULL. */
export function memberText(member: LineMember | undefined, type: ValueType): string | null {
  if (member === undefined || member.kind === 'null') return null
  return type === 'json' || member.kind !== 'string' ? member.json : textOf(member.json)
}
