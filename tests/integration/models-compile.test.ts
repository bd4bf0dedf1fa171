import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { expectCompiledModels } from '../../functions/compose/models.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'
import { hasZetasql } from '../support/zetasql.ts'

const COMPILED = 'config/models/compiled.json'

/** A copy of the project's YAML and models, with other texts of some files. */
async function projectWith(changes: Readonly<Record<string, string>>): Promise<string> {
  const folder = await testFolder()
  await cp('config', join(folder, 'config'), { recursive: true })
  for (const [path, text] of Object.entries(changes)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const model = (projectDir: string, ...words: readonly string[]) =>
  daybreak(['model', ...words, '--project-dir', projectDir])

const SMALL = {
  sql: 'SELECT o.location_id, o.business_date, SUM(o.amount) AS net_sales FROM toast.order_details AS o GROUP BY 1, 2\n',
  yaml: [
    'version: 1',
    'model: small',
    'description: A test.',
    'key: [location_id, business_date]',
    'table: { partition_by: business_date }',
    'columns:',
    '  - { name: location_id, type: string, description: A. }',
    '  - { name: business_date, type: date, description: B. }',
    '  - { name: net_sales, type: numeric, additive: true, description: C. }',
    '',
  ].join('\n'),
}

const smallWith = ({ sql = SMALL.sql, yaml = SMALL.yaml }: Partial<typeof SMALL>) =>
  projectWith({ 'config/models/small.sql': sql, 'config/models/small.yaml': yaml })

describe('the compiled models of the project', () => {
  it('are read without an analyser, as long as the sources are those that were compiled', async () => {
    const { models } = await expectCompiledModels(await projectWith({}))
    expect(Object.keys(models)).toContain('daily_sales')
  })

  it.each([
    ['changed', { 'config/models/restaurant/daily_sales.sql': 'SELECT 1 AS one' }, 'daily_sales'],
    ['added', { 'config/models/small.sql': SMALL.sql, 'config/models/small.yaml': SMALL.yaml }, 'small'],
  ])('are refused when a model was %s', async (_, changes, name) => {
    const found = expectCompiledModels(await projectWith(changes))
    await expect(found).rejects.toMatchObject({ code: 'MODEL_NOT_COMPILED', message: expect.stringContaining(name) })
  })

  it('are refused when a model is gone', async () => {
    const folder = await projectWith({})
    await rm(join(folder, 'config/models/restaurant/labour_daily.yaml'))
    await expect(expectCompiledModels(folder)).rejects.toThrow('older than these models: labour_daily')
  })
})

describe('daybreak validate', () => {
  it('names the place of what is wrong in a file that rows of a model are made from', async () => {
    const fiscal = (await readFile('config/fiscal.yaml', 'utf8')).replace('2026]', '2036]')
    const folder = await projectWith({ 'config/fiscal.yaml': fiscal })
    const { code, stderr } = await daybreak(['validate', '--project-dir', folder])
    expect(code).toBe(2)
    expect(stderr).toContain(
      'config/fiscal.yaml:8:20 long_years[1] is the number 2036; expected a year from 2020 to 2028',
    )
  })
})

describe('daybreak model', () => {
  it('lists each model with its state', async () => {
    const folder = await smallWith({})
    const { stdout } = await model(folder, 'list', '-o', 'json')
    const states = JSON.parse(stdout).map((row: { model: string; state: string }) => [row.model, row.state])
    expect(states).toContainEqual(['small', 'new'])
    expect(states).toContainEqual(['daily_sales', 'compiled'])
  })

  it('shows where a column comes from', async () => {
    const { stdout } = await model(process.cwd(), 'show', 'daily_sales', '-o', 'json')
    expect(stdout).toContain('models.order_facts.net_sales')
  })

  it('shows the query of either engine', async () => {
    const { stdout } = await model(process.cwd(), 'show', 'daily_sales', '--sql', 'bigquery')
    expect(stdout).toContain('FROM models.order_facts AS `order_facts`')
  })

  it('names the nearest model for one that does not exist', async () => {
    const { code, stderr } = await model(process.cwd(), 'show', 'daily_sale')
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('daily_sales') })
  })

  it('says how to install the analyser where it is missing', async () => {
    const folder = await smallWith({})
    const away = { program: ['node', join(folder, 'cli/daybreak.mjs')] }
    const { code, stderr } = await daybreak(['model', 'compile', '--project-dir', folder], away)
    expect(code).toBe(2)
    expect(stderr).toContain('ANALYSER_MISSING')
    expect(stderr).toContain('npm install --save-dev @fivetrandevelopers/zetasql')
  })
})

describe.skipIf(!hasZetasql)('daybreak model compile (skipped: not present, where the analyser has no binary)', () => {
  it('finds config/models/compiled.json as the models compile to', async () => {
    const { code, stderr } = await model(process.cwd(), 'compile', '--check')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('writes the file for models that were changed, and the same bytes again', async () => {
    const folder = await smallWith({})
    expect(await model(folder, 'compile', '--check')).toMatchObject({ code: 2 })
    expect(await model(folder, 'compile')).toMatchObject({ code: 0 })
    const text = await readFile(join(folder, COMPILED), 'utf8')
    expect((await expectCompiledModels(folder)).models.small).toMatchObject({
      kind: 'partition',
      references: [{ table: 'toast.order_details', alias: 'o', dates: { from: 0, to: 0 }, isPartitioned: true }],
      lineage: {
        columns: { net_sales: [{ table: 'toast.order_details', column: 'amount', kind: 'AGGREGATION' }] },
      },
    })
    await rm(join(folder, COMPILED))
    expect(await model(folder, 'compile')).toMatchObject({ code: 0 })
    expect(await readFile(join(folder, COMPILED), 'utf8')).toBe(text)
  })

  it.each([
    ['a query that does not parse', { sql: 'SELECT 1 AS one\nFROM' }, '[MODEL_INVALID] config/models/small.sql:2:5'],
    ['an unknown column', { sql: SMALL.sql.replace('o.amount', 'o.amuont') }, 'config/models/small.sql:1:46'],
    [
      'a column of another name',
      { sql: SMALL.sql.replace('net_sales', 'net') },
      'config/models/small.yaml:9:5 expected `net_sales` in place 3; the query gives `net` (NUMERIC)',
    ],
    [
      'a column of another type',
      { yaml: SMALL.yaml.replace('type: numeric', 'type: int64') },
      'config/models/small.yaml:9:5 expected `net_sales` as INT64; the query gives `net_sales` (NUMERIC)',
    ],
    [
      'a column that the YAML does not have',
      { sql: SMALL.sql.replace('AS net_sales', 'AS net_sales, COUNT(*) AS orders') },
      'the query also gives `orders`',
    ],
    ['a key of no column', { yaml: SMALL.yaml.replace('key: [location_id', 'key: [place') }, 'small.yaml:4:7'],
    [
      'partitions by a text',
      { yaml: SMALL.yaml.replace('partition_by: business_date', 'partition_by: location_id') },
      'partition_by must name a date column',
    ],
    [
      'a rate that is called additive',
      { yaml: SMALL.yaml.replace('additive: true', 'additive: true, of: [net_sales]') },
      'a column with `of` is a rate or an average',
    ],
    [
      'a check of an unknown stream',
      {
        yaml: `${SMALL.yaml}checks:\n  - { name: a, effect: warn, together: [{ model: small }, { stream: orders }] }\n`,
      },
      'there is no stream `orders`',
    ],
    [
      'a check of an unknown column',
      { yaml: `${SMALL.yaml}checks:\n  - { name: a, effect: warn, that: net_sale > 0 }\n` },
      'unknown column `net_sale`',
    ],
    [
      'two checks of one name',
      { yaml: `${SMALL.yaml}checks:\n  - { unique: key, effect: warn }\n  - { unique: [net_sales], effect: warn }\n` },
      'two checks are called unique_key',
    ],
    [
      'dates that do not follow from the partition',
      { sql: SMALL.sql.replace('o.business_date,', "DATE '2026-01-01' AS business_date,") },
      'the dates of o do not follow from business_date',
    ],
  ])('refuses %s', async (_, change, message) => {
    const { code, stderr } = await model(await smallWith(change), 'compile')
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })

  it('refuses models that read each other in a circle, by name', async () => {
    const other = (from: string) => SMALL.sql.replaceAll('o.amount', 'o.net_sales').replace('toast.order_details', from)
    const folder = await projectWith({
      'config/models/first.sql': other('models.second'),
      'config/models/first.yaml': SMALL.yaml.replace('model: small', 'model: first'),
      'config/models/second.sql': other('models.first'),
      'config/models/second.yaml': SMALL.yaml.replace('model: small', 'model: second'),
    })
    const { code, stderr } = await model(folder, 'compile')
    expect(code).toBe(2)
    expect(stderr).toContain('first reads second reads first')
  })

  it.each([
    ['a header', 'hour,name\n1,a\n', 'seed.csv:1:1 the header is "hour,name"'],
    ['a value', 'hour,label\n1,a\nx,b\n', 'seed.csv:3:1 hour: "x" is no int64'],
    ['no rows', 'hour,label\n', 'the file has 0 rows'],
  ])('refuses a seed with %s that does not fit', async (_, csv, message) => {
    const yaml = SMALL.yaml
      .replace('model: small', 'model: seed')
      .replace(/key:[\s\S]*/, 'key: [hour]\ncolumns:\n')
      .concat('  - { name: hour, type: int64, description: A. }\n  - { name: label, type: string, description: B. }\n')
    const folder = await projectWith({ 'config/models/seed.csv': csv, 'config/models/seed.yaml': yaml })
    const { code, stderr } = await model(folder, 'compile')
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe.skipIf(!hasZetasql)('daybreak model test (skipped: not present, where the analyser has no binary)', () => {
  const testOf = (rows: string) =>
    projectWith({
      'config/models/small.sql': SMALL.sql,
      'config/models/small.yaml': SMALL.yaml,
      'config/models/tests/small.yaml': [
        'version: 1',
        'model: small',
        'tests:',
        '  - name: amounts of a location are added up',
        '    given:',
        '      toast.order_details:',
        "        - { location_id: '1', business_date: 2026-01-05, amount: 1.10 }",
        "        - { location_id: '1', business_date: 2026-01-05, amount: 2.2 }",
        '    expect:',
        `      - ${rows}`,
        '',
      ].join('\n'),
    })

  it('passes for the tests of the project', async () => {
    const { code, stderr } = await model(process.cwd(), 'test')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('has tests of every shipped mart', async () => {
    const names = await readdir('config/models/restaurant')
    const marts = names.filter((name) => name.endsWith('.sql')).map((name) => name.replace(/sql$/, 'yaml'))
    expect(await readdir('config/models/restaurant/tests')).toEqual(marts)
  })

  it('passes when both engines give the rows', async () => {
    expect(await model(await testOf("{ location_id: '1', net_sales: 3.3 }"), 'test', 'small')).toMatchObject({
      code: 0,
    })
  })

  it('names the rows that are missing and those that are not expected, by engine', async () => {
    const { code, stderr } = await model(await testOf("{ location_id: '1', net_sales: 3.31 }"), 'test', 'small')
    expect(code).toBe(3)
    expect(stderr).toContain('MODEL_TEST_FAILED')
    for (const engine of ['bigquery', 'duckdb']) {
      expect(stderr).toContain(`in ${engine} no row ["1","3.31"] of (location_id, net_sales)`)
      expect(stderr).toContain(`in ${engine} the row ["1","3.3"] of (location_id, net_sales) is not expected`)
    }
  })

  it('names a column that does not exist', async () => {
    const { stderr } = await model(await testOf("{ location_id: '1', net_sale: 3.3 }"), 'test', 'small')
    expect(stderr).toContain('the model has no column net_sale')
  })

  it('says that a model has no tests', async () => {
    expect(await model(process.cwd(), 'test', 'dayparts')).toMatchObject({
      stderr: expect.stringContaining('NOT_FOUND'),
    })
  })
})
