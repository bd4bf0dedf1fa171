import { describe, expect, it } from 'vitest'
import { columnChecks } from '../../../functions/contract/column-rules.ts'
import { Contract } from '../../../functions/contract/contract.ts'
import { relationOf } from '../../../functions/contract/relation.ts'
import { renamesOf } from '../../../functions/contract/renames.ts'
import { validateContract } from '../../../functions/contract/validate/validate.ts'
import { aContract } from '../../support/definition.ts'

const id = { name: 'id', from: 'Id', type: 'string', required: true, description: 'Key.' }
const contractOf = (column: object, more: object = {}): Contract =>
  aContract('sales', {
    columns: [id, { name: 'extra', from: 'Extra', type: 'string', description: 'Extra.', ...column }],
    ...more,
  })
const relation = (column: object, more: object = {}) =>
  relationOf(contractOf(column, more), { catalog: null, schema: 'toast' })

describe('a rule of a column', () => {
  it.each<readonly [column: object, that: string]>([
    [{ type: 'numeric', min: -0.5 }, 'extra >= -0.5'],
    [{ type: 'int64', min: 1, max: 5 }, 'extra >= 1 and extra <= 5'],
    [{ type: 'float64', max: 0.1 }, 'extra <= float64(0.1)'],
    [{ type: 'date', format: 'yyyy-MM-dd', min: '2020-02-29' }, "extra >= date('2020-02-29')"],
    [{ min_length: 2 }, 'length(extra) >= 2'],
    [{ min_length: 2, max_length: 3 }, 'length(extra) >= 2 and length(extra) <= 3'],
    [{ values: ['a', "b's"], closed: true }, "extra in ('a', 'b''s')"],
  ])('%j is the check %s', (column, that) => {
    const contract = contractOf(column)
    expect(validateContract(contract)).toEqual([])
    expect(columnChecks(contract).map((check) => check.that)).toEqual([that])
  })

  it('is none where a list of values is open', () => {
    expect(columnChecks(contractOf({ values: ['a'] }))).toEqual([])
    expect(columnChecks(contractOf({ values: ['a'], closed: false }))).toEqual([])
  })

  it.each<readonly [column: object, key: string, message: RegExp]>([
    [{ closed: true }, 'closed', /there is none/],
    [{ privacy: 'hash', max_length: 3 }, 'privacy', /privacy: hash cannot be held to a rule/],
    [{ type: 'int64', max_length: 3 }, 'type', /only a string has a length, this is a int64/],
    [{ min_length: 3, max_length: 2 }, 'max_length', /longer than 3 and shorter than 2/],
    [{ min: 1 }, 'min', /only a number or a date has bounds, this is a string/],
    [{ type: 'datetime', format: 'yyyy-MM-dd H:mm', max: '2026-01-01' }, 'max', /only a number or a date/],
    [{ type: 'numeric', min: '1' }, 'min', /expected a number of at most 15 digits and 9 decimal places, found "1"/],
    [{ type: 'numeric', max: 1e21 }, 'max', /found 1e\+21/],
    [{ type: 'numeric', max: 1e-10 }, 'max', /found 1e-10/],
    [
      { type: 'date', format: 'yyyy-MM-dd', min: '2026-02-30' },
      'min',
      /expected a day such as 2026-01-31, found "2026-02-30"/,
    ],
    [{ type: 'date', format: 'yyyy-MM-dd', min: 20260101 }, 'min', /expected a day/],
    [{ type: 'numeric', min: 2, max: 1 }, 'max', /no value is at least 2 and at most 1/],
    [{ type: 'date', format: 'yyyy-MM-dd', min: '2026-02-01', max: '2026-01-01' }, 'max', /no value is at least/],
  ])('%j is refused at %s', (column, key, message) => {
    const issues = validateContract(contractOf(column))
    expect(issues).toEqual([{ path: ['columns', 1, key], message: expect.stringMatching(message) }])
  })

  it('takes a name that no check may have', () => {
    const checks = [{ name: 'extra_length', that: "extra <> 'a'", effect: 'warn' }]
    expect(validateContract(contractOf({ max_length: 3 }, { checks }))).toEqual([
      { path: ['checks', 0, 'name'], message: '`extra_length` is the name of a rule that a column has' },
    ])
  })
})

describe('the table of a contract', () => {
  it('has the key and the date that a load replaces as its primary key', () => {
    expect(relation({})).toMatchObject({ primaryKey: ['business_date', 'id'], unique: [] })
    expect(relation({}, { key: ['id', 'business_date'] })).toMatchObject({ primaryKey: ['id', 'business_date'] })
  })

  it('has the key alone where a load replaces the table', () => {
    expect(relation({}, { carries: {}, table: {} })).toMatchObject({ primaryKey: ['id'], partitionBy: null })
  })

  it.each([{}, { required: true, privacy: 'drop' }])('has a key with an absent value as a unique one: %j', (column) => {
    const unique = [['business_date', 'id', 'extra']]
    const contract = Contract.parse({ ...contractInput, columns: [id, { ...extra, ...column }] })
    expect(relationOf(contract, { catalog: null, schema: 'toast' })).toMatchObject({ primaryKey: [], unique })
  })

  it('has keys that reject a row or a file, within a location, and none that only warn', () => {
    const unique = (effect: string, more: object = {}) => ({ name: effect, unique: ['extra'], effect, ...more })
    const key = [['business_date', 'location_id', 'extra']]
    expect(relation({}, { checks: [unique('quarantine'), unique('block')] }).unique).toEqual(key)
    expect(relation({}, { checks: [unique('warn'), unique('hold')] }).unique).toEqual([])
    expect(relation({}, { checks: [unique('block', { empty_counts: true })] }).unique).toEqual([])
    expect(relation({}, { checks: [{ ...unique('block'), unique: ['id'] }] }).unique).toHaveLength(1)
  })

  it('has rules of kept values, also those of a pattern, and none of hashed ones', () => {
    const { columns } = relation({ pattern: '[a-z]+', max_length: 3 })
    expect(columns.find(({ name }) => name === 'extra')?.rules).toEqual([
      { kind: 'pattern', pattern: '[a-z]+' },
      { kind: 'length', min: null, max: 3 },
    ])
    expect(relation({ pattern: '[a-z]+', privacy: 'hash' }).columns[1]).toMatchObject({ name: 'extra', rules: [] })
  })

  it('requires what every row has: a dropped value is in none', () => {
    const required = ({ columns }: ReturnType<typeof relation>) =>
      columns.filter(({ isRequired }) => isRequired).map(({ name }) => name)
    const always = ['location_id', 'business_date']
    expect(required(relation({ required: true }))).toEqual(['id', 'extra', ...always])
    expect(required(relation({ required: true, privacy: 'drop' }))).toEqual(['id', ...always])
  })
})

const extra = { name: 'extra', from: 'Extra', type: 'string', description: 'Extra.' }
const contractInput = {
  version: 1,
  stream: 'sales',
  description: 'Sales.',
  file: 'Sales.csv',
  key: ['id', 'extra'],
}

describe('a renamed column', () => {
  it('is one that reads the same header under another name', () => {
    const after = contractOf({ name: 'other', from: ['New', 'extra '] })
    expect(renamesOf(contractOf({}), after)).toEqual([{ from: 'extra', to: 'other' }])
    expect(renamesOf(contractOf({}), contractOf({ name: 'other', from: 'New' }))).toEqual([])
  })
})
