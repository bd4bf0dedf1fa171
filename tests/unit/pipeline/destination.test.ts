import { expect, it } from 'vitest'
import { isWarehouse, warehouseOf } from '../../../functions/pipeline/destination.ts'
import { createJobWarehouse } from '../../support/job-warehouse.ts'

const warehouse = createJobWarehouse()
const store = { ...warehouse, can: { ...warehouse.can, query: false } }

it('a destination that answers queries is a warehouse', () => {
  expect(isWarehouse(warehouse)).toBe(true)
  expect(warehouseOf({ destination: () => warehouse }, 'toast')).toBe(warehouse)
})

it('a destination that answers none is refused for a query, by the name of its pipeline', () => {
  expect(isWarehouse(store)).toBe(false)
  expect(() => warehouseOf({ destination: () => store }, 'toast')).toThrow(
    expect.objectContaining({ code: 'USAGE_INVALID', message: expect.stringContaining('the pipeline toast') }),
  )
})
