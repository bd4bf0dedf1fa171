import { describe, expect, it } from 'vitest'
import type { DeliveryRecord } from '../../../functions/pipeline/entities.ts'
import { wordsOf } from '../../../functions/pipeline/slice-words.ts'
import { type DecideInput, decide, isNothing } from '../../../functions/pipeline/steps/decide.ts'
import { aDefinition, aDelivery, aSlice, at } from '../../support/definition.ts'

const now = at('2025-02-06T09:30:00Z')
const file = { path: '/1001/20250205/orders.csv', name: 'orders.csv', bytes: 100, modifiedAt: now - 3_600_000 }
const delivery = aDelivery()
const archived = { source: file, raw: delivery.raw, delivery }
const loaded = aSlice({ ...archived, state: 'loaded' })
const record: DeliveryRecord = {
  pipeline: 'toast',
  stream: 'orders',
  shard: '1001',
  window: '2025-02-05',
  raw: delivery.raw,
  state: 'staged',
  contract: 'c1',
  engine: 'e1',
  counts: null,
  totals: null,
  reason: null,
  source: file,
  runId: null,
  at: 0,
}
const decideWith = (more: Partial<DecideInput>) =>
  decide({
    slice: aSlice(),
    file,
    lastRecord: null,
    version: { contract: 'c1', engine: 'e1' },
    readiness: { endsAt: now - 86_400_000, dueAt: now, lateAt: now + 1000, goneAt: now + 604_800_000 },
    minimumAge: 120_000,
    closed: false,
    optional: false,
    force: false,
    beside: '',
    again: false,
    isOpen: false,
    rehash: false,
    now,
    words: wordsOf(aDefinition()),
    ...more,
  })

describe('the decision about a slice', () => {
  it('fetches a file that two looks found the same', () => {
    const sighting = { bytes: 100, modifiedAt: file.modifiedAt, since: now - 120_000, waitingSince: now - 120_000 }
    expect(decideWith({ slice: aSlice({ state: 'seen', sighting }) })).toMatchObject({ action: 'fetch', file })
  })

  it('fault 10: waits for a second look at a file, however old the server says that it is', () => {
    expect(decideWith({})).toMatchObject({ action: 'wait', until: now + 120_000, reason: { code: 'FILE_CHANGED' } })
  })

  it('reads a file with a time in the future where no sender is writing', () => {
    expect(decideWith({ file: { ...file, modifiedAt: now + 60_000 }, minimumAge: 0 }).action).toBe('fetch')
  })

  it('keeps a file that is loaded and unchanged', () => {
    expect(decideWith({ slice: loaded, lastRecord: record }).action).toBe('keep')
  })

  it.each([{ bytes: 101 }, { modifiedAt: file.modifiedAt + 1000 }])('fault 13: fetches a correction: %o', (change) => {
    expect(decideWith({ slice: loaded, lastRecord: record, file: { ...file, ...change }, force: true }).action).toBe(
      'fetch',
    )
  })

  it('fault 12: fetches an unchanged file to compare its bytes when that is due', () => {
    expect(decideWith({ slice: loaded, lastRecord: record, rehash: true }).action).toBe('fetch')
  })

  it.each([{ contract: 'c2' }, { engine: 'e2' }])('transforms landed bytes again for %o', (change) => {
    expect(
      decideWith({ slice: loaded, lastRecord: record, version: { contract: 'c1', engine: 'e1', ...change } }).action,
    ).toBe('redo')
  })

  it('transforms landed bytes whose transform never ended', () => {
    expect(decideWith({ slice: aSlice({ ...archived, state: 'landed' }), lastRecord: record }).action).toBe('redo')
  })

  it('does not try a quarantined file again under the same contract, unless forced', () => {
    const slice = aSlice({ state: 'quarantined', source: file, raw: delivery.raw })
    expect(decideWith({ slice, lastRecord: record }).action).toBe('keep')
    expect(decideWith({ slice, lastRecord: record, force: true }).action).toBe('redo')
  })

  it('fault 14: expects an absent file until it is late, then misses it', () => {
    expect(decideWith({ file: null })).toMatchObject({ action: 'absent', state: 'expected' })
    expect(decideWith({ file: null, now: now + 1000 })).toMatchObject({
      action: 'absent',
      state: 'missing',
      reason: { code: 'INCOMPLETE' },
    })
  })

  it('says what lies in the place of an absent file, before it is late and after', () => {
    const beside = 'the folder has "orderdetails.csv"'
    for (const instant of [now, now + 1000])
      expect(decideWith({ file: null, beside, now: instant })).toMatchObject({
        reason: { message: expect.stringContaining(beside) },
      })
  })

  it('fault 15: says how long the server will keep a missing day', () => {
    const missing = (left: number) =>
      decideWith({ file: null, readiness: { endsAt: 0, dueAt: 0, lateAt: 0, goneAt: now + left } })
    expect(missing(2 * 86_400_000)).toMatchObject({
      reason: { message: expect.stringContaining('deletes that day in 2 d') },
    })
    expect(missing(3_600_000)).toMatchObject({ reason: { message: expect.stringContaining('less than a day') } })
    expect(missing(-1)).toMatchObject({ reason: { message: expect.stringContaining('no longer keeps') } })
  })

  it('waives an absent file of a closed day', () => {
    expect(decideWith({ file: null, closed: true })).toMatchObject({ action: 'absent', state: 'waived', reason: null })
  })

  it('keeps what was landed when the server has deleted it', () => {
    expect(decideWith({ file: null, slice: loaded, lastRecord: record, now: now + 1000 }).action).toBe('keep')
  })
})

describe('an optional file', () => {
  const absent = { file: null, optional: true, beside: 'Order.csv lies there' }

  it('is not missing when the day is late, and nothing is recorded of it', () => {
    const decision = decideWith({ ...absent, now: now + 1001 })
    expect(decision).toEqual({ action: 'absent', state: 'waived', reason: null })
    expect(isNothing(decision, aSlice(), true)).toBe(true)
  })

  it.each(['seen', 'missing', 'expected'] as const)('that is absent is waived where it was %s', (state) => {
    const slice = aSlice({ state, version: 1 })
    const decision = decideWith({ ...absent, slice, now: now + 1001 })
    expect(decision).toMatchObject({ state: 'waived', reason: null })
    expect(isNothing(decision, slice, true)).toBe(false)
  })

  it('is read like any other where it is delivered', () => {
    expect(decideWith({ optional: true })).toEqual(decideWith({}))
  })
})
