import { describe, expect, it } from 'vitest'
import { inOrder } from '../../../functions/models/graph.ts'

describe('the order of models', () => {
  it('puts each model after those it reads and leaves streams out', () => {
    const reads = new Map([
      ['daily_location', ['labour_daily', 'daily_sales']],
      ['daily_sales', ['order_facts', 'orders']],
      ['labour_daily', []],
      ['order_facts', []],
    ])
    expect(inOrder(reads)).toEqual(['order_facts', 'daily_sales', 'labour_daily', 'daily_location'])
  })

  it('is refused for a circle, with the models in it', () => {
    const reads = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ])
    expect(() => inOrder(reads)).toThrow('models read each other in a circle: b reads c reads b')
  })
})
