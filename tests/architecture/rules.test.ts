import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../functions/errors.ts'
import manifest from '../../package.json' with { type: 'json' }

// What is tracked, or would be: a scratch file that git ignores breaks no rule.
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && readable(path))
const sources = files.filter((path) => /\.(ts|tsx|mjs)$/.test(path))
const own = 'tests/architecture/rules.test.ts'

function readable(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}

function linesWith(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim().slice(0, 100)}`] : [])),
  )
}

describe('the tree', () => {
  it('has at its top only what was agreed', () => {
    const agreed = [
      ...[
        'functions',
        'infra',
        'config',
        'tests',
        'cli',
        'mock',
        'docs',
        'bench',
        'dashboard',
        'examples',
        'evidence',
        'packaging',
        '.ci',
        '.github',
      ],
      ...[
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'biome.json',
        'vitest.config.ts',
        '.gitignore',
        '.gitattributes',
      ],
      ...[
        'README.md',
        'CONTRIBUTING.md',
        'CHANGELOG.md',
        'LICENSE',
        'SECURITY.md',
        '.env.example',
        '.devcontainer',
        'Dockerfile',
        '.dockerignore',
        'cloudbuild.yaml',
        '.npmrc',
        '.node-version',
        '.editorconfig',
      ],
    ]
    const top = new Set(files.map((path) => path.split('/')[0] ?? ''))
    expect([...top].filter((name) => !agreed.includes(name))).toEqual([])
  })

  it('has no file whose name says nothing', () => {
    const empty = /^(utils?|helpers?|common|misc|types|shared|constants|manager|service)\./
    expect(sources.filter((path) => empty.test(basename(path)))).toEqual([])
  })

  it('writes file names in lower case with hyphens', () => {
    expect(
      sources.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.(ts|tsx|mjs)$/.test(basename(path))),
    ).toEqual([])
  })
})

describe('the tests', () => {
  it('never assert on the wall clock', () => {
    // A kill has to fall inside a run, so its test measures one run to draw the moments from.
    const allowed = ['tests/crash/kill.test.ts']
    const tests = sources.filter(
      (path) => /^tests\/.*\.test\.ts$/.test(path) && !allowed.includes(path) && path !== own,
    )
    expect(linesWith(tests, /\bperformance\.now\(|process\.hrtime/)).toEqual([])
    expect(linesWith(tests, /expect\(.*\bDate\.now\(\)[^)]*\)\.to(Be)?(Less|Greater|Close)/)).toEqual([])
  })
})

describe('the sources', () => {
  const product = sources.filter((path) => /^(functions|cli|mock)\//.test(path))

  it('print through a log or an output, never through the console', () => {
    expect(linesWith(product, /\bconsole\.\w+\(/)).toEqual([])
  })

  it('leave the process in one place', () => {
    expect(
      linesWith(product, /process\.exit\(/).filter(
        (line) => !/^(cli\/(start\.ts|daybreak\.mjs|demo\.ts)|functions\/server\.ts):/.test(line),
      ),
    ).toEqual([])
  })

  it('do not read the clock, the environment or randomness in the core', () => {
    const core = product.filter((path) => /^functions\/(contract|engine|config|lib|sql|pipeline|ledger)\//.test(path))
    expect(linesWith(core, /\bDate\.now\(\)|new Date\(\)|Math\.random\(|process\.(env|argv)\b/)).toEqual([])
  })

  it('declare nothing with `using`, which Node 22 does not read', () => {
    expect(linesWith(product, /^\s*(await )?using \w+ =/)).toEqual([])
  })

  it('take the SQL of a system from its dialect, and never ask which one it is', () => {
    const asked =
      /\b[dD]ialect(\.name)?\s*[!=]==|[!=]==\s*\w*(\.\w+)*\.dialect\b|switch \(.*[dD]ialect|(?<!DIALECTS)\[\w*(\.\w+)*\.dialect\]/
    expect(linesWith(product, asked)).toEqual([])
  })

  it('ask the table of errors what a code means, never the beginning of its name', () => {
    expect(linesWith(product, /\.startsWith\('[A-Z]+_'\)/)).toEqual([])
  })

  it('do no arithmetic with Date', () => {
    const core = product.filter((path) => path.startsWith('functions/'))
    expect(linesWith(core, /\.(set|get)(UTC)?(Date|Month|Hours|FullYear|Day)\(/)).toEqual([])
  })

  it('name no path of the machine they were written on', () => {
    const paths = /(?<![\w.])\/(work|tmp|root|Users|home)\/[a-z]/
    expect(
      linesWith(
        sources.filter((path) => path !== own),
        paths,
      ),
    ).toEqual([])
  })

  it('use no any, no enum, no namespace and no default export', () => {
    const banned = /: any\b|<any>|\bas any\b|^export (const )?enum |^(export )?namespace |^export default /
    expect(linesWith(product, banned)).toEqual([])
  })
})

describe('dependencies', () => {
  const page = readFileSync('docs/dependencies.md', 'utf8')
  const dashboard = JSON.parse(readFileSync('dashboard/package.json', 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const all = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
    ...dashboard.devDependencies,
  }

  it.each(Object.keys(all))('%s has a line with its reason in docs/dependencies.md', (name) => {
    const line = page.split('\n').find((each) => each.startsWith('|') && each.includes(`\`${name}\``))
    expect(line?.split('|')[2]?.trim().length ?? 0, 'a reason').toBeGreaterThan(10)
  })

  it('docs/dependencies.md names no package that is gone', () => {
    const named = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''))
    expect(named.filter((name) => !Object.hasOwn(all, name))).toEqual([])
  })

  it.each(Object.entries(all))('%s is pinned to one version', (_, version) => {
    expect(version).toMatch(/^(npm:[a-z@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/)
  })
})

describe('errors', () => {
  const product = sources
    .filter((path) => /^(functions|cli|mock)\//.test(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')

  it.each(Object.entries(ERRORS))('%s has a meaning and a remedy that are sentences', (_, { meaning, remedy }) => {
    expect(meaning).toMatch(/^[A-Z`].*[.!]$/s)
    expect(remedy).toMatch(/^[A-Z`].*[.!]$/s)
  })

  it('every code is used somewhere outside its table', () => {
    const unused = Object.keys(ERRORS).filter(
      (code) => [...product.matchAll(new RegExp(`['"\`]${code}['"\`]`, 'g'))].length === 0,
    )
    expect(unused).toEqual([])
  })
})

/** Parameters of a source whose type is written out with more than three members, by line. */
function anonymousContexts(text: string): readonly string[] {
  // A parameter, never a member of an interface, and its inline `Pick` or object type.
  const inline = /(?<!readonly )(?:\}|\b\w+\??): (?:Pick<[\w[\]']+, ((?:'\w+'\s*\|?\s*)+)>|\{([^{}]*)\})/g
  return [...text.matchAll(inline)].flatMap(({ index, 0: whole, 1: picked, 2: members = '' }) => {
    const isObject =
      /^\s*(readonly )?\w+\??:/.test(members) && !/,\s*$/m.test(members) && /[;\n]|readonly/.test(members)
    const names = picked?.match(/'\w+'/g) ?? (isObject ? members.match(/(?<=^|[;\n])\s*(?:readonly )?\w+\??:/g) : null)
    const line = text.slice(0, index).split('\n').length
    return (names?.length ?? 0) > 3 ? [`${line} ${whole.replaceAll(/\s+/g, ' ').slice(0, 100)}`] : []
  })
}

describe('a parameter with more than three members', () => {
  it.each([
    ["function f({ a }: Pick<Ports, 'a' | 'b' | 'c' | 'd'>) {}", 1],
    ["function f({ a }: Pick<Ports, 'a' | 'b' | 'c'>) {}", 0],
    ['function f({ a }: { readonly a: 1; readonly b: 2; readonly c: 3; readonly d: 4 }) {}', 1],
    ['function f({ a }: { readonly a: 1; readonly b: 2; readonly c: 3 }) {}', 0],
    ['function f(\n  filter: {\n    a?: 1\n    b?: 2\n    c?: 3\n    d?: 4\n  } & Page,\n) {}', 1],
    ["interface Task {\n  readonly ports: Pick<Ports, 'a' | 'b' | 'c' | 'd'>\n}", 0],
    ['const all = { one: { a: 1, b: 2, c: 3, d: 4 } }', 0],
  ])('is found in %j: %i', (text, count) => {
    expect(anonymousContexts(text)).toHaveLength(count)
  })

  it('has a named type', () => {
    const found = sources
      .filter((path) => /^(functions|cli)\//.test(path))
      .flatMap((path) => anonymousContexts(readFileSync(path, 'utf8')).map((place) => `${path}:${place}`))
    expect(found, 'name the type: `type Context = Pick<Ports, ...>` or an interface').toEqual([])
  })
})
