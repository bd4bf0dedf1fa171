import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../functions/contract/contract.ts'
import { headersOf } from '../../functions/contract/drift.ts'
import { type BigqueryTransform, compileToBigquery } from '../../functions/engine/bigquery/compile.ts'
import { type Destination, scriptSql, sheetTablesSql } from '../../functions/engine/bigquery/script.ts'
import { FILES, RECORDS } from '../../functions/engine/bigquery/sheet.ts'
import { rebuildTables } from '../../functions/engine/bigquery/tables.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { yamlWords } from '../../functions/lib/yaml-object.ts'
import { lenient } from '../support/weird-values.ts'
import { hasZetasql, openZetasql, type SqlTable, type Zetasql } from '../support/zetasql.ts'

const DATASET = 'my-project.rebuild'
const SHEETS: readonly SqlTable[] = [
  { name: `${DATASET}.things_records`, columns: RECORDS.columns },
  { name: `${DATASET}.things_files`, columns: FILES.columns },
]
const tables = rebuildTables(DATASET, 'things')

function compileFor(contract: Contract): BigqueryTransform {
  return compileToBigquery(contract, { header: contract.columns.map((column) => headersOf(column)[0]!), tables })
}

/** The statements of a script. No text in one has a semicolon at the end of a line. */
const statementsOf = (script: string) => script.split(/;\n+/).filter((statement) => statement.trim() !== '')

let zetasql: Zetasql
beforeAll(async () => {
  if (hasZetasql) zetasql = await openZetasql()
})
afterAll(async () => {
  await zetasql?.close()
})

const SKIPPED = hasZetasql ? '' : ' (skipped: not present)'

describe.skipIf(!hasZetasql)(`Google's analyser takes every statement${SKIPPED}`, () => {
  const streams = readdirSync('config/contracts/toast').filter(
    (name) => name.endsWith('.yaml') && name !== 'menu_items.yaml',
  )
  it.each(streams)('of %s', async (name) => {
    const given = Contract.parse(parse(await readFile(join('config/contracts/toast', name), 'utf8')))
    const transform = compileFor({ ...given, stream: 'things' })
    const parameters = { parameters: transform.parameters }
    const judged = await zetasql.analyze(transform.judged, SHEETS, parameters)
    const all = [...SHEETS, { name: transform.table, columns: judged.columns }]
    const kindsOf = async (destination: Destination) => {
      const statements = statementsOf(scriptSql(transform, destination))
      return await Promise.all(
        statements.map(async (statement) => (await zetasql.analyze(statement, all, parameters)).kind),
      )
    }
    const kinds = await kindsOf({ kind: 'tables', ...tables })
    expect(kinds).toEqual(['create', 'assert', 'create', 'create', 'query', 'query'])
    if (name !== 'order_details.yaml') return
    const parts = await kindsOf({ kind: 'parts', uri: 'gs://bucket/parts/' })
    expect(parts).toEqual(['create', 'assert', 'exportData', 'exportData', 'query', 'query'])
  })

  it('that makes the tables of the records', async () => {
    for (const statement of statementsOf(sheetTablesSql(tables)))
      expect((await zetasql.analyze(statement)).kind).toBe('create')
  })

  it('and finds what is wrong with one that is', async () => {
    const { judged, parameters } = compileFor(lenient)
    const wrong = judged.replace('r.byte_offset', 'r.byte_ofset')
    await expect(zetasql.analyze(wrong, SHEETS, { parameters })).rejects.toThrow('byte_ofset')
  })
})

describe.skipIf(!hasZetasql)(`the proof that nothing is lost${SKIPPED}`, () => {
  const record = (number: number, text: string) => [
    ...['185129', '2025-02-05', `${number}`, `${number + 1}`, '0'],
    Buffer.from(text).toString('base64'),
  ]
  const file = (location: string, records: number) => [
    ...[location, '2025-02-05', 'f', '0'.repeat(64), 'UTC', '4', 'utf-8', `${records}`],
  ]
  const blank = ','.repeat(lenient.columns.length - 2)
  const sheets = (records: readonly (readonly string[])[], files: readonly (readonly string[])[]) => [
    { ...SHEETS[0]!, rows: records },
    { ...SHEETS[1]!, rows: files },
  ]
  const reconciled = async (given: readonly SqlTable[]) => {
    const { judged, reconcile, parameters, table } = compileFor(lenient)
    const [, condition = ''] = /^ASSERT (NOT EXISTS .*) AS '/.exec(reconcile) ?? []
    const sql = `WITH ${table} AS (${judged}) SELECT ${condition}`
    return (await zetasql.evaluate(sql, given, { parameters, values: { privacy_key: 'k' } })).rows[0]
  }

  it('holds when every record of every file is there once, also of a file with none', async () => {
    const records = [record(1, `1${blank},x`), record(2, `x${blank},x`)]
    expect(await reconciled(sheets(records, [file('185129', 3), file('185130', 1)]))).toEqual(['true'])
  })

  it.each([
    ['a record is missing', [record(1, '1')], [file('185129', 3)]],
    ['a record was loaded twice', [record(1, '1'), record(1, '1')], [file('185129', 2)]],
    ['a file was loaded twice', [record(1, '1')], [file('185129', 2), file('185129', 2)]],
    ['a file has no record at all', [], [file('185129', 2)]],
  ])('does not hold when %s', async (_, records, files) => {
    expect(await reconciled(sheets(records, files))).toEqual(['false'])
  })
})

describe('what cannot be the same in BigQuery is refused', () => {
  const refusal = (change: object) => {
    try {
      compileFor(Contract.parse({ ...yamlWords(lenient), ...change }))
      return 'nothing'
    } catch (error) {
      if (error instanceof DaybreakError) return `${error.code}: ${error.message}`
      throw error
    }
  }
  const column = { type: 'string', description: 'A.' }

  it.each([
    ['_partition_day', 'names that begin with _partition are reserved there'],
    ['_table_', 'names that begin with _table_ are reserved there'],
    ['daybreak_0', 'names that begin with daybreak_ are reserved there'],
  ])('a column %s', (name, reason) => {
    const columns = [...lenient.columns, { ...column, name, from: 'X' }]
    expect(refusal({ columns })).toBe(`CONFIG_INVALID: column ${name} cannot be compiled to BigQuery: ${reason}`)
  })

  it('a key of binary fractions', () => {
    const checks = [{ name: 'one', unique: ['ratio'], effect: 'warn' }]
    expect(refusal({ checks })).toContain('check one cannot be compiled to BigQuery: ratio is a float64')
  })

  it('a check that is called like a rule of rejects', () => {
    const checks = [{ name: 'required', that: 'whole > 0', effect: 'quarantine' }]
    expect(refusal({ checks })).toContain('check required cannot be compiled to BigQuery')
  })

  it('a file of JSON', () => {
    expect(refusal({ format: 'json', rows: [{ list: 'items' }] })).toBe(
      'CONFIG_INVALID: the contract of things cannot be compiled to BigQuery: its file is json, and the compiled SQL reads records of CSV',
    )
  })

  it('a comparison by a number that is printed in two ways', () => {
    const checks = [{ name: 'same', equal: [{ by: 'cents' }, { by: 'fine' }], effect: 'warn' }]
    expect(refusal({ checks })).toContain('`by: cents` is a numeric')
  })

  it('a dataset that is none', () => {
    expect(() => rebuildTables('x`; DROP', 'things')).toThrow('is no dataset')
  })
})

it('no statement holds the privacy key, only the name of its parameter', () => {
  const script = scriptSql(compileFor(lenient), { kind: 'tables', ...tables })
  expect(script).toContain('@privacy_key')
  expect(Object.keys(compileFor(lenient).parameters)).toEqual(['privacy_key'])
})
