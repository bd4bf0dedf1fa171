import { describe, expect, it } from 'vitest'
import { Contract } from '../../../functions/contract/contract.ts'
import {
  foreignKeysOf,
  inReferenceOrder,
  referenceChecks,
  referenceIssues,
} from '../../../functions/contract/references.ts'
import { contractVersion } from '../../../functions/contract/version.ts'

const column = (name: string, more: object = {}) => ({ name, from: name, type: 'string', description: name, ...more })

function contractOf(stream: string, more: object = {}): Contract {
  const columns = [column('order_id', { required: true }), column('product_id')]
  return Contract.parse({
    ...{ version: 1, stream, description: stream, file: `${stream}.csv`, key: ['order_id'], columns },
    ...more,
  })
}

const PLACE = { catalog: null, schema: 'shop' }
const reference = (more: object = {}) => ({ columns: ['order_id'], to: 'orders', effect: 'warn', ...more })
const byStream = (...contracts: readonly Contract[]) => new Map(contracts.map((each) => [each.stream, each]))

const orders = contractOf('orders')
const items = contractOf('items', { key: ['product_id'], references: [reference()] })

describe('a reference', () => {
  it('is a check of the pipeline, of present values, with its effect', () => {
    expect(referenceChecks(byStream(orders, items))).toEqual([
      {
        name: 'items_order_id_in_orders',
        effect: 'warn',
        every: { stream: 'items', where: 'order_id is not null', by: 'order_id' },
        existsIn: { stream: 'orders', by: 'order_id' },
      },
    ])
    const strict = contractOf('items', { references: [reference({ effect: 'quarantine' })] })
    expect(referenceChecks(byStream(orders, strict))).toMatchObject([{ effect: 'block' }])
  })

  it('is a foreign key over the columns of its slice as well', () => {
    expect(foreignKeysOf(items, PLACE, byStream(orders, items))).toEqual([
      {
        columns: ['business_date', 'order_id'],
        to: { ...PLACE, name: 'orders', columns: ['business_date', 'order_id'] },
      },
    ])
    const ofLocation = contractOf('orders', { key: ['location_id', 'order_id'] })
    expect(foreignKeysOf(items, PLACE, byStream(ofLocation, items))).toMatchObject([
      { columns: ['business_date', 'location_id', 'order_id'] },
    ])
  })

  it('is a foreign key over its column alone where the other table is replaced as a whole', () => {
    const carries = {}
    const whole = contractOf('orders', { carries })
    const child = contractOf('items', { carries, references: [reference()] })
    expect(foreignKeysOf(child, PLACE, byStream(whole, child))).toMatchObject([{ columns: ['order_id'] }])
  })

  it('is no foreign key to a key that may be absent', () => {
    const loose = contractOf('orders', { columns: [column('order_id'), column('product_id')] })
    expect(foreignKeysOf(items, PLACE, byStream(loose, items))).toEqual([])
  })

  it('changes no byte of a part', () => {
    expect(contractVersion(contractOf('items', { key: ['product_id'] }))).toBe(contractVersion(items))
  })

  it.each<readonly [what: string, changes: object, to: Contract, message: RegExp]>([
    [
      'to no stream',
      reference({ to: 'order' }),
      orders,
      /`order` is no stream of this pipeline. Did you mean "orders"/,
    ],
    ['over no column', reference({ columns: ['orderid'] }), orders, /no column `orderid` of the file. Did you mean/],
    [
      'to a key of two columns',
      reference(),
      contractOf('orders', { key: ['order_id', 'product_id'] }),
      /expected one column/,
    ],
    [
      'to a column of another type',
      reference(),
      contractOf('orders', { columns: [column('order_id', { type: 'int64', required: true })] }),
      /`order_id` is a string, and `order_id` of `orders` a int64/,
    ],
    [
      'to a column that is hashed',
      reference(),
      contractOf('orders', { columns: [column('order_id', { privacy: 'hash', required: true })] }),
      /expected keep or hash on both sides/,
    ],
  ])('%s is refused', (_, changes, to, message) => {
    const child = contractOf('items', { references: [changes] })
    expect(referenceIssues(child, byStream(to, child))).toEqual([
      { path: ['references', 0, expect.any(String)], message: expect.stringMatching(message) },
    ])
    expect(referenceIssues(items, byStream(orders, items))).toEqual([])
  })
})

describe('the order of tables', () => {
  const refersTo = (stream: string, ...others: readonly string[]) =>
    contractOf(stream, others.length === 0 ? {} : { references: others.map((to) => reference({ to })) })

  it('has each after those that it refers to, also itself and those that are absent', () => {
    const contracts = [refersTo('a', 'b', 'c'), refersTo('b', 'c', 'b'), refersTo('c', 'absent')]
    expect(inReferenceOrder(contracts)?.map(({ stream }) => stream)).toEqual(['c', 'b', 'a'])
  })

  it('is none for a circle', () => {
    expect(inReferenceOrder([refersTo('a', 'b'), refersTo('b', 'a')])).toBeNull()
  })
})
