import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Contract } from '../../../functions/contract/contract.ts'
import { contractVersion } from '../../../functions/contract/version.ts'
import { ORDER_ID, ORDERS_CONTRACT } from '../../support/orders-contract.ts'

const yaml = {
  ...ORDERS_CONTRACT,
  columns: [
    ORDER_ID,
    {
      name: 'amount',
      from: 'Amount',
      type: 'numeric',
      scale: 4,
      unit: 'USD',
      legacy_name: 'amt',
      description: 'Money.',
    },
  ],
  derived: [{ name: 'twice', type: 'numeric', scale: 4, expression: 'amount * 2', description: 'Twice.' }],
  checks: [{ name: 'positive', that: 'amount >= 0', effect: 'quarantine', rule: 'R1', description: 'Positive.' }],
}
const inputs = { timeZone: 'America/New_York', closeoutHour: 4, privacyKey: new Uint8Array([1, 2, 3]) }
const version = (change: (contract: typeof yaml) => unknown = (same) => same, extra: object = {}): string =>
  contractVersion(Contract.parse(change(structuredClone(yaml))), { ...inputs, ...extra })

const set = (part: 'columns' | 'derived' | 'checks', index: number, fields: object) => (contract: typeof yaml) => {
  Object.assign(contract[part][index]!, fields)
  return contract
}

const shuffled = (thing: unknown, order: (keys: readonly string[]) => readonly string[]): unknown => {
  if (Array.isArray(thing)) return thing.map((member) => shuffled(member, order))
  if (typeof thing !== 'object' || thing === null || thing instanceof Uint8Array) return thing
  const members = new Map(Object.entries(thing))
  return Object.fromEntries(order([...members.keys()]).map((key) => [key, shuffled(members.get(key), order)]))
}

describe('the version of a contract', () => {
  it('is twelve hexadecimal digits that never change by themselves', () => {
    expect(version()).toMatchInlineSnapshot(`"992a06ff8098"`)
    expect(version()).toMatch(/^[0-9a-f]{12}$/)
  })

  it('does not depend on the order of keys', () => {
    const contract = Contract.parse(yaml)
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
        const order = (keys: readonly string[]) =>
          keys
            .map((key) => ({ key, rank: numbers.next().value ?? 0 }))
            .toSorted((a, b) => a.rank - b.rank)
            .map(({ key }) => key)
        expect(contractVersion(shuffled(contract, order) as Contract, shuffled(inputs, order) as typeof inputs)).toBe(
          version(),
        )
      }),
      { numRuns: 30 },
    )
  })

  it.each<readonly [string, (contract: typeof yaml) => unknown]>([
    ['description', (c) => ({ ...c, description: 'Other words.' })],
    ['description of a column', set('columns', 0, { description: 'Other words.' })],
    ['description of a derived column', set('derived', 0, { description: 'Other words.' })],
    ['description of a check', set('checks', 0, { description: 'Other words.', rule: 'R2' })],
    ['legacy name', set('columns', 1, { legacy_name: 'other' })],
    ['unit', set('columns', 1, { unit: 'EUR' })],
    ['reject budget', (c) => ({ ...c, reject_budget: 0.5 })],
    ['written default', set('columns', 0, { privacy: 'keep', optional: false })],
  ])('does not change with a %s', (_, change) => {
    expect(version(change)).toBe(version())
  })

  it.each<readonly [string, (contract: typeof yaml) => unknown]>([
    ['name of a column', (c) => set('columns', 1, { name: 'money' })({ ...c, derived: [], checks: [] })],
    ['header', set('columns', 1, { from: 'Amounts' })],
    ['type', set('columns', 1, { type: 'float64' })],
    ['scale', set('columns', 1, { scale: 5 })],
    ['privacy class', set('columns', 0, { privacy: 'hash' })],
    ['required column', set('columns', 0, { required: false })],
    ['order of columns', (c) => ({ ...c, columns: c.columns.toReversed() })],
    ['expression', set('derived', 0, { expression: 'amount * 3' })],
    ['condition', set('checks', 0, { that: 'amount > 0' })],
    ['effect', set('checks', 0, { effect: 'warn' })],
    ['drift rule', (c) => ({ ...c, drift: { new_column: 'quarantine' } })],
  ])('changes with the %s', (_, change) => {
    expect(version(change)).not.toBe(version())
  })

  it.each([
    ['time zone', { timeZone: 'America/Chicago' }],
    ['closeout hour', { closeoutHour: 5 }],
    ['privacy key', { privacyKey: new Uint8Array([1, 2, 4]) }],
  ])('changes with the %s of the location', (_, extra) => {
    expect(version((same) => same, extra)).not.toBe(version())
  })

  it('takes keys by value', () => {
    expect(version((same) => same, { privacyKey: Buffer.from([1, 2, 3]) })).toBe(version())
  })
})
