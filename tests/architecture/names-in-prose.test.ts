import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EnvironmentConfig, LocationsConfig, PipelineConfig } from '../../functions/config/config.ts'
import { Contract } from '../../functions/contract/contract.ts'
import { ERRORS } from '../../functions/errors.ts'

const walk = (folder: string, ending: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...walk('docs', /\.md$/).filter((path) => !/docs[/](decisions|reference)/.test(path)),
]
const texts = [
  ...pages.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  ...Object.entries(ERRORS).map(([code, { meaning, remedy }]) => ({
    path: `ERRORS.${code}`,
    text: `${meaning} ${remedy}`,
  })),
]
const spans = texts.flatMap(({ path, text }) =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => ({ path, name })),
)

/** Every dotted path of a schema; `*` stands for names that a project gives. */
function pathsOf(schema: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const entries = new Map<string, unknown>(Object.entries(schema))
  const nested = [...['anyOf', 'oneOf', 'allOf'].flatMap((key) => asList(entries.get(key))), entries.get('items')]
  const own = Object.entries(asObject(entries.get('properties'))).flatMap(([key, value]) => [
    [...path, key].join('.'),
    ...pathsOf(value, [...path, key]),
  ])
  const free = entries.get('additionalProperties')
  const named = typeof free === 'object' && free !== null ? pathsOf(free, [...path, '*']) : []
  return [...own, ...named, ...nested.flatMap((each) => pathsOf(each, path))]
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

const paths = [EnvironmentConfig, PipelineConfig, LocationsConfig, Contract].flatMap((schema) =>
  pathsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })),
)
const tops = new Set(paths.map((path) => path.split('.')[0]))
const isPath = (name: string) =>
  paths.some((path) => {
    const [known, asked] = [path.split('.'), name.split('.')]
    return known.length === asked.length && known.every((part, at) => part === '*' || part === asked[at])
  })

const settings = spans.filter(
  ({ name }) =>
    /^[a-z_]+(\.[A-Za-z_]+)+$/.test(name) &&
    tops.has(name.split('.')[0]) &&
    !/\.(ts|md|yaml|json|csv|sh|duckdb|sqlite)$/.test(name),
)

describe('names in prose', () => {
  it('finds settings to compare', () => {
    expect(settings.length).toBeGreaterThan(5)
  })

  it.each(settings)('`$name` ($path) is a setting of the schema', ({ name }) => {
    expect(isPath(name), `no schema has ${name}`).toBe(true)
  })

  const code = ['functions', 'cli', 'mock', 'infra', 'config', 'tests', 'docs/reference', '.github']
    .flatMap((folder) => walk(folder, /\.(ts|yaml|sh|md|json)$/))
    .filter((path) => !path.endsWith('names-in-prose.test.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  const words = new Set(code.match(/[A-Za-z_][A-Za-z0-9_]*/g))
  const snake = [...new Map(spans.map((span) => [span.name, span])).values()].filter(({ name }) =>
    /^(?:[a-z0-9]+(?:_[a-z0-9]+)+|DAYBREAK_[A-Z_]+):?$/.test(name),
  )

  it.each(snake)('`$name` ($path) is a word of the code or of the configuration', ({ name }) => {
    // The statements of the BigQuery engine name their tables after the stream.
    const bare = name.replace(/:$/, '').replace(/^(order_details)_(files|rows|rejects)$/, '$1')
    expect(words.has(bare)).toBe(true)
  })

  const declared = new Set(
    [...code.matchAll(/\b(?:function\*?|const) ([a-z]\w*)|^ +(?:async )?\*?([a-z]\w*)(?:\(|<[^>]*>\()/gm)].map(
      ([, name, method]) => name ?? method,
    ),
  )
  const called = texts
    .filter(({ path }) => path === 'docs/night.md')
    .flatMap(({ text }) => [...text.matchAll(/\b([a-z][A-Za-z]+)\(\)/g)].map(([, name = '']) => name))

  it.each([...new Set(called)])('`%s()` of the sequence diagrams is a function of the code', (name) => {
    expect(declared.has(name)).toBe(true)
  })
})
