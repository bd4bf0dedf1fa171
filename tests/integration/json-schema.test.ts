import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../functions/contract/contract.ts'
import { rawSchema, rowSchema } from '../../functions/contract/formats/json-schema.ts'
import { problemsBy, validatorOf } from '../support/published-schemas.ts'
import { openTransformBench, type Row, type TransformBench } from '../support/transform.ts'

const FOLDER = 'tests/golden/transform'
/** Rules that a schema of one field can say. */
const OF_A_FIELD = /^(required|pattern|int64|numeric|float64|bool|date|time|datetime|\w+_(values|length))$/
/** Causes that no pattern sees: the length of a number, a day that is none. */
const BEYOND = /more than \d+ digits|more digits than 64 bits|there is no such day or time|written without E/

const cases = readdirSync(FOLDER).flatMap((name) => {
  const folder = join(FOLDER, name)
  const given = parse(readFileSync(join(folder, 'case.yaml'), 'utf8'))
  const input = join(folder, 'input.csv')
  if (given.error || !existsSync(input)) return []
  const file = given.contract === 'contract.yaml' ? join(folder, given.contract) : given.contract
  const contract = Contract.parse(parse(readFileSync(file, 'utf8')))
  const bytes = readFileSync(input)
  const records = recordsOf(bytes.toString('utf8'))
  return records ? [{ name, contract, bytes, records }] : []
})

/** Rows by header, where a plain reader finds as many fields in each as in the header. */
function recordsOf(text: string): readonly Readonly<Record<string, string>>[] | null {
  if (text.includes('\ufffd') || text.includes('\0') || text.startsWith('\ufeff')) return null
  try {
    return parseCsv(text, { columns: true, relax_column_count: false })
  } catch {
    return null
  }
}

/** A row with numbers for numbers, as a program has it. */
function typed(row: Row, { columns, derived }: Contract): Readonly<Record<string, unknown>> {
  const types = new Map([...columns, ...derived].map(({ name, type }) => [name, type]))
  return Object.fromEntries(
    Object.entries(row).map(([name, text]) => {
      const type = types.get(name) ?? (name === '_row_number' ? 'int64' : 'string')
      if (text === null) return [name, null]
      if (type === 'bool') return [name, text === 'true']
      return [name, ['int64', 'numeric', 'float64'].includes(type) ? Number(text) : text]
    }),
  )
}

describe('a JSON Schema of a contract', () => {
  let bench: TransformBench
  beforeAll(async () => {
    bench = await openTransformBench()
  })
  afterAll(() => bench.close())

  it.each(cases)('agrees with the engine about $name', async ({ contract, bytes, records }) => {
    const { rows, rejects } = await bench.transform(contract, bytes)
    const row = validatorOf(rowSchema(contract, 'toast'))
    for (const each of rows) {
      expect(problemsBy(row, typed(each, contract))).toEqual([])
      expect(problemsBy(row, { ...typed(each, contract), unknown: 1 })).not.toEqual([])
    }
    const raw = validatorOf(rawSchema(contract))
    const rejected = new Map(rejects.map((reject) => [Number(reject.record), reject]))
    if (rows.length + rejects.length !== records.length) return
    for (const [index, record] of records.entries()) {
      const reject = rejected.get(index + 1)
      const failures: { rule: string; message: string }[] = JSON.parse(reject?.failures ?? '[]')
      const isSeen = failures.some(({ rule, message }) => OF_A_FIELD.test(rule) && !BEYOND.test(message))
      if (!reject) expect(problemsBy(raw, record), `record ${index + 1}`).toEqual([])
      if (isSeen) expect(problemsBy(raw, record), `record ${index + 1}: ${reject?.failures}`).not.toEqual([])
    }
  })

  it('judged most of the golden folders, with rows of both kinds', () => {
    expect(cases.length).toBeGreaterThan(15)
  })

  it('refuses a row whose number is out of bounds, and one without a required value', () => {
    const { contract } = cases.find(({ name }) => name === 'bounds-of-columns')!
    const row = validatorOf(rowSchema(contract, 'toast'))
    const good = { sale_id: 'ab1', location_id: '1', business_date: '2026-01-01', amount: '99.95', pieces: 1 }
    expect(problemsBy(row, good)).toEqual([])
    for (const change of [{ amount: 99.96 }, { amount: '1.234' }, { pieces: 0 }, { pieces: 1.5 }, { sale_id: null }])
      expect(problemsBy(row, { ...good, ...change }), JSON.stringify(change)).not.toEqual([])
    const { sale_id: _, ...without } = good
    expect(problemsBy(row, without)).not.toEqual([])
  })
})
