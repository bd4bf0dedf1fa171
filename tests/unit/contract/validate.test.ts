import { describe, expect, it } from 'vitest'
import { Contract, CrossCheck } from '../../../functions/contract/contract.ts'
import { validateCrossChecks } from '../../../functions/contract/validate/checks.ts'
import { validateContract } from '../../../functions/contract/validate/validate.ts'
import { ORDER_ID, ORDERS_CONTRACT } from '../../support/orders-contract.ts'

const base = {
  ...ORDERS_CONTRACT,
  columns: [
    ORDER_ID,
    { name: 'amount', from: 'Amount', type: 'numeric', scale: 4, description: 'Money.' },
    { name: 'opened_at', from: 'Opened', type: 'datetime', format: 'M/d/yy h:mm a', description: 'When.' },
    { name: 'duration', from: 'Duration', type: 'string', description: 'How long.' },
    { name: 'guest', from: 'Guest', type: 'string', privacy: 'hash', description: 'Who.' },
    { name: 'card', from: 'Card', type: 'string', privacy: 'mask', description: 'Card.' },
    { name: 'link', from: 'Link', type: 'string', privacy: 'drop', description: 'Link.' },
  ],
}
const column = (fields: object): object => ({
  name: 'extra',
  from: 'Extra',
  type: 'string',
  description: 'Extra.',
  ...fields,
})
const derived = (fields: object): object => ({ name: 'extra', type: 'int64', description: 'Extra.', ...fields })
const check = (fields: object): object => ({ name: 'extra', effect: 'warn', ...fields })

interface Changes {
  readonly columns?: readonly object[]
  readonly derived?: readonly object[]
  readonly checks?: readonly object[]
  readonly [field: string]: unknown
}
const contractWith = ({ columns = [], ...changes }: Changes): Contract =>
  Contract.parse({ ...base, ...changes, columns: [...base.columns, ...columns] })

describe('a contract', () => {
  it('that is sound has no issues', () => {
    const contract = contractWith({
      derived: [
        derived({ name: 'seconds', from: 'duration', parse: 'prose_duration' }),
        derived({ name: 'minutes', type: 'numeric', scale: 1, expression: 'round(seconds / 60, 1)' }),
        derived({ name: 'opened_at_utc', type: 'timestamp', from: 'opened_at', parse: 'utc' }),
      ],
      checks: [
        check({ name: 'a', that: 'amount = 1 and guest is not null', effect: 'quarantine' }),
        check({ name: 'b', unique: ['order_id', 'guest'], effect: 'block' }),
        check({ name: 'c', equal: [{ sum: 'amount', where: "order_id = '1'" }, { sum: 'amount' }] }),
        check({ name: 'd', every: { by: 'order_id' }, exists_in: { stream: 'orders', by: 'guest' } }),
        check({ name: 'e', outlier: { of: 'amount' } }),
        check({ name: 'f', equal: [{ by: 'duration', split: ', ' }, { by: 'order_id' }] }),
      ],
    })
    expect(validateContract(contract)).toEqual([])
  })

  it.each<readonly [string, Changes, readonly (string | number)[], string]>([
    ['rows of a CSV file', { rows: [{ list: 'items' }] }, ['rows'], 'only a file with `format: json`'],
    ['JSON without rows', { format: 'json' }, ['format'], 'json needs `rows`'],
    ['a step without a list', { format: 'json', rows: [{}, {}] }, ['rows', 1], 'only the first step'],
    ['rows inside rows', { format: 'json', rows: [{ list: 'a', nested: true }] }, ['rows', 0, 'nested'], 'cannot be'],
    [
      'a step with the name of all',
      { format: 'json', rows: [{ list: 'a', as: 'parent' }, { list: 'b' }] },
      ['rows', 0, 'as'],
      'already',
    ],
    ['a name for the rows', { format: 'json', rows: [{ list: 'a', as: 'row' }] }, ['rows', 0, 'as'], 'need no name'],
    [
      'days in JSON',
      { format: 'json', rows: [{ list: 'a' }], dated_by: ['opened_at'] },
      ['dated_by'],
      'cannot be split',
    ],
    [
      'a path from a step that does not exist',
      { format: 'json', rows: [{ list: 'a', as: 'menu' }, { list: 'b' }], columns: [column({ from: 'mneu.name' })] },
      ['columns', 7, 'from'],
      'Did you mean "menu"?',
    ],
    [
      'a path that ends at an object',
      { format: 'json', rows: [{ list: 'a', as: 'menu' }, { list: 'b' }], columns: [column({ from: 'menu' })] },
      ['columns', 7, 'from'],
      'say which key',
    ],
    ['a name twice', { columns: [column({ name: 'amount' })] }, ['columns', 7, 'name'], 'already'],
    [
      'a derived name twice',
      { derived: [derived({ name: 'amount', expression: '1' })] },
      ['derived', 0, 'name'],
      'already',
    ],
    ['a name every table has', { columns: [column({ name: '_loaded_at' })] }, ['columns', 7, 'name'], 'every table'],
    ['the closeout hour', { columns: [column({ name: 'closeout_hour' })] }, ['columns', 7, 'name'], 'every table'],
    [
      'the closeout hour of a shard that is no restaurant',
      { carries: { shard: 'store' }, table: {}, checks: [check({ name: 'late', that: 'closeout_hour < 6' })] },
      ['checks', 0, 'that'],
      'closeout_hour',
    ],
    ['a header twice', { columns: [column({ from: ['New', 'Amount'] })] }, ['columns', 7, 'from'], '`amount`'],
    ['a header twice but for case', { columns: [column({ from: 'order  ID' })] }, ['columns', 7, 'from'], '`order_id`'],
    ['a key that is no column', { key: ['order_ids'] }, ['key', 0], 'Did you mean "order_id"?'],
    ['a key twice', { key: ['order_id', 'order_id'] }, ['key', 1], 'twice'],
    ['a masked key', { key: ['card'] }, ['key', 0], 'use hash'],
    [
      'a cluster that is no column',
      { table: { partition_by: 'business_date', cluster_by: ['amont'] } },
      ['table', 'cluster_by', 0],
      'Did you mean "amount"?',
    ],
    ['no format', { columns: [column({ type: 'date' })] }, ['columns', 7, 'type'], 'needs a format'],
    ['a format of a text', { columns: [column({ format: 'M/d/yy' })] }, ['columns', 7, 'format'], 'has no format'],
    ['a wrong format', { columns: [column({ type: 'date', format: 'M/d' })] }, ['columns', 7, 'format'], 'year'],
    [
      'a format of another type',
      { columns: [column({ type: 'date', format: ['M/d/yy', 'h:mm a'] })] },
      ['columns', 7, 'format', 1],
      'of a time',
    ],
    [
      'optional and required',
      { columns: [column({ optional: true, required: true })] },
      ['columns', 7, 'optional'],
      'at once',
    ],
    [
      'a hashed number',
      { columns: [column({ type: 'int64', privacy: 'hash' })] },
      ['columns', 7, 'privacy'],
      'only a string',
    ],
    ['values of a hash', { columns: [column({ privacy: 'hash', values: ['a'] })] }, ['columns', 7, 'values'], 'kept'],
    ['a derived column of nothing', { derived: [derived({})] }, ['derived', 0], 'parse or expression'],
    [
      'parse and expression',
      { derived: [derived({ from: 'duration', parse: 'prose_duration', expression: '1' })] },
      ['derived', 0],
      'it can have one',
    ],
    [
      'from without parse',
      { derived: [derived({ from: 'amount', expression: '1' })] },
      ['derived', 0, 'from'],
      'needs `parse`',
    ],
    ['parse without from', { derived: [derived({ parse: 'prose_duration' })] }, ['derived', 0], 'needs `from`'],
    [
      'parse of nothing',
      { derived: [derived({ from: 'durations', parse: 'prose_duration' })] },
      ['derived', 0, 'from'],
      'Did you mean "duration"?',
    ],
    [
      'parse of a number',
      { derived: [derived({ from: 'amount', parse: 'prose_duration' })] },
      ['derived', 0, 'from'],
      'takes a string',
    ],
    [
      'parse of a hash',
      { derived: [derived({ from: 'guest', parse: 'prose_duration' })] },
      ['derived', 0, 'from'],
      'nothing left',
    ],
    [
      'utc of a text',
      { derived: [derived({ from: 'duration', parse: 'utc', type: 'timestamp' })] },
      ['derived', 0, 'from'],
      'takes a datetime',
    ],
    [
      'utc as datetime',
      { derived: [derived({ from: 'opened_at', parse: 'utc', type: 'datetime' })] },
      ['derived', 0, 'type'],
      'gives a timestamp',
    ],
    [
      'an expression of another type',
      { derived: [derived({ expression: "'x'" })] },
      ['derived', 0, 'expression'],
      'expected a int64',
    ],
    [
      'an expression over a later column',
      { derived: [derived({ name: 'one', expression: 'two' }), derived({ name: 'two', expression: '1' })] },
      ['derived', 0, 'expression'],
      'unknown column `two`',
    ],
    ['a check twice', { checks: [check({ that: 'true' }), check({ that: 'true' })] }, ['checks', 1, 'name'], 'already'],
    [
      'a check that is no condition',
      { checks: [check({ that: 'amount' })] },
      ['checks', 0, 'that'],
      'expected a condition',
    ],
    [
      'within next to a text',
      { checks: [check({ that: "guest = 'x'", within: 1 })] },
      ['checks', 0, 'that'],
      'compares numbers',
    ],
    [
      'a check of a dropped column',
      { checks: [check({ that: 'link is null' })] },
      ['checks', 0, 'that'],
      'would not see',
    ],
    ['unique over nothing', { checks: [check({ unique: ['order_ids'] })] }, ['checks', 0, 'unique', 0], 'Did you mean'],
    ['unique over a mask', { checks: [check({ unique: ['card'] })] }, ['checks', 0, 'unique', 0], 'use hash'],
    [
      'another stream',
      { checks: [check({ equal: [{ stream: 'checks' }, {}] })] },
      ['checks', 0, 'equal', 0, 'stream'],
      'into the pipeline',
    ],
    [
      'a sum of texts',
      { checks: [check({ equal: [{}, { sum: 'guest' }] })] },
      ['checks', 0, 'equal', 1, 'sum'],
      'adds up',
    ],
    [
      'a where that is none',
      { checks: [check({ equal: [{ where: 'amount' }, {}] })] },
      ['checks', 0, 'equal', 0, 'where'],
      'expected a bool',
    ],
    [
      'groups against totals',
      { checks: [check({ equal: [{ by: 'order_id' }, {}] })] },
      ['checks', 0, 'equal'],
      'neither has',
    ],
    [
      'groups of two types',
      { checks: [check({ equal: [{ by: 'order_id' }, { by: 'amount' }] })] },
      ['checks', 0, 'equal'],
      'a numeric on the right',
    ],
    [
      'a split number',
      { checks: [check({ equal: [{ by: 'amount', split: ',' }, { by: 'amount' }] })] },
      ['checks', 0, 'equal', 0, 'split'],
      'only a string',
    ],
    [
      'a split of nothing',
      { checks: [check({ equal: [{ split: ',' }, {}] })] },
      ['checks', 0, 'equal', 0, 'split'],
      'needs `by`',
    ],
    [
      'exists without by',
      { checks: [check({ every: {}, exists_in: { by: 'order_id' } })] },
      ['checks', 0, 'every'],
      '`by` is needed',
    ],
    [
      'by the closeout hour',
      { checks: [check({ equal: [{ by: 'closeout_hour' }, { by: 'closeout_hour' }] })] },
      ['checks', 0, 'equal', 0, 'by'],
      'no column',
    ],
    [
      'a loss of a text',
      { checks: [check({ loss: { totals: ['guest'] } })] },
      ['checks', 0, 'loss', 'totals', 0],
      'guest',
    ],
    ['a constant of nothing', { checks: [check({ constant: 'gast' })] }, ['checks', 0, 'constant'], 'no column'],
    ['a constant that is hidden', { checks: [check({ constant: 'guest' })] }, ['checks', 0, 'constant'], 'not a text'],
    [
      'the money of missing values without a sum',
      { checks: [check({ every: { by: 'order_id' }, exists_in: { by: 'order_id' }, above: { difference: 1 } })] },
      ['checks', 0, 'above', 'difference'],
      '`sum` of `every` is needed',
    ],
    [
      'another right side that does not compare',
      {
        checks: [
          check({ equal: [{ sum: 'amount' }, { sum: 'amount' }], or_equal: [{ sum: 'amount' }, { sum: 'amounts' }] }),
        ],
      },
      ['checks', 0, 'or_equal', 1, 'sum'],
      'Did you mean',
    ],
    [
      'an outlier of a text',
      { checks: [check({ outlier: { of: 'guest' } })] },
      ['checks', 0, 'outlier', 'of'],
      'no numeric column',
    ],
  ])('with %s is refused at its place', (_, changes, path, message) => {
    const issues = validateContract(contractWith(changes))
    expect(issues.map((issue) => issue.path)).toEqual(expect.arrayContaining([path]))
    expect(issues.find((issue) => issue.path.join() === path.join())?.message).toContain(message)
  })
})

describe('checks of a pipeline', () => {
  const contracts = new Map([['orders', contractWith({})]])
  const issues = (fields: object) => validateCrossChecks([CrossCheck.parse(check(fields))], contracts)

  it('that name streams of the pipeline have no issues', () => {
    expect(issues({ together: [{ stream: 'orders' }, { stream: 'orders', sum: 'amount' }] })).toEqual([])
  })

  it.each<readonly [object, readonly (string | number)[], string]>([
    [{ together: [{}, { stream: 'orders' }] }, ['checks', 0, 'together', 0, 'stream'], 'is needed'],
    [
      { equal: [{ stream: 'order' }, { stream: 'orders' }] },
      ['checks', 0, 'equal', 0, 'stream'],
      'Did you mean "orders"?',
    ],
    [
      { equal: [{ stream: 'orders', sum: 'amont' }, { stream: 'orders' }] },
      ['checks', 0, 'equal', 0, 'sum'],
      'unknown column',
    ],
  ])('%j is refused at %j', (fields, path, message) => {
    expect(issues(fields)).toMatchObject([{ path, message: expect.stringContaining(message) }])
  })
})
