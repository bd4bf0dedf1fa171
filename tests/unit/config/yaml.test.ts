// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how YAML names a variable
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EnvironmentConfig, LocationsConfig, PipelineConfig } from '../../../functions/config/config.ts'
import { kindsOf } from '../../../functions/config/connections.ts'
import { diskFiles } from '../../../functions/config/disk.ts'
import { formatProblem } from '../../../functions/config/problem.ts'
import { readConfig } from '../../../functions/config/read.ts'
import { readYaml } from '../../../functions/config/yaml.ts'
import { Contract } from '../../../functions/contract/contract.ts'
import { projectFiles } from '../../support/project.ts'

const files = projectFiles()
const contractText = files['config/contracts/toast/orders.yaml'] ?? ''

function problemsOf(text: string): readonly string[] {
  return readYaml({ file: 'a.yaml', text, env: {} }).problems.map(formatProblem)
}

function contractProblems(text: string): readonly string[] {
  return readConfig(Contract, { file: 'a.yaml', text, env: {} }).problems.map(formatProblem)
}

function edited(from: string, to: string): string {
  if (!contractText.includes(from)) throw new Error(`the contract has no ${from}`)
  return contractText.replace(from, to)
}

describe('YAML that is refused', () => {
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefgh'.split('').map((key, at) => `${key}: &${key} [*${'abcdefg'[at]}, *${'abcdefg'[at]}]`),
  ]
  it.each([
    ['an alias bomb (fault 27)', bomb.join('\n'), 'more than 10 aliases'],
    [
      'a key that stands twice (fault 27)',
      'a: 1\nb: {c: 1, c: 2}',
      'a.yaml:2:11 the key `c` stands twice; first in line 2',
    ],
    ['an alias inside of what it names', 'a: &a [*a]', 'stands inside of what it names'],
    ['an alias of nothing', 'a: *b', 'has no anchor before it'],
    ['a tag', 'a: !!binary aGk=', 'tags are not read'],
    ['an unknown tag', 'a: !ruby/object x', 'tag'],
    ['a %YAML directive', '%YAML 1.1\n---\na: yes', 'a %YAML directive'],
    ['a second document', 'a: 1\n---\nb: 2', 'a.yaml:2:1 a second document begins here'],
    ['a NUL byte', 'a: "x\0"', 'NUL'],
    ['300 KiB', `a: ${'x'.repeat(300 * 1024)}`, 'at most 262144 are read'],
    ['a tab as indentation', 'a:\n\tb: 1', 'Tabs are not allowed as indentation'],
    ['a key that is a list', '? [a]\n: 1', 'keys must be strings'],
    ['__proto__', '__proto__: {admin: true}', '`__proto__` cannot be a key'],
    ['constructor', 'a: {constructor: {prototype: {x: 1}}}', '`constructor` cannot be a key'],
    ['100,000 open brackets', '['.repeat(100_000), 'a.yaml:1'],
    ['100,000 nested lists', '- '.repeat(100_000), 'a.yaml:1'],
  ])('%s is one problem with a place', (_, text, expected) => {
    const problems = problemsOf(text)
    expect(problems.join('\n')).toContain(expected)
    expect(problems[0]).toMatch(/^a\.yaml:\d+:\d+ /)
    expect({}).not.toHaveProperty('admin')
  })
})

describe('a file of locations', () => {
  const text = (count: number) =>
    `version: 1\nlocations:\n${Array.from({ length: count }, (_, at) => `  - id: "${100_000 + at}"\n    name: Restaurant ${at}\n    time_zone: America/New_York\n    pipelines: [toast]\n`).join('')}`
  const read = (count: number, file = 'config/locations.yaml') =>
    readConfig(LocationsConfig, { file, text: text(count), env: {} })

  it.each([
    ['config/locations.yaml', 100_000, 8_388_608],
    ['config/pipelines/toast.yaml', 10_000, 262_144],
  ])('and %s that is too large is told with its size', (file, count, most) => {
    const bytes = Buffer.byteLength(text(count))
    expect(read(count, file).problems.map(formatProblem).join()).toContain(
      `the file has ${bytes} bytes; at most ${most} are read`,
    )
  })

  it('tells the size that it has on the disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'daybreak-yaml-'))
    await writeFile(join(folder, 'locations.yaml'), Buffer.alloc(9_000_000, 35))
    await expect(diskFiles.read(join(folder, 'locations.yaml'))).rejects.toThrow('the file has 9000000 bytes')
    await rm(folder, { recursive: true })
  })
})

describe('YAML that is read', () => {
  it('as version 1.2 says: 010 is ten, yes is text, a date is text, a merge key is a key', () => {
    const { value } = readYaml({ file: 'a.yaml', text: 'a: 010\nb: yes\nc: 2026-01-02\n<<: {d: 1}\ne: 0o10', env: {} })
    expect(value).toEqual({ a: 10, b: 'yes', c: '2026-01-02', '<<': { d: 1 }, e: 8 })
  })

  it('with a handful of aliases', () => {
    const { value, problems } = readYaml({ file: 'a.yaml', text: 'a: &a [1]\nb: *a', env: {} })
    expect(problems).toEqual([])
    expect(value).toEqual({ a: [1], b: [1] })
  })
})

describe('variables', () => {
  const read = (text: string, env: Record<string, string> = {}) => readYaml({ file: 'a.yaml', text, env })

  it('are replaced in values and not in keys', () => {
    expect(read('"${A}": x ${A} y ${B:-two}', { A: 'one' }).value).toEqual({ '${A}': 'x one y two' })
  })

  it('take their default when they are unset or empty', () => {
    expect(read('a: ${A:-d}', { A: '' }).value).toEqual({ a: 'd' })
    expect(read('a: ${A:-}').value).toEqual({ a: '' })
  })

  it('cannot bring in YAML, other variables or types', () => {
    const env = { A: '${B}\nb: 1', B: 'secret', C: '5' }
    expect(read('a: ${A}\nc: ${C}', env).value).toEqual({ a: '${B}\nb: 1', c: '5' })
  })

  it('stay as they are when the dollar is doubled', () => {
    expect(read('a: $${A} $B').value).toEqual({ a: '${A} $B' })
  })

  it.each([
    ['a: 1\nb: ${NOPE}', 'CONFIG_MISSING', 'a.yaml:2:4 the environment variable NOPE is not set'],
    ['b: ${constructor}', 'CONFIG_MISSING', 'the environment variable constructor is not set'],
    ['b: ${1A}', 'CONFIG_INVALID', 'without a name'],
    ['b: "${A"', 'CONFIG_INVALID', 'without a name'],
  ])('%j is %s', (text, code, expected) => {
    const [problem] = read(text).problems
    expect(problem?.code).toBe(code)
    expect(problem && formatProblem(problem)).toContain(expected)
  })
})

describe('what the schema refuses', () => {
  it('a contract that is right has no problem', () => {
    expect(contractProblems(contractText)).toEqual([])
  })

  it.each([
    [
      'an unknown key (fault 27)',
      'file: Orders.csv',
      'fiel: Orders.csv',
      'a.yaml:4:1 the file has an unknown key `fiel`. Did you mean "file"?',
    ],
    ['a key that is missing', 'stream: orders\n', '', 'a.yaml:1:1 stream is missing; expected text'],
    [
      'a wrong choice',
      'type: numeric, unit',
      'type: numerc, unit',
      'a.yaml:9:41 columns[1].type is "numerc"; expected one of string, int64, numeric, float64, bool, date, time, datetime. Did you mean "numeric"?',
    ],
    ['a number for text', 'from: Amount', 'from: 12', 'columns[1].from is the number 12; expected text or a list'],
    ['text for a number', 'version: 1', 'version: one', 'a.yaml:1:10 version is "one"; expected 1'],
    ['an empty list', 'key: [location_id, order_id]', 'key: []', 'a.yaml:5:6 key is a list; it must not be empty'],
    ['a value without a value', 'stream: orders', 'stream:', 'stream is empty; expected text'],
    [
      'a key of a check that is nearly right',
      'unique: [order_id]',
      'uniqe: [order_id]',
      'a.yaml:13:7 checks[1] has an unknown key `uniqe`. Did you mean "unique"?',
    ],
    [
      'a check that is none',
      'unique: [order_id], ',
      '',
      'checks[1] has none of the keys that say what it is: that, unique, equal, every, exists_in, together, outlier',
    ],
    [
      'an effect that a check over sums cannot have',
      'that: tax <= amount, effect: warn',
      'equal: [{sum: tax}, {sum: amount}], effect: quarantine',
      'checks[0].effect is "quarantine"; expected one of warn, dispute, hold, block.',
    ],
  ])('%s is explained at its place', (_, from, to, expected) => {
    expect(contractProblems(edited(from, to)).join('\n')).toContain(expected)
  })

  it.each([
    'order id',
    'a"; DROP TABLE orders; --',
    "x' OR 1=1",
    'Order',
    '1a',
    '',
    'é',
    '__proto__',
    'a'.repeat(64),
    'a\u0000',
  ])('an identifier that could leave its quotes is refused: %j (fault 28)', (name) => {
    const text = contractText.replace('name: tax,', `name: ${JSON.stringify(name)},`)
    expect(contractProblems(text).join('\n')).toContain('columns[2].name')
  })

  it('says that a bad kind is one of those there are', () => {
    const text = files['config/environments/local.yaml']?.replace('kind: folder, root: inbox', 'kind: stfp') ?? ''
    const { problems } = readConfig(EnvironmentConfig, { file: 'e.yaml', text, env: { DAYBREAK_HOME: '/h' } })
    expect(problems.map(formatProblem)).toEqual([
      `e.yaml:4:18 sources.toast.kind is "stfp"; expected one of ${kindsOf('source').join(', ')}. Did you mean "sftp"?`,
    ])
  })

  it.each(['hunter2', 'correct horse'])(
    'a secret that stands where its name belongs is refused and not repeated: %j',
    (secret) => {
      const text = files['config/environments/local.yaml']?.replace('secret://hash_key', secret) ?? ''
      const { problems } = readConfig(EnvironmentConfig, { file: 'e.yaml', text, env: { DAYBREAK_HOME: '/h' } })
      expect(problems.map(formatProblem)).toEqual([
        'e.yaml:8:22 privacy.hash_key is refused; expected `secret://NAME`, or the path of a file with a `/` in it',
      ])
    },
  )

  it('never quotes what may be a secret', () => {
    const text = files['config/environments/local.yaml']?.replace('secret://hash_key', '123456') ?? ''
    const { problems } = readConfig(EnvironmentConfig, { file: 'e.yaml', text, env: { DAYBREAK_HOME: '/h' } })
    expect(problems.map(formatProblem).join()).toContain('privacy.hash_key is refused')
    expect(problems.map(formatProblem).join()).not.toContain('123456')
  })
})

describe('any text', () => {
  const schemas = [Contract, PipelineConfig, LocationsConfig, EnvironmentConfig]
  const yamlish = fc.array(
    fc.constantFrom(
      ...'abc01.-_ \n\t:#{}[]&*!|>\'"%@`,?=~$<\\\r\u0085\u2028é😀',
      'a: ',
      '- ',
      '\n  ',
      '${',
      '}',
      ':-',
      '&a ',
      '*a',
      '<<: ',
      '---\n',
      '!!',
      '"\\x',
    ),
    { maxLength: 60 },
  )

  it('ends in a value or in problems with places, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          yamlish.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          for (const schema of schemas) check(schema, text)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('ends in a value or in problems with places, for any edit of a valid file', () => {
    const edit = fc.record({
      text: fc.constantFrom(...Object.values(files)),
      at: fc.nat(1_000),
      remove: fc.nat(40),
      insert: fc.oneof(
        yamlish.map((parts) => parts.join('')),
        fc.string({ maxLength: 10 }),
      ),
    })
    fc.assert(
      fc.property(edit, ({ text, at, remove, insert }) => {
        const start = at % text.length
        for (const schema of schemas) check(schema, text.slice(0, start) + insert + text.slice(start + remove))
      }),
      { numRuns: 400 },
    )
  })

  function check(schema: (typeof schemas)[number], text: string): void {
    const { value, problems } = readConfig<unknown>(schema, { file: 'a.yaml', text, env: { A: 'x' } })
    expect(value === null).toBe(problems.length > 0)
    const lines = text.split('\n').length
    for (const { line, column, message, code } of problems) {
      expect(code).toMatch(/^CONFIG_/)
      expect(line).toBeGreaterThanOrEqual(1)
      expect(line).toBeLessThanOrEqual(lines + 1)
      expect(column).toBeGreaterThanOrEqual(1)
      expect(message).not.toMatch(/undefined|\[object|NaN is/)
    }
  }
})
