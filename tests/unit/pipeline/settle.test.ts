import { describe, expect, it } from 'vitest'
import { DaybreakError } from '../../../functions/errors.ts'
import type { CheckResult } from '../../../functions/pipeline/entities.ts'
import { plannerOf } from '../../../functions/pipeline/plan/planners.ts'
import type { Change } from '../../../functions/pipeline/ports.ts'
import { judgeFiles, judgeTogether } from '../../../functions/pipeline/steps/check-day.ts'
import type { FailedItem, Item, MadeItem, PreparedItem } from '../../../functions/pipeline/steps/item.ts'
import { type SettleInput, settle } from '../../../functions/pipeline/steps/settle.ts'
import type { Transformed } from '../../../functions/pipeline/steps/transform.ts'
import { aContract, aDefinition, aDelivery, aRun, aSlice, at } from '../../support/definition.ts'

const now = at('2025-02-06T10:00:00Z')
const definition = aDefinition()
const file = { path: '/1001/20250205/orders.csv', name: 'orders.csv', bytes: 100, modifiedAt: now - 3_600_000 }
const raw = { object: 'raw/b', sha256: 'b'.repeat(64), bytes: 100 }
const version = { contract: 'c1', engine: 'e1' }

function made(more: Partial<Transformed> = {}): Transformed {
  return {
    version: { sha256: raw.sha256, ...version },
    part: { object: 'parts/b', rows: 20, bytes: 50, local: '/scratch/b' },
    rejects: { object: 'parts/rejects/b', rows: 0, bytes: 10, local: '/scratch/r' },
    counts: { lines: 21, records: 21, blankLines: 0, accepted: 20, rejected: 0 },
    totals: { amount: '25.00' },
    encoding: 'utf-8',
    drift: { newColumns: [], missingOptional: [], reordered: false },
    checks: [],
    ...more,
  }
}

function known(more: Partial<Item> = {}): Item {
  const slice = more.slice ?? aSlice()
  return {
    key: { pipeline: 'toast', stream: slice.stream, shard: slice.shard, window: slice.window },
    contract: aContract(slice.stream),
    optional: false,
    slice,
    record: null,
    past: [],
    decision: { action: 'fetch', mark: null, clock: null, file },
    version,
    lookedAt: now,
    isClosedCopy: false,
    ...more,
  }
}

function untouched(more: Partial<Item>): PreparedItem {
  return { ...known(more), result: 'untouched', milliseconds: 1 }
}

function item({ made: part = made(), ...more }: Partial<MadeItem> = {}): PreparedItem {
  return { ...known(more), result: 'made', file, raw, made: part, milliseconds: 1 }
}

function failed(failure: DaybreakError, more: Partial<Pick<FailedItem, 'slice' | 'raw'>> = {}): PreparedItem {
  return { ...known(), raw: null, ...more, result: 'failed', file, failure, milliseconds: 1 }
}

function settleItems(items: readonly PreparedItem[], more: Partial<SettleInput> = {}) {
  let ids = 0
  const { checks = { own: new Map(), cross: [], earlier: [] }, run = aRun() } = more
  const context = { definition, scope: run.scope, own: checks.own }
  const files = judgeFiles(items, context)
  return settle({
    items: judgeTogether(items, { ...context, files, cross: checks.cross }),
    checks,
    constants: [],
    definition,
    shard: definition.shards[0]!,
    window: '2025-02-05',
    readiness: plannerOf(definition).readiness(definition.shards[0]!, '2025-02-05'),
    run,
    now,
    newId: () => `id-${++ids}`,
    ...more,
  })
}

const slicesIn = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.change === 'slice' ? [change.slice] : []))
const loadsIn = (changes: readonly Change[]) =>
  changes.flatMap((change) =>
    change.change === 'message' && change.message.work.kind === 'load' ? [change.message.work.stream] : [],
  )
const incidentsIn = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.change === 'incident_opened' ? [`${change.reason.code} ${change.key}`] : []))
const deliveriesIn = (changes: readonly Change[]) =>
  changes.flatMap((change) =>
    change.change === 'delivery' ? [`${change.delivery.state} ${change.delivery.raw.sha256[0]}`] : [],
  )

describe('settling a day', () => {
  it('stages a new file and asks for its partition to be loaded', () => {
    const { changes, runSlices, failure } = settleItems([item()])
    expect(slicesIn(changes)).toMatchObject([
      { state: 'staged', raw, delivery: { part: { object: 'parts/b', rows: 20 } }, source: file },
    ])
    expect(loadsIn(changes)).toEqual(['orders'])
    expect(deliveriesIn(changes)).toEqual(['staged b'])
    expect(runSlices).toMatchObject([{ outcome: 'staged' }])
    expect(failure).toBeNull()
  })

  it('asks for the rejects to be loaded when there are some, and when there were some before', () => {
    const some = { object: 'parts/rejects/b', rows: 1, bytes: 10 }
    const bad = made({ rejects: { ...some, local: '/scratch/r' } })
    expect(loadsIn(settleItems([item({ made: bad })]).changes)).toEqual(['orders', 'rejects'])
    const before = aSlice({ state: 'loaded', rejects: { ...some, object: 'parts/rejects/a' } })
    expect(loadsIn(settleItems([item({ slice: before })]).changes)).toEqual(['orders', 'rejects'])
  })

  it('keeps no path of this disk in what it records', () => {
    expect(JSON.stringify(settleItems([item()]).changes)).not.toContain('/scratch/')
  })

  it('fault 13: replaces a delivery by its correction and remembers the old one', () => {
    const slice = aSlice({ state: 'loaded', delivery: aDelivery(), raw: aDelivery().raw })
    const { changes } = settleItems([item({ slice })])
    expect(deliveriesIn(changes)).toEqual(['superseded a', 'staged b'])
    expect(slicesIn(changes)[0]?.delivery?.part.object).toBe('parts/b')
  })

  it('changes nothing that is loaded when the same bytes come again', () => {
    const delivery = aDelivery({
      part: { object: 'parts/b', rows: 20, bytes: 50 },
      rejects: { object: 'parts/rejects/b', rows: 0, bytes: 10 },
    })
    const slice = aSlice({ state: 'loaded', delivery, raw, rejects: delivery.rejects })
    const { changes, runSlices } = settleItems([item({ slice })])
    expect(loadsIn(changes)).toEqual([])
    expect(runSlices).toMatchObject([{ outcome: 'unchanged' }])
    expect(slicesIn(changes)).toMatchObject([{ state: 'loaded', delivery }])
  })

  it('asks again for the load of a slice that a crash left staged', () => {
    const slice = aSlice({ state: 'staged', delivery: aDelivery(), raw: aDelivery().raw })
    const kept = untouched({ slice, decision: { action: 'keep' } })
    expect(loadsIn(settleItems([kept]).changes)).toEqual(['orders'])
    const some = { object: 'parts/rejects/a', rows: 1, bytes: 10 }
    const left = untouched({ slice: { ...slice, rejects: some }, decision: { action: 'keep' } })
    expect(loadsIn(settleItems([left]).changes)).toEqual(['orders', 'rejects'])
  })

  it('fault 20: quarantines a 0-byte file, keeps the partition as it was, and says so once', () => {
    const slice = aSlice({ state: 'loaded', delivery: aDelivery(), raw: aDelivery().raw })
    const failure = new DaybreakError('FILE_EMPTY', 'orders.csv has 0 bytes')
    const settled = settleItems([failed(failure, { slice, raw })])
    expect(slicesIn(settled.changes)).toMatchObject([
      { state: 'quarantined', delivery: aDelivery(), reason: { code: 'FILE_EMPTY' } },
    ])
    expect(loadsIn(settled.changes)).toEqual([])
    expect(incidentsIn(settled.changes)).toEqual(['FILE_EMPTY refused/toast/1001/FILE_EMPTY'])
    expect(settled.failure).toBeNull()
  })

  it('fault 20: loads a header-only file as zero rows', () => {
    const empty = made({ counts: { lines: 1, records: 1, blankLines: 0, accepted: 0, rejected: 0 } })
    expect(slicesIn(settleItems([item({ made: empty })]).changes)).toMatchObject([{ state: 'staged' }])
  })

  it('publishes the rejects of a slice that is held back, and only them', () => {
    const bad = made({
      counts: { lines: 21, records: 21, blankLines: 0, accepted: 10, rejected: 10 },
      rejects: { object: 'parts/rejects/b', rows: 10, bytes: 10, local: '/scratch/r' },
    })
    const { changes } = settleItems([item({ made: bad })])
    expect(slicesIn(changes)).toMatchObject([
      { state: 'quarantined', reason: { code: 'REJECT_BUDGET_EXCEEDED' }, rejects: { object: 'parts/rejects/b' } },
    ])
    expect(loadsIn(changes)).toEqual(['rejects'])
  })

  it('loads what a check holds back when forced, but never what does not add up', () => {
    const run = aRun({ scope: { force: true } })
    const blocked: CheckResult = {
      check: 'c',
      rule: null,
      state: 'fail',
      effect: 'block',
      tested: 1,
      failed: 1,
      message: 'no',
    }
    const held = item({ made: made({ checks: [blocked] }) })
    expect(slicesIn(settleItems([held]).changes)).toMatchObject([
      { state: 'quarantined', reason: { code: 'CHECK_BLOCKED' } },
    ])
    expect(slicesIn(settleItems([held], { run }).changes)).toMatchObject([{ state: 'staged' }])
    const wrong = item({ made: made({ counts: { lines: 21, records: 22, blankLines: 0, accepted: 20, rejected: 0 } }) })
    expect(slicesIn(settleItems([wrong], { run }).changes)).toMatchObject([
      { state: 'quarantined', reason: { code: 'NOT_RECONCILED' } },
    ])
  })

  it('holds every stream of a blocking cross check, and no other', () => {
    const result: CheckResult = {
      check: 'sums',
      rule: 'R9',
      state: 'fail',
      effect: 'block',
      tested: 1,
      failed: 1,
      message: 'differ by 3.00',
    }
    const payments = item({ slice: aSlice({ stream: 'payments' }) })
    const { changes } = settleItems([item(), payments], {
      checks: { own: new Map(), cross: [{ streams: ['orders'], result, explained: false }], earlier: [] },
    })
    expect(slicesIn(changes).map(({ stream, state }) => `${stream} ${state}`)).toEqual([
      'orders quarantined',
      'payments staged',
    ])
  })

  it('remembers landed bytes when machinery fails after landing, and asks for another try', () => {
    const failure = new DaybreakError('STORAGE_FAILED', 'disk full')
    const settled = settleItems([failed(failure, { raw })])
    expect(slicesIn(settled.changes)).toMatchObject([{ state: 'landed', raw, source: file }])
    expect(settled.failure).toBe(failure)
    expect(settled.runSlices).toMatchObject([{ outcome: 'failed', reason: { code: 'STORAGE_FAILED' } }])
  })

  it('keeps the reason of a file that could not be read, reports it, and asks for no other try', () => {
    const failure = new DaybreakError('SOURCE_READ_FAILED', 'permission denied')
    const settled = settleItems([failed(failure)])
    expect(slicesIn(settled.changes)).toMatchObject([{ state: 'seen', reason: { code: 'SOURCE_READ_FAILED' } }])
    expect(incidentsIn(settled.changes)).toEqual(['SOURCE_READ_FAILED unreadable/toast/1001'])
    expect(settled.failure).toBeNull()
  })

  it('reports a file that changes under every reader once its day is late, and not before', () => {
    const failure = new DaybreakError('FILE_CHANGED', 'it grew')
    const unread = failed(failure)
    expect(incidentsIn(settleItems([unread]).changes)).toEqual([])
    const late = settleItems([unread], { now: at('2025-02-06T20:00:00Z') })
    expect(slicesIn(late.changes)).toMatchObject([{ state: 'seen', lookedAt: null, reason: { code: 'FILE_CHANGED' } }])
    expect(incidentsIn(late.changes)).toEqual(['FILE_CHANGED unreadable/toast/1001'])
  })

  it('leaves a slice alone when the server was out of reach', () => {
    const failure = new DaybreakError('SOURCE_UNREACHABLE', 'reset')
    const settled = settleItems([failed(failure)])
    expect(slicesIn(settled.changes)).toEqual([aSlice()])
    expect(settled.failure).toBe(failure)
  })

  it('fault 14: opens one incident for a day of which several files are missing', () => {
    const absent = (stream: string) =>
      untouched({
        slice: aSlice({ stream }),
        decision: { action: 'absent', state: 'missing', reason: { code: 'INCOMPLETE', message: 'm' }, beside: '' },
      })
    const { changes, runSlices } = settleItems([absent('orders'), absent('payments')])
    expect(incidentsIn(changes)).toEqual(['INCOMPLETE missing/toast/1001'])
    expect(runSlices.map(({ outcome }) => outcome)).toEqual(['missing', 'missing'])
  })

  it('tells of rejected rows and unknown columns', () => {
    const odd = made({
      counts: { lines: 201, records: 201, blankLines: 0, accepted: 199, rejected: 1 },
      drift: { newColumns: ['Loyalty'], missingOptional: [], reordered: false },
    })
    expect(incidentsIn(settleItems([item({ made: odd })]).changes)).toEqual([
      'ROWS_REJECTED rejects/toast/1001/orders',
      'DRIFT_NEW_COLUMN drift/toast/1001/orders',
    ])
  })
})
