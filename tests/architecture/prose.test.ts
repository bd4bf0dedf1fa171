import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { linesOf, proseOfSource } from '../support/prose-of.ts'
import stored from './prose-counts.json' with { type: 'json' }

// Words that send a reader back to look for their noun. Name the thing first: a worker, a caller, an operator, a file.
// "beside" stands for next to, besides and in addition to; write the one that is meant.
const WORDS = /\b(?:whoever|whomever|whatever|nobody|somebody|beside)\b/gi
const OPENING = /^\/\*\* ?(?:What|Whether)\b/g

const COUNTS = 'tests/architecture/prose-counts.json'
const COMMAND = 'UPDATE=1 npx vitest run tests/architecture/prose.test.ts'
const own = ['tests/architecture/prose.test.ts', COUNTS]

// Written from the sources (docs/reference, config/schema), or data of a case (golden folders).
const NOT_PROSE = /^(docs\/reference|config\/schema|tests\/golden|tests\/fixtures)\//

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => /\.(ts|mjs|md|yaml|sh)$/.test(path) && !NOT_PROSE.test(path) && !own.includes(path))
  .filter((path) => existsSync(path))

/** `functions/pipeline`, `tests/unit` and `docs/decisions` count apart; other folders count with all below them. */
function folderOf(path: string): string {
  const [top = '', second = '', third] = path.split('/')
  if (second === '') return '.'
  return third !== undefined && ['functions', 'tests', 'docs'].includes(top) ? `${top}/${second}` : top
}

function findingsIn(path: string): readonly { readonly folder: string; readonly place: string }[] {
  const text = readFileSync(path, 'utf8')
  const lines = /\.(ts|mjs)$/.test(path) ? proseOfSource(text) : linesOf(text)
  return lines.flatMap(({ line, text: said }) =>
    [...said.matchAll(WORDS), ...said.matchAll(OPENING)].map(([word]) => ({
      folder: folderOf(path),
      place: `${path}:${line} "${word}"`,
    })),
  )
}

const found = Map.groupBy(files.flatMap(findingsIn), ({ folder }) => folder)
const counts = new Map([...found].map(([folder, each]) => [folder, each.length]))
const allowed = new Map(Object.entries(stored))
const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, each) => all + each, 0)
const folders = [...new Set([...files.map(folderOf), ...allowed.keys()])].toSorted()

describe('words that hide what a sentence is about', () => {
  it.runIf(process.env['UPDATE'] === '1')('are stored, if their sum has not grown', () => {
    expect(sum(counts.values()), 'in all folders').toBeLessThanOrEqual(sum(allowed.values()))
    const lines = [...counts].toSorted().map(([folder, count]) => `  ${JSON.stringify(folder)}: ${count}`)
    writeFileSync(COUNTS, `{\n${lines.join(',\n')}\n}\n`)
  })

  it.skipIf(process.env['UPDATE'] === '1').each(folders)('never grow in number in %s', (folder) => {
    const [now, before] = [counts.get(folder) ?? 0, allowed.get(folder) ?? 0]
    const places = (found.get(folder) ?? []).map(({ place }) => place).join('\n')
    expect(now, `reword what is new, or after a move between folders: ${COMMAND}\n${places}`).toBeLessThanOrEqual(
      before,
    )
    if (now < before) process.stdout.write(`${folder}: ${now} instead of ${before}. To keep it so: ${COMMAND}\n`)
  })
})

describe('the count', () => {
  it('reads comments and strings, and neither names nor paths of imports', () => {
    const source = [
      "import { beside } from './beside.ts'",
      '/** Whether nobody waits. */',
      "const beside = 'somebody' // whoever",
      'const text = `a',
      'whatever`',
    ].join('\n')
    const said = proseOfSource(source)
    expect(said.flatMap(({ line, text }) => [...text.matchAll(WORDS)].map(([word]) => [line, word]))).toEqual([
      [2, 'nobody'],
      [3, 'somebody'],
      [3, 'whoever'],
      [5, 'whatever'],
    ])
    expect(said.filter(({ text }) => text.match(OPENING)).map(({ line }) => line)).toEqual([2])
  })
})
