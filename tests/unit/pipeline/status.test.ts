import { describe, expect, it } from 'vitest'
import type { Slice } from '../../../functions/pipeline/entities.ts'
import { completeness, shownStreams } from '../../../functions/pipeline/views/status.ts'
import { aDefinition, aSlice, at } from '../../support/definition.ts'

const { config } = aDefinition()
const definition = aDefinition({ config: { ...config, streams: ['orders'], optionalStreams: ['payments'] } })
const matrix = (slices: readonly Slice[]) =>
  completeness(definition, slices, { from: '2025-02-05', to: '2025-02-05', now: at('2025-02-06T20:00:00Z') })
const orders = ['1001', '1002'].map((location) => aSlice({ shard: location, state: 'loaded' }))

describe('an optional stream in the completeness matrix', () => {
  it('is not expected: a day without it is complete, and shows no column', () => {
    const rows = matrix(orders)
    expect(rows.map(({ verdict }) => verdict.state)).toEqual(['complete', 'complete'])
    expect(rows.map(({ cells }) => [...cells])).toEqual([[['orders', 'loaded']], [['orders', 'loaded']]])
    expect(shownStreams(definition, rows)).toEqual(['orders'])
  })

  it('has a cell where its file is there', () => {
    const rows = matrix([...orders, aSlice({ stream: 'payments', state: 'loaded' })])
    expect(rows.map(({ cells }) => cells.get('payments'))).toEqual(['loaded', undefined])
    expect(rows.every(({ verdict }) => verdict.state === 'complete')).toBe(true)
    expect(shownStreams(definition, rows)).toEqual(['orders', 'payments'])
  })

  it('keeps its day incomplete while what was delivered is held back', () => {
    const rows = matrix([...orders, aSlice({ stream: 'payments', state: 'quarantined' })])
    expect(rows.map(({ verdict }) => verdict.state)).toEqual(['incomplete', 'complete'])
  })

  it.each(['missing', 'expected', 'waived'] as const)(
    'says nothing where it was %s before it was optional',
    (state) => {
      const rows = matrix([...orders, aSlice({ stream: 'payments', state })])
      expect(shownStreams(definition, rows)).toEqual(['orders'])
      expect(rows.every(({ verdict }) => verdict.state === 'complete')).toBe(true)
    },
  )
})
