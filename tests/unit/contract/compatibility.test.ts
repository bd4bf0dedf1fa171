import { describe, expect, it } from 'vitest'
import { compareContracts, overallCompatibility } from '../../../functions/contract/compatibility.ts'
import { Contract } from '../../../functions/contract/contract.ts'
import { ORDER_ID, ORDERS_CONTRACT } from '../../support/orders-contract.ts'

const yaml = {
  ...ORDERS_CONTRACT,
  columns: [
    ORDER_ID,
    { name: 'amount', from: 'Amount', type: 'numeric', scale: 4, description: 'Money.' },
    { name: 'paid_on', from: 'Paid', type: 'date', format: 'M/d/yy', description: 'When.' },
  ],
  derived: [{ name: 'twice', type: 'numeric', scale: 4, expression: 'amount * 2', description: 'Twice.' }],
  checks: [{ name: 'positive', that: 'amount >= 0', effect: 'quarantine' }],
}
type Yaml = typeof yaml
const set = (part: 'columns' | 'derived' | 'checks', index: number, fields: object) => (contract: Yaml) => {
  Object.assign(contract[part][index]!, fields)
  return contract
}

describe('a changed contract', () => {
  it('that says the same in other words has not changed', () => {
    const after = Contract.parse({ ...yaml, description: 'Other words.' })
    expect(compareContracts(Contract.parse(yaml), after)).toEqual([])
    expect(overallCompatibility([])).toBe('compatible')
  })

  it.each<readonly [string, string, (contract: Yaml) => unknown]>([
    [
      'migration',
      'column tip',
      (c) => ({ ...c, columns: [...c.columns, { name: 'tip', from: 'Tip', type: 'numeric', description: 'Tip.' }] }),
    ],
    ['breaking', 'column paid_on', (c) => ({ ...c, columns: c.columns.slice(0, 2) })],
    ['breaking', 'column amount', set('columns', 1, { type: 'float64' })],
    ['breaking', 'column amount', set('columns', 1, { scale: 2 })],
    ['breaking', 'column order_id', set('columns', 0, { privacy: 'hash' })],
    ['breaking', 'column amount', set('columns', 1, { from: 'Amounts' })],
    ['compatible', 'column amount', set('columns', 1, { from: ['Amount', 'Amounts'] })],
    ['breaking', 'column amount', set('columns', 1, { required: true })],
    ['compatible', 'column order_id', set('columns', 0, { required: false })],
    ['migration', 'column paid_on', set('columns', 2, { format: ['M/d/yy', 'M/d/yyyy'] })],
    ['migration', 'column amount', set('columns', 1, { min: 0 })],
    ['migration', 'column twice', set('derived', 0, { expression: 'amount + amount' })],
    ['breaking', 'key', (c) => ({ ...c, key: ['order_id'] })],
    ['migration', 'cluster_by', (c) => ({ ...c, table: { partition_by: 'business_date', cluster_by: [] } })],
    ['breaking', 'stream', (c) => ({ ...c, stream: 'tickets' })],
    ['compatible', 'file', (c) => ({ ...c, file: 'Tickets.csv' })],
    ['migration', 'check positive', set('checks', 0, { that: 'amount > 0' })],
    ['compatible', 'check positive', set('checks', 0, { effect: 'warn' })],
    ['compatible', 'check positive', (c) => ({ ...c, checks: [] })],
    ['compatible', 'drift', (c) => ({ ...c, drift: { new_column: 'quarantine' } })],
  ])('is %s: %s', (compatibility, subject, change) => {
    const changes = compareContracts(Contract.parse(yaml), Contract.parse(change(structuredClone(yaml))))
    expect(changes.map((found) => `${found.compatibility}: ${found.subject}`)).toContain(`${compatibility}: ${subject}`)
    expect(overallCompatibility(changes)).toBe(compatibility)
  })
})
