import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(path))
const pages = files.filter((path) => path.endsWith('.md') && !path.startsWith('tests/golden/'))

/** The anchors of a page, as GitHub makes them of its headings. */
const anchorsOf = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  )

interface Link {
  readonly to: string
  readonly anchor: string | undefined
}

/** Links of a page into the repository, from its root. Code blocks are left out. */
function linksOf(path: string): readonly Link[] {
  const text = readFileSync(path, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, to = '', anchor]) => ({
    to: to === '' ? path : join(dirname(path), to),
    anchor,
  }))
}

it.each(pages)('%s links to files and headings that exist', (path) => {
  const broken = linksOf(path).filter(
    ({ to, anchor }) => !existsSync(to) || (anchor !== undefined && !anchorsOf(to).includes(anchor)),
  )
  expect(broken).toEqual([])
})

// Decisions keep the paths of their day.
it.each(pages.filter((path) => !path.startsWith('docs/decisions/')))(
  '%s names folders and files that exist',
  (path) => {
    const text = readFileSync(path, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
    const named = [...text.matchAll(/`((?:functions|cli|mock|infra|config|docs|tests|bench)\/[\w./-]+)`/g)].map(
      ([, name = '']) => name,
    )
    // NAME, NNNN and D stand for what a reader fills in.
    const gone = named.filter((name) => !/[A-Z]{2}|\/[A-Z]\b/.test(name) && !existsSync(name))
    expect(gone).toEqual([])
  },
)

describe('docs/README.md', () => {
  const linked = new Set(linksOf('docs/README.md').map(({ to }) => to.replace(/\/$/, '')))
  const folders = files.flatMap((path) => {
    const parts = dirname(path).split('/')
    return parts[0] === '.' ? [] : [parts[0] ?? '', parts.slice(0, 2).join('/')]
  })

  it.each([...new Set(folders)].filter((folder) => folder !== '.github'))('has a row for the folder %s', (folder) => {
    expect(linked.has(folder), `add a row to the table of folders in docs/README.md`).toBe(true)
  })

  it('links every page of docs, or the folder that lists it', () => {
    const own = pages.filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md')
    expect(own.filter((path) => !linked.has(path))).toEqual([])
  })
})

describe('the index of docs/testing.md', () => {
  const index = /## Index of the tests\n([\s\S]*?)\n## /.exec(readFileSync('docs/testing.md', 'utf8'))?.[1] ?? ''
  const named = [...index.matchAll(/`([^`]+)`/g)].map(([, name = '']) => join('tests', name))
  const tests = files.filter((path) => path.endsWith('.test.ts'))

  it.each(tests)('says what %s proves', (path) => {
    const known = named.some((name) => isNamed(path, name))
    expect(known, 'add it to a row of "Index of the tests" in docs/testing.md').toBe(true)
  })

  it('names only tests that exist', () => {
    const isPath = (name: string) => /\//.test(name.replace('tests/', ''))
    expect(named.filter((name) => isPath(name) && !tests.some((path) => isNamed(path, name)))).toEqual([])
  })

  /** A name is a file, a folder, or all files that differ where it has a `*`. */
  function isNamed(path: string, name: string): boolean {
    const [start = '', end] = name.split('*')
    return end === undefined
      ? path === name || path.startsWith(`${name}/`)
      : path.startsWith(start) && path.endsWith(end) && !path.slice(start.length, -end.length).includes('/')
  }
})
