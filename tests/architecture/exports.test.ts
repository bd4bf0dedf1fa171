import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const filesBelow = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => join(root, path))
    .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('.data'))

const sources = ['functions', 'cli', 'mock', 'infra', 'bench', 'docs/generate', 'packaging'].flatMap(filesBelow)

const EXPORT = /^export (?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type) (\w+)/

const CORE = /^functions\/(config|contract|engine|handlers|http|ledger|lib|pipeline|sql)\//

const words = new Map<string, ReadonlySet<string>>()

/** True if the name is a word of the text. */
function isUsed(name: string, text: string): boolean {
  const known = words.get(text) ?? new Set(text.match(/\w+/g))
  words.set(text, known)
  return known.has(name)
}

/** Names that a file exports, and for each if one of its declarations has a docstring. */
function exportsOf(text: string): ReadonlyMap<string, boolean> {
  const lines = text.split('\n')
  const found = new Map<string, boolean>()
  for (const [at, line] of lines.entries()) {
    const name = EXPORT.exec(line)?.[1]
    if (name === undefined) continue
    // A type with the name of its schema shares the docstring.
    found.set(name, found.get(name) === true || /\*\/\s*$/.test(lines[at - 1] ?? ''))
  }
  return found
}

describe('an export', () => {
  it('has a docstring', () => {
    const bare = sources.flatMap((path) =>
      [...exportsOf(readFileSync(path, 'utf8'))].flatMap(([name, isTold]) => (isTold ? [] : [`${path} ${name}`])),
    )
    expect(bare, 'add a docstring: /** ... */ on the line before').toEqual([])
  })

  it('of the core is used by another file', () => {
    const texts = [...sources, ...filesBelow('tests')].map((path) => ({ path, text: readFileSync(path, 'utf8') }))
    const unused = texts
      .filter(({ path }) => CORE.test(path))
      .flatMap(({ path, text }) => [...exportsOf(text).keys()].map((name) => ({ path, name })))
      .filter(({ path, name }) => !texts.some((each) => each.path !== path && isUsed(name, each.text)))
    expect(
      unused.map(({ path, name }) => `${path} ${name}`),
      'remove `export`, or the declaration',
    ).toEqual([])
  })

  it('is found with the docstring of its schema, and not without one', () => {
    const text = '/** A. */\nexport const A = z.object({})\nexport type A = z.infer<typeof A>\n\nexport function b() {}'
    expect([...exportsOf(text)]).toEqual([
      ['A', true],
      ['b', false],
    ])
  })
})
