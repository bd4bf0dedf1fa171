import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Contract } from '../../functions/contract/contract.ts'
import { openTransformBench, type Row, type TransformBench } from '../support/transform.ts'

let bench: TransformBench
beforeAll(async () => {
  bench = await openTransformBench()
})
afterAll(() => bench.close())

type Format = NonNullable<Contract['format']>

const contractOf = (format: Format): Contract =>
  Contract.parse({
    version: 1,
    stream: 'sales',
    description: 'Sales.',
    format,
    ...(format === 'json' && { rows: [{}] }),
    key: ['id'],
    carries: {},
    columns: [
      { name: 'id', from: 'id', type: 'int64', required: true, description: 'Id.' },
      { name: 'amount', from: 'amount', type: 'numeric', scale: 2, description: 'Money.' },
      { name: 'note', from: 'note', type: 'string', allow: 'lines', description: 'Note.' },
    ],
  })

const NOTES = ['plain', 'a "quote"', 'two\nlines', 'comma, tab\t', "it's", 'é 红 😀', '{"a":[1]}', '', null, ' blanks ']

/** Rows of every kind of text, some of them without an id, so that they are rejected. */
const ROWS = Array.from({ length: 400 }, (_, at) => ({
  id: at % 37 === 0 ? null : at,
  amount: ((at * 7_919) % 100_003) / 100,
  note: NOTES[(at * 31) % NOTES.length] ?? null,
}))

const quoted = (value: string | number | null): string =>
  value === null ? '' : `"${String(value).replaceAll('"', '""')}"`
const texts: Readonly<Record<Exclude<Format, 'parquet'>, string>> = {
  csv: `id,amount,note\n${ROWS.map(({ id, amount, note }) => [id, amount, note].map(quoted).join(',')).join('\n')}\n`,
  json: JSON.stringify(ROWS),
  jsonl: ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''),
}

async function contentOf(format: Format): Promise<string | Buffer> {
  if (format !== 'parquet') return texts[format]
  const path = join(bench.root, 'rows.parquet')
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  const literal = (text: string | null) => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`)
  const values = ROWS.map(({ id, amount, note }) => `(${id ?? 'NULL'}, ${amount}::DECIMAL(10,2), ${literal(note)})`)
  await connection.run(
    `COPY (SELECT * FROM (VALUES ${values.join(', ')}) AS t(id, amount, note)) TO '${path}' (FORMAT parquet)`,
  )
  connection.closeSync()
  return await readFile(path)
}

const valuesOf = (rows: readonly Row[]) => rows.map(({ id, amount, note }) => [id, amount, note])

it.each(['json', 'jsonl', 'parquet'] as const)(
  'the same rows in %s and in CSV become the same rows',
  async (format) => {
    const csv = await bench.transform(contractOf('csv'), texts.csv)
    const other = await bench.transform(contractOf(format), await contentOf(format))
    expect(other.rows).toHaveLength(ROWS.filter(({ id }) => id !== null).length)
    expect(valuesOf(other.rows)).toEqual(valuesOf(csv.rows))
    expect(other.rejects.map(({ record, column, rule }) => [record, column, rule])).toEqual(
      csv.rejects.map(({ record, column, rule }) => [record, column, rule]),
    )
    expect(other.result.totals).toEqual(csv.result.totals)
  },
)
