import { basename } from 'node:path'
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  visit,
} from 'yaml'
import { type Environment, interpolate } from './interpolate.ts'
import type { Problem } from './problem.ts'

/** Keys from the top of a file to a value. */
export type Path = readonly PropertyKey[]

/** A YAML text as plain values, and where each of them stands. */
export interface Yaml {
  /** Null when there is nothing that can be trusted. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** The problem at the value of a path, at its key, or at the nearest thing above that exists. */
  problemAt(path: Path, message: string, at?: 'key' | 'value'): Problem
}

/** YAML file as text, with the variables that it may name. */
export interface YamlInput {
  readonly file: string
  readonly text: string
  readonly env: Environment
}

const MAX_BYTES = 256 * 1024
// A list of locations is data: 10,000 of them are about 1 MiB.
const MAX_LOCATIONS_BYTES = 8 * 1024 * 1024
const MAX_ALIASES = 10
/** Names that JavaScript gives a meaning to. No key of ours has them. */
const RESERVED_KEYS: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype'])

/** Bytes that a file of this name may have. */
export function mostBytes(file: string): number {
  return basename(file) === 'locations.yaml' ? MAX_LOCATIONS_BYTES : MAX_BYTES
}

/** Message for a file above the limit. */
export function tooLarge(file: string, bytes: number): string {
  return `the file has ${bytes} bytes; at most ${mostBytes(file)} are read`
}

/**
 * Reads YAML 1.2 (core schema) strictly: one document, no tags, no directives, each key once, a handful of aliases, at most
 * 256 KiB, or 8 MiB of locations. A warning of the parser is a problem. `${ENV}` is replaced in text values, after parsing.
 * Never throws.
 */
export function readYaml({ file, text, env }: YamlInput): Yaml {
  const bytes = Buffer.byteLength(text)
  if (bytes > mostBytes(file)) return refused(file, tooLarge(file, bytes))
  if (text.includes('\0')) return refused(file, 'the file holds a NUL byte, so it is not text')
  const lines = new LineCounter()
  const at = (offset: number, message: string, code: Problem['code'] = 'CONFIG_INVALID'): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col), code, message }
  }
  try {
    const document = parse(text, lines)
    const problems = [...syntaxProblems(document, at), ...inspect(document, at)]
    const problemAt = locator(text, at)
    if (problems.length > 0) return { value: null, problems, problemAt }
    const missing = replaceVariables(document, env, at)
    return { value: document.toJS({ maxAliasCount: 1_000 }), problems: missing, problemAt }
  } catch (error) {
    // The parser recurses, and an alias may stand inside of what it names.
    return refused(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parse(text: string, lines?: LineCounter): Document {
  // Keys are compared in `inspect`, because the parser compares each with each: 20,000 keys took ten seconds.
  return parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    customTags: [],
    merge: false,
    stringKeys: true,
    ...(lines && { lineCounter: lines }),
    prettyErrors: false,
    logLevel: 'error',
  })
}

/** A value as YAML, in blocks, for files that a person reads. Texts stand in one line. */
export function yamlText(value: unknown): string {
  return stringify(value, { version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false })
}

type At = (offset: number, message: string, code?: Problem['code']) => Problem

function refused(file: string, message: string): Yaml {
  const problem: Problem = { file, line: 1, column: 1, code: 'CONFIG_INVALID', message }
  return { value: null, problems: [problem], problemAt: (_, told) => ({ ...problem, message: told }) }
}

function syntaxProblems(document: Document, at: At): readonly Problem[] {
  const { explicit } = document.directives?.yaml ?? {}
  const directive = explicit ? [at(0, 'a %YAML directive; every file is read as YAML 1.2')] : []
  const findings = [...document.errors, ...document.warnings].map(({ pos, code, message }) =>
    at(pos[0], code === 'MULTIPLE_DOCS' ? 'a second document begins here; a file holds one' : message),
  )
  // Later findings are consequences of the first few.
  return [...directive, ...findings.slice(0, 3)]
}

/** Problems of YAML that the parser accepts and Daybreak refuses. */
function inspect(document: Document, at: At): readonly Problem[] {
  const problems: Problem[] = []
  let aliases = 0
  visit(document, {
    Node(_, node) {
      const start = node.range?.[0] ?? 0
      if (isAlias(node)) {
        aliases++
        const target = node.resolve(document)
        if (!target) problems.push(at(start, `the alias *${node.source} has no anchor before it`))
        if ((target?.range?.[2] ?? 0) > start)
          problems.push(at(start, `the alias *${node.source} stands inside of what it names`))
        if (aliases === MAX_ALIASES + 1) problems.push(at(start, `more than ${MAX_ALIASES} aliases`))
        return
      }
      if (node.tag !== undefined) problems.push(at(start, `a value with the tag ${node.tag}; tags are not read`))
    },
    Map(_, { items }) {
      const first = new Map<unknown, number>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const start = key.range?.[0] ?? 0
        const before = first.get(key.value)
        if (before !== undefined)
          problems.push(at(start, `the key \`${key.value}\` stands twice; first in line ${at(before, '').line}`))
        if (RESERVED_KEYS.has(key.value)) problems.push(at(start, `\`${key.value}\` cannot be a key`))
        first.set(key.value, start)
      }
    },
  })
  return problems
}

/** Replaces `${ENV}` in every text of the document, keys excluded. */
function replaceVariables(document: Document, env: Environment, at: At): readonly Problem[] {
  const problems: Problem[] = []
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const { text, problems: found } = interpolate(node.value, env)
      problems.push(...found.map(({ code, message }) => at(node.range?.[0] ?? 0, message, code)))
      node.value = text
    },
  })
  return problems
}

/** Parses again when there is a problem: the documents of a large project would take fifty times the memory of its text. */
function locator(text: string, at: At): Yaml['problemAt'] {
  let parsed: Document | null = null
  return (path, message, wanted = 'value') => {
    parsed ??= parse(text)
    const document = parsed
    let node: unknown = document.contents
    let offset = startOf(node)
    for (const [depth, key] of path.entries()) {
      const child = step(isAlias(node) ? node.resolve(document) : node, key)
      if (!child) break
      offset = wanted === 'key' && depth === path.length - 1 ? startOf(child.key) : startOf(child.value)
      node = child.value
    }
    return at(offset, message)
  }
}

function step(node: unknown, key: PropertyKey): { readonly key: unknown; readonly value: unknown } | null {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
    // `key:` with nothing after it has a value without a place of its own in some texts.
    return pair ? { key: pair.key, value: isNode(pair.value) ? pair.value : pair.key } : null
  }
  if (!isSeq(node) || typeof key !== 'number') return null
  const item = node.items[key]
  return item === undefined ? null : { key: item, value: item }
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}
