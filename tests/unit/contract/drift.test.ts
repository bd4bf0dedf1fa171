import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Contract } from '../../../functions/contract/contract.ts'
import { matchHeader } from '../../../functions/contract/drift.ts'
import { yamlWords } from '../../../functions/lib/yaml-object.ts'

const contract = Contract.parse({
  version: 1,
  stream: 'orders',
  description: 'Orders.',
  file: 'Orders.csv',
  key: ['location_id', 'order_id'],
  table: { partition_by: 'business_date' },
  columns: [
    { name: 'order_id', from: ['Order Id', 'Order GUID'], type: 'string', required: true, description: 'Id.' },
    { name: 'amount', from: 'Amount', type: 'numeric', scale: 4, required: true, description: 'Money.' },
    { name: 'order_number', from: 'Order #', type: 'string', optional: true, description: 'Number.' },
    { name: 'server', from: 'Server', type: 'string', description: 'Who.' },
  ],
})

const positions = (header: readonly string[]): Record<string, number> =>
  Object.fromEntries(matchHeader(contract, header).positions)

const refusal = (
  header: readonly string[],
  changed: Partial<Contract['drift']> = {},
): { code: string; message: string } => {
  try {
    matchHeader({ ...contract, drift: { ...contract.drift, ...changed } }, header)
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('the header was accepted')
}

describe('a header that is as the contract says', () => {
  it('gives every column its place and reports nothing', () => {
    expect(matchHeader(contract, ['Order Id', 'Amount', 'Order #', 'Server'])).toEqual({
      width: 4,
      positions: new Map([
        ['order_id', 0],
        ['amount', 1],
        ['order_number', 2],
        ['server', 3],
      ]),
      newColumns: [],
      missingOptional: [],
      missing: [],
      reordered: false,
    })
  })
})

describe('a header that drifted', () => {
  it('is read by name in any order', () => {
    const plan = matchHeader(contract, ['Server', 'Order #', 'Amount', 'Order Id'])
    expect(Object.fromEntries(plan.positions)).toEqual({ order_id: 3, amount: 2, order_number: 1, server: 0 })
    expect(plan.reordered).toBe(true)
  })

  it('is not called reordered because a new column stands between or one is missing', () => {
    expect(matchHeader(contract, ['New', 'Order Id', 'Newer', 'Amount', 'Server']).reordered).toBe(false)
  })

  it('may use an alternative name', () => {
    expect(positions(['Order GUID', 'Amount', 'Server'])).toMatchObject({ order_id: 0 })
  })

  it('with both names uses the first of `from`, and the other is new', () => {
    const plan = matchHeader(contract, ['Order GUID', 'Order Id', 'Amount', 'Server'])
    expect(plan.positions.get('order_id')).toBe(1)
    expect(plan.newColumns).toEqual(['Order GUID'])
  })

  it('matches without regard to case and blanks where nothing matches exactly', () => {
    expect(positions([' order  ID', 'AMOUNT ', 'Server'])).toMatchObject({ order_id: 0, amount: 1 })
  })

  it('prefers the exact name to one that differs in case', () => {
    expect(positions(['amount', 'Amount', 'Order Id', 'Server'])).toMatchObject({ amount: 1 })
  })

  it('never gives a position twice', () => {
    const spellings = fc.constantFrom(
      'Order Id',
      'order id',
      'ORDER ID ',
      'Order GUID',
      'Amount',
      'amount',
      'Server',
      'x',
    )
    fc.assert(
      fc.property(fc.uniqueArray(spellings, { maxLength: 8 }), (names) => {
        const header = [...names, 'Amount', 'Order Id'].filter((name, index, all) => all.indexOf(name) === index)
        const used = Object.values(positions(header))
        expect(new Set(used).size).toBe(used.length)
        const plan = matchHeader(contract, header)
        expect(plan.newColumns.length + used.length).toBe(header.length)
      }),
    )
  })

  it('tells optional columns from those it warns about when they are missing', () => {
    const plan = matchHeader(contract, ['Order Id', 'Amount'])
    expect(plan.missingOptional).toEqual(['order_number'])
    expect(plan.missing).toEqual(['server'])
    expect(plan.positions.has('server')).toBe(false)
  })

  it('lists new columns', () => {
    expect(matchHeader(contract, ['Order Id', 'Amount', 'Server', 'Loyalty', '']).newColumns).toEqual(['Loyalty', ''])
  })
})

describe('a header that cannot be used', () => {
  it('lacks a required column', () => {
    expect(refusal(['Amount', 'Server'])).toMatchObject({
      code: 'DRIFT_MISSING_REQUIRED',
      message: 'the header of Orders.csv lacks `Order Id` or `Order GUID` (column order_id)',
    })
  })

  it('proposes the new name of a renamed required column', () => {
    expect(refusal(['Order Ids', 'Amount', 'Server']).message).toContain('was it renamed to "Order Ids"?')
  })

  it('has a name twice, known or not', () => {
    expect(refusal(['Order Id', 'Amount', 'Amount'])).toMatchObject({
      code: 'DRIFT_DUPLICATE_COLUMN',
      message: 'the header of Orders.csv has `Amount` more than once',
    })
    expect(refusal(['Order Id', 'Amount', 'x', 'x']).code).toBe('DRIFT_DUPLICATE_COLUMN')
  })

  it('has a new column where the contract quarantines that', () => {
    const header = ['Order Id', 'Amount', 'Server', 'Loyalty']
    expect(refusal(header, { newColumn: 'quarantine' })).toMatchObject({ code: 'DRIFT_NEW_COLUMN' })
    expect(matchHeader(contract, header).newColumns).toEqual(['Loyalty'])
  })

  it('is empty', () => {
    expect(refusal(['']).code).toBe('DRIFT_MISSING_REQUIRED')
  })
})

describe('a header from anywhere', () => {
  it('of 140,000 names is read in linear time: no name is compared with every other', () => {
    const names = Array.from({ length: 140_000 }, (_, at) => `column ${at}`)
    const header = new Proxy([...names, 'Order Id', 'Amount'], {
      get(target, property, receiver) {
        if (property === 'indexOf' || property === 'includes')
          throw new Error(`${String(property)} looks at every name`)
        return Reflect.get(target, property, receiver)
      },
    })
    expect(matchHeader(contract, header).newColumns).toHaveLength(140_000)
  })

  it('is cut where it is told or stored: a name of 900 KB, and 5,000 unknown ones', () => {
    const long = 'x'.repeat(900_000)
    expect(matchHeader(contract, ['Order Id', 'Amount', long]).newColumns[0]?.length).toBeLessThan(300)
    expect(refusal(['Order Id', 'Amount', long], { newColumn: 'quarantine' }).message.length).toBeLessThan(500)
    expect(refusal(['Amount', long]).message.length).toBeLessThan(500)
    expect(refusal([long, long]).message.length).toBeLessThan(500)
    const many = Array.from({ length: 5_000 }, (_, at) => `column ${at}`)
    expect(refusal(['Order Id', 'Amount', ...many], { newColumn: 'quarantine' }).message).toContain('and 4950 more')
  })
})

describe('a download with a selection of columns', () => {
  const variants = [{ name: 'web_download', description: 'a download from Toast Web', lacks: ['order_id', 'server'] }]
  const varied = Contract.parse({ ...yamlWords(contract), variants })

  it('is answered with the columns to tick', () => {
    expect(() => matchHeader(varied, ['Amount', 'Order #'])).toThrow(
      /This may be a download from Toast Web: tick `Order Id` among its columns in Toast Web and download it again/,
    )
  })

  it('that lacks something else too is answered as any other file', () => {
    expect(() => matchHeader(varied, ['Order #'])).toThrow(/lacks(?!.*tick)/)
  })

  it('misses no column that its kind lacks', () => {
    expect(matchHeader(varied, ['Order Id', 'Amount']).missing).toEqual([])
    expect(matchHeader(contract, ['Order Id', 'Amount']).missing).toEqual(['server'])
  })
})
