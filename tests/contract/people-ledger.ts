import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SliceState } from '../../functions/pipeline/entities.ts'
import type { PeopleChange } from '../../functions/pipeline/people/changes.ts'
import type {
  CheckPlace,
  FilePlace,
  PeopleLedger,
  SlicePlace,
  TimePlace,
} from '../../functions/pipeline/people/reads.ts'
import type { Notification, Setting, Token } from '../../functions/pipeline/people/records.ts'
import * as rows from '../support/ledger-rows.ts'

const RANGE = { pipeline: 'toast', from: '2026-11-01', to: '2026-11-30' }

/** Promises of every ledger to people and to the programs that serve them. `open` gives an empty one. */
export function testPeopleLedger(open: () => Promise<PeopleLedger>): void {
  let ledger: PeopleLedger
  beforeEach(async () => {
    ledger = await open()
  })
  afterEach(() => ledger.close())

  const slice = (window: string, shard: string, stream: string, state: SliceState = 'loaded', rejected = 0) => {
    const rejects = { ...rows.aDelivery.rejects, rows: rejected }
    const one: PeopleChange = {
      change: 'slice',
      slice: rows.aSlice({ window, shard, stream, state, rejects, reason: null }),
    }
    return one
  }

  /** All parts of a list, one after the other. */
  async function whole<Row, Place>(
    read: (after: Place | null) => Promise<{ readonly rows: readonly Row[]; readonly next: Place | null }>,
  ): Promise<readonly (readonly Row[])[]> {
    const parts: (readonly Row[])[] = []
    for (let place: Place | null = null; ; ) {
      const part = await read(place)
      parts.push(part.rows)
      place = part.next
      if (place === null) return parts
    }
  }

  describe('slices', () => {
    const three = [
      slice('2026-11-28', '1', 'checks'),
      slice('2026-11-28', '1', 'orders', 'loaded', 3),
      slice('2026-11-28', '2', 'orders', 'missing'),
      slice('2026-11-29', '1', 'checks', 'held'),
      slice('2026-11-29', '2', 'orders', 'loaded', 1),
      slice('2026-12-01', '1', 'orders'),
    ]

    it('are letters in a matrix, with a verdict for each window and shard', async () => {
      const dispute = rows.aCheck({ state: 'fail', effect: 'dispute' })
      const disputed = { pipeline: 'toast', window: '2026-11-28', shard: '1' }
      await ledger.apply([
        ...three,
        { change: 'checks', key: { ...disputed, stream: '*' }, results: [dispute], at: 1 },
        {
          change: 'checks',
          key: { ...disputed, window: '2026-11-29', stream: 'checks' },
          results: [dispute],
          at: 1,
        },
      ])
      const streams = ['orders', 'checks', 'payments']
      expect(await ledger.reads.matrix({ ...RANGE, streams })).toEqual({
        shards: ['1', '2'],
        windows: [
          { window: '2026-11-28', cells: '~o-!--', verdicts: 'di' },
          { window: '2026-11-29', cells: '-h-~--', verdicts: 'ic' },
        ],
      })
      expect(await ledger.reads.matrix({ ...RANGE, streams: ['orders'], shards: ['2'] })).toEqual({
        shards: ['2'],
        windows: [
          { window: '2026-11-28', cells: '!', verdicts: 'i' },
          { window: '2026-11-29', cells: '~', verdicts: 'c' },
        ],
      })
      expect(await ledger.reads.matrix({ ...RANGE, streams, shards: [] })).toEqual({ shards: [], windows: [] })
    })

    it('are listed in parts that neither repeat nor leave out one, in both directions', async () => {
      await ledger.apply(three)
      const names = async (filter: object, limit: number) => {
        const parts = await whole((after: SlicePlace | null) =>
          ledger.reads.slicePage({ pipeline: 'toast', limit, ...filter, after }),
        )
        return parts.map((part) => part.map(({ window, shard, stream }) => `${window.slice(8)}/${shard}/${stream}`))
      }
      const all = ['28/1/checks', '28/1/orders', '28/2/orders', '29/1/checks', '29/2/orders', '01/1/orders']
      expect(await names({}, 2)).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)])
      expect(await names({ first: 'newest' }, 4)).toEqual([all.toReversed().slice(0, 4), all.toReversed().slice(4)])
      expect(await names({ shards: ['2'] }, 500)).toEqual([['28/2/orders', '29/2/orders']])
      expect(await names({ streams: ['checks'], to: '2026-11-28' }, 500)).toEqual([['28/1/checks']])
      expect(await names({ states: ['missing', 'held'] }, 1)).toEqual([['28/2/orders'], ['29/1/checks']])
      expect(await names({ states: ['loaded', 'held'], from: '2026-11-29' }, 500)).toEqual([all.slice(3)])
      expect(await names({ hasRejects: true }, 500)).toEqual([['28/1/orders', '29/2/orders']])
      await ledger.apply([slice('2026-11-28', '3', 'checks', 'waived'), slice('2026-11-29', '1', 'orders', 'waived')])
      const open = ['28/2/orders', '28/3/checks', '29/1/checks', '29/1/orders']
      const states = ['waived', 'held', 'missing']
      expect(await names({ states }, 3)).toEqual([open.slice(0, 3), open.slice(3)])
      expect(await names({ states, first: 'newest' }, 1)).toEqual(open.toReversed().map((name) => [name]))
      expect(await names({ states: ['waived'] }, 500)).toEqual([[open[1], open[3]]])
      expect(await names({ states: [] }, 500)).toEqual([[]])
      expect(await names({ pipeline: 'other' }, 500)).toEqual([[]])
    })

    it('are counted up to a bound', async () => {
      await ledger.apply(three)
      const total = (filter: object, most = 10) => ledger.reads.sliceTotal({ pipeline: 'toast', ...filter }, most)
      expect(await total({})).toBe(6)
      expect(await total({ hasRejects: true })).toBe(2)
      expect(await total({ states: ['missing'], from: '2026-11-28', to: '2026-11-28' })).toBe(1)
      expect(await total({}, 6)).toBe(6)
      expect(await total({}, 5)).toBeNull()
    })

    it('tell their life: versions, checks, partition, runs and sign-off', async () => {
      const version = (sha256: string, at: number) =>
        rows.aDeliveryRecord({ raw: { ...rows.aDelivery.raw, sha256 }, at })
      const [first, second] = [version('a', 1), version('b', 2)]
      const signOff = { pipeline: 'toast', window: rows.KEY.window, at: 9, actor: 'ana', note: 'closed', totals: {} }
      await ledger.apply([
        { change: 'slice', slice: rows.aSlice() },
        { change: 'delivery', delivery: second },
        { change: 'delivery', delivery: first },
        { change: 'checks', key: rows.KEY, results: [rows.aCheck()], at: 3 },
        { change: 'partition', partition: rows.aPartition() },
        { change: 'run_slice', runSlice: rows.aRunSlice({ runId: 'run-1' }), at: 5 },
        { change: 'run_slice', runSlice: rows.aRunSlice({ runId: 'run-2' }), at: 6 },
        { change: 'run_slice', runSlice: rows.aRunSlice({ runId: 'run-3', shard: 'other' }), at: 7 },
        { change: 'sign_off', signOff: { ...signOff, shard: '' } },
      ])
      const life = await ledger.reads.sliceLife(rows.KEY)
      expect(life).toMatchObject({
        slice: rows.stored(rows.aSlice()),
        versions: [second, first],
        checks: [{ ...rows.aCheck(), at: 3 }],
        partition: rows.stored(rows.aPartition()),
        history: [
          { runId: 'run-2', at: 6 },
          { runId: 'run-1', at: 5 },
        ],
        signOff: { shard: '', actor: 'ana' },
      })
      await ledger.apply([{ change: 'sign_off', signOff: { ...signOff, shard: rows.KEY.shard, actor: 'ben' } }])
      expect((await ledger.reads.sliceLife(rows.KEY))?.signOff).toEqual({
        ...signOff,
        shard: rows.KEY.shard,
        actor: 'ben',
      })
      expect(await ledger.reads.sliceLife({ ...rows.KEY, shard: 'none' })).toBeNull()
      const signed = { ...RANGE, from: rows.KEY.window, to: rows.KEY.window }
      expect((await ledger.reads.signOffs(signed)).map(({ shard }) => shard)).toEqual(['', rows.KEY.shard])
      expect((await ledger.reads.signOffs({ ...signed, shards: ['7'] })).map(({ shard }) => shard)).toEqual([''])
    })

    it('with rejects are grouped by stream, shard and window', async () => {
      await ledger.apply(three)
      const group = (key: string, count: number, slices: number, first: string, last: string) => ({
        ...{ key, rows: count, slices, first: `2026-11-${first}`, last: `2026-11-${last}` },
      })
      expect(await ledger.reads.rejectGroups({ ...RANGE, by: 'stream' })).toEqual([group('orders', 4, 2, '28', '29')])
      expect(await ledger.reads.rejectGroups({ ...RANGE, by: 'shard' })).toEqual([
        group('1', 3, 1, '28', '28'),
        group('2', 1, 1, '29', '29'),
      ])
      expect(await ledger.reads.rejectGroups({ ...RANGE, by: 'window', shards: ['2'] })).toEqual([
        group('2026-11-29', 1, 1, '29', '29'),
      ])
      await ledger.apply([
        { change: 'partition', partition: rows.aPartition({ stream: 'orders', window: '2026-11-28', rows: 40 }) },
        { change: 'partition', partition: rows.aPartition({ stream: 'checks', window: '2026-11-28', rows: 7 }) },
      ])
      expect(await ledger.reads.streamDays(RANGE)).toEqual([
        { window: '2026-11-28', stream: 'checks', rows: 7, rejects: 0 },
        { window: '2026-11-28', stream: 'orders', rows: 40, rejects: 3 },
      ])
    })
  })

  it('files that no contract read are listed in parts, by window, shard, name', async () => {
    const file = (window: string, shard: string, name: string): PeopleChange => {
      const { source } = rows.aKeptFile()
      return {
        change: 'kept_file',
        file: rows.aKeptFile({ pipeline: 'toast', window, shard, source: { ...source, name } }),
      }
    }
    await ledger.apply([
      file('2026-11-29', '1', 'a'),
      file('2026-11-28', '2', 'a'),
      file('2026-11-28', '1', 'b'),
      file('2026-11-28', '1', 'a'),
    ])
    const list = async (filter: object, limit: number) => {
      const parts = await whole((after: FilePlace | null) =>
        ledger.reads.filePage({ pipeline: 'toast', limit, ...filter, after }),
      )
      return parts.map((part) => part.map(({ window, shard, source }) => `${window.slice(8)}/${shard}/${source.name}`))
    }
    expect(await list({}, 3)).toEqual([['28/1/a', '28/1/b', '28/2/a'], ['29/1/a']])
    expect(await list({ shards: ['1'] }, 1)).toEqual([['28/1/a'], ['28/1/b'], ['29/1/a']])
    expect(await list({ windows: ['2026-11-29'] }, 9)).toEqual([['29/1/a']])
  })

  it('bytes of the files of a window are summed by shard', async () => {
    const put = (shard: string, stream: string, bytes: number, window = '2026-11-28'): PeopleChange => ({
      change: 'slice',
      slice: rows.aSlice({
        ...{ pipeline: 'toast', window, shard, stream, state: 'landed' },
        raw: { object: 'o', sha256: 's', bytes },
      }),
    })
    await ledger.apply([
      put('2', 'orders', 5),
      put('1', 'orders', 10),
      put('1', 'checks', 20),
      put('1', 'orders', 7, '2026-11-29'),
    ])
    expect(await ledger.reads.shardBytes({ pipeline: 'toast', window: '2026-11-28' })).toEqual([
      { shard: '1', bytes: 30 },
      { shard: '2', bytes: 5 },
    ])
  })

  describe('windows that are no dates', () => {
    const at = (text: string) => Date.parse(`2026-11-${text}:00:00Z`)
    const place = (window: string) => ({ pipeline: 'toast', window, shard: '1', stream: 'orders' })
    // Oldest first. By name `w000001` would be the last one, and the date the first.
    const ORDER = ['unknown', 'w000003', '2026-11-28', 'w000002', '2026-11-29', 'a-midnight', 'w000001']
    const KNOWN = ORDER.slice(1)

    beforeEach(async () => {
      const window = (name: string, instant: number, more: object = {}): PeopleChange => ({
        change: 'window',
        window: rows.aWindow({ window: name, at: instant, ...more }),
      })
      await ledger.apply([
        window('w000003', at('27T23')),
        window('w000002', at('28T12')),
        window('a-midnight', at('29T00')),
        // The latest instant of its streams counts.
        window('w000001', at('26T00'), { stream: 'checks' }),
        window('w000001', at('29T06')),
        window('w000002', at('01T00'), { pipeline: 'other' }),
        { change: 'run', run: rows.aRun({ id: 'run-1' }) },
        ...ORDER.toSorted().flatMap((name): readonly PeopleChange[] => [
          slice(name, '1', 'orders', 'loaded', 2),
          { change: 'partition', partition: rows.aPartition({ window: name, stream: 'orders', rows: 5 }) },
          { change: 'run_slice', runSlice: rows.aRunSlice({ ...place(name), runId: 'run-1' }), at: 5 },
          { change: 'sign_off', signOff: { ...place(name), at: 9, actor: 'ana', note: '', totals: {} } },
          {
            change: 'checks',
            key: place(name),
            results: [rows.aCheck({ check: 'sums', rule: null, state: 'fail', effect: 'warn', tested: 9, failed: 1 })],
            at: 1,
          },
        ]),
      ])
    })

    const names = (parts: readonly (readonly { readonly window: string }[])[]) =>
      parts.flatMap((part) => part.map(({ window }) => window))

    it.each([1, 2, 3, 500])('are listed by their instants in parts of %d', async (limit) => {
      const slices = (filter: object) =>
        whole((after: SlicePlace | null) => ledger.reads.slicePage({ pipeline: 'toast', limit, ...filter, after }))
      expect(names(await slices({}))).toEqual(ORDER)
      expect(names(await slices({ first: 'newest' }))).toEqual(ORDER.toReversed())
      expect(names(await slices({ from: '2026-11-28', to: '2026-11-28' }))).toEqual(['2026-11-28', 'w000002'])
      expect(names(await slices({ from: '2026-11-29' }))).toEqual(ORDER.slice(4))
      expect(names(await slices({ windows: ['w000001', 'w000003'] }))).toEqual(['w000003', 'w000001'])
      const checks = await whole((after: CheckPlace | null) => ledger.reads.checkPage({ ...RANGE, limit, after }))
      expect(names(checks)).toEqual(KNOWN.toReversed())
      const run = await whole((after: SlicePlace | null) => ledger.reads.runSlicePage({ runId: 'run-1', limit, after }))
      expect(names(run)).toEqual(ORDER)
    })

    it('are listed by their instants with more states than an index has', async () => {
      const states = ['waived', 'held'] as const
      await ledger.apply([
        ...ORDER.slice(0, 3).map((window) => slice(window, '8', 'orders', 'waived')),
        ...ORDER.slice(2).map((window) => slice(window, '9', 'orders', 'held')),
      ])
      const parts = await whole((after: SlicePlace | null) =>
        ledger.reads.slicePage({ pipeline: 'toast', limit: 2, states, after }),
      )
      expect(names(parts)).toEqual([...ORDER.slice(0, 3), ...ORDER.slice(2)])
    })

    it('stand between the days of a matrix, of stream days and of sign-offs', async () => {
      const { windows } = await ledger.reads.matrix({ ...RANGE, streams: ['orders'] })
      expect(windows).toEqual(KNOWN.map((window) => ({ window, cells: '~', verdicts: 'c' })))
      const day = { ...RANGE, from: '2026-11-29' }
      expect((await ledger.reads.matrix({ ...day, streams: ['orders'] })).windows.map(({ window }) => window)).toEqual(
        KNOWN.slice(3),
      )
      expect(await ledger.reads.streamDays(RANGE)).toEqual(
        KNOWN.map((window) => ({ window, stream: 'orders', rows: 5, rejects: 2 })),
      )
      expect((await ledger.reads.signOffs(RANGE)).map(({ window }) => window)).toEqual(KNOWN)
      expect((await ledger.reads.sliceLife(place('w000002')))?.signOff).toMatchObject({ window: 'w000002' })
    })

    it('begin and end a group by their instants', async () => {
      const span = { first: 'w000003', last: 'w000001' }
      const [rejects, ...others] = await ledger.reads.rejectGroups({ ...RANGE, by: 'stream' })
      expect(others).toEqual([])
      expect(rejects).toEqual({ key: 'orders', rows: 12, slices: 6, ...span })
      expect(await ledger.reads.rejectGroups({ ...RANGE, by: 'window' })).toEqual(
        KNOWN.toSorted().map((window) => ({ key: window, rows: 2, slices: 1, first: window, last: window })),
      )
      expect(await ledger.reads.checkGroups({ ...RANGE, to: '2026-11-28' })).toMatchObject([
        { check: 'sums', slices: 3, failed: 3, tested: 27, first: 'w000003', last: 'w000002' },
      ])
    })
  })

  it('checks that did not pass are listed, the newest window first, and grouped', async () => {
    const check = (name: string, state: 'pass' | 'warn' | 'fail', failed: number) =>
      rows.aCheck({ check: name, rule: null, state, effect: 'warn', tested: 10, failed })
    const put = (window: string, shard: string, ...results: ReturnType<typeof check>[]): PeopleChange => ({
      change: 'checks',
      key: { pipeline: 'toast', window, shard, stream: 'orders' },
      results,
      at: 1,
    })
    await ledger.apply([
      put('2026-11-28', '1', check('sums', 'fail', 2), check('times', 'pass', 0), check('tips', 'warn', 1)),
      put('2026-11-29', '1', check('sums', 'fail', 3)),
      put('2026-12-01', '1', check('sums', 'fail', 4)),
    ])
    const list = async (filter: object) => {
      const parts = await whole((after: CheckPlace | null) =>
        ledger.reads.checkPage({ ...RANGE, ...filter, limit: 2, after }),
      )
      return parts.map((part) => part.map((one) => `${one.window.slice(8)} ${one.check} ${one.position}`))
    }
    expect(await list({})).toEqual([['29 sums 0', '28 tips 2'], ['28 sums 0']])
    expect(await list({ check: 'sums' })).toEqual([['29 sums 0', '28 sums 0']])
    expect(await list({ states: ['warn'] })).toEqual([['28 tips 2']])
    expect(await list({ shards: ['2'] })).toEqual([[]])
    const sums = { stream: 'orders', check: 'sums', rule: null, state: 'fail', effect: 'warn', slices: 2, failed: 5 }
    const tips = { ...sums, check: 'tips', state: 'warn', slices: 1, failed: 1 }
    expect(await ledger.reads.checkGroups(RANGE)).toEqual([
      { ...sums, tested: 20, first: '2026-11-28', last: '2026-11-29' },
      { ...tips, tested: 10, first: '2026-11-28', last: '2026-11-28' },
    ])
    expect(await ledger.reads.checkDays({ ...RANGE, stream: 'orders' })).toEqual([
      { window: '2026-11-28', check: 'sums', rule: null, slices: 1, failed: 2 },
      { window: '2026-11-28', check: 'tips', rule: null, slices: 1, failed: 1 },
      { window: '2026-11-29', check: 'sums', rule: null, slices: 1, failed: 3 },
    ])
    expect(await ledger.reads.checkDays({ ...RANGE, stream: 'checks' })).toEqual([])
  })

  describe('runs', () => {
    it('are listed by time, the newest first, and filtered', async () => {
      const run = (id: string, createdAt: number, more: object = {}): PeopleChange => ({
        change: 'run',
        run: rows.aRun({ id, createdAt, state: 'succeeded', trigger: 'schedule', backfillId: null, ...more }),
      })
      await ledger.apply([
        run('a', 10, { state: 'failed' }),
        run('b', 20, { trigger: 'cli' }),
        run('c', 20, { state: 'running', backfillId: 'b1' }),
        run('d', 30, { pipeline: 'other' }),
      ])
      const list = async (filter: object) => {
        const parts = await whole((after: TimePlace | null) => ledger.reads.runPage({ ...filter, limit: 2, after }))
        return parts.map((part) => part.map(({ id }) => id).join(''))
      }
      expect(await list({})).toEqual(['dc', 'ba'])
      expect(await list({ pipeline: 'toast' })).toEqual(['cb', 'a'])
      expect(await list({ states: ['failed', 'running'] })).toEqual(['ca'])
      expect(await list({ triggers: ['cli'] })).toEqual(['b'])
      expect(await list({ backfillId: 'b1' })).toEqual(['c'])
      expect(await list({ from: 20, to: 30 })).toEqual(['cb'])
      expect(await list({ states: [] })).toEqual([''])
    })

    it('have slices in parts, and sum up their steps and what they used', async () => {
      const one = (shard: string, outcome: 'staged' | 'missing'): PeopleChange => ({
        change: 'run_slice',
        runSlice: rows.aRunSlice({ runId: 'r', shard, outcome }),
        at: 1,
      })
      const step = { runId: 'r', step: 'extract' }
      const used = { runId: 'r', kind: 'bytes_billed', amount: 10, costMicros: 5 }
      await ledger.apply([
        { change: 'run', run: rows.aRun({ id: 'r', createdAt: 86_400_000 * 2 }) },
        ...[one('1', 'staged'), one('2', 'missing'), one('3', 'staged')],
        { change: 'run_step', step: { ...step, milliseconds: 5, count: 1 } },
        { change: 'run_step', step: { ...step, milliseconds: 7, count: 2 } },
        { change: 'usage', usage: used },
        { change: 'usage', usage: used },
        { change: 'usage', usage: { ...used, kind: 'slots', costMicros: null } },
      ])
      const list = async (filter: object) => {
        const parts = await whole((after: SlicePlace | null) =>
          ledger.reads.runSlicePage({ runId: 'r', ...filter, limit: 1, after }),
        )
        return parts.map((part) => part.map(({ shard }) => shard).join(''))
      }
      expect(await list({})).toEqual(['1', '2', '3'])
      expect(await list({ outcomes: ['staged'], shards: ['3', '2'] })).toEqual(['3'])
      expect(await ledger.reads.runSteps('r')).toEqual([{ ...step, milliseconds: 12, count: 3 }])
      const sums = [
        { kind: 'bytes_billed', amount: 20, costMicros: 10 },
        { kind: 'slots', amount: 10, costMicros: null },
      ]
      expect(await ledger.reads.runUsage('r')).toEqual(sums.map((sum) => ({ runId: 'r', ...sum })))
      const days = sums.map((sum) => ({ date: '1970-01-03', runs: 1, ...sum }))
      expect(await ledger.reads.usage({ from: 0, to: 86_400_000 * 3 })).toEqual(days)
      expect(await ledger.reads.usage({ from: 0, to: 86_400_000 * 2 })).toEqual([])
      expect(await ledger.reads.usage({ from: 0, to: 86_400_000 * 3, pipeline: 'other' })).toEqual([])
    })
  })

  it('backfills are listed by time, the newest first', async () => {
    await ledger.apply(
      ['a', 'b', 'c'].map(
        (id, at) => ({ change: 'backfill', backfill: rows.aBackfill({ id, createdAt: at }) }) as const,
      ),
    )
    const parts = await whole((after: TimePlace | null) => ledger.reads.backfillPage({ limit: 2, after }))
    expect(parts.map((part) => part.map(({ id }) => id))).toEqual([['c', 'b'], ['a']])
    expect((await ledger.reads.backfillPage({ limit: 2, states: [] })).rows).toEqual([])
  })

  it('incidents are listed by their roots, with members, hands and a timeline', async () => {
    const opened = (shard: string | null, at: number): PeopleChange =>
      rows.anIncident({ key: `missing/toast/${shard}`, shard, pipeline: 'toast', kind: 'missing', at })
    await ledger.apply([opened('1', 1), opened('2', 2), opened('3', 3), opened(null, 4)])
    const all = (await ledger.reads.incidentPage({ limit: 10 })).rows
    expect(all.map(({ shard, parentId, members }) => [shard, parentId, members])).toEqual([
      [null, null, 0],
      ['3', null, 0],
      ['2', null, 0],
      ['1', null, 0],
    ])
    const [wide, three, two, one] = all.map(({ id }) => id)
    const event = { incidentId: one!, at: 5, actor: 'ana', kind: 'note', text: 'called' }
    await ledger.apply([
      { change: 'incident_placed', id: one!, parentId: three! },
      { change: 'incident_placed', id: two!, parentId: three!, assignee: 'ana', ackedUntil: 9 },
      { change: 'incident_event', event: { ...event, incidentId: three!, at: 6 } },
      { change: 'incident_event', event },
    ])
    const ids = async (filter: object) =>
      (await ledger.reads.incidentPage({ limit: 10, ...filter })).rows.map(({ id }) => id)
    expect(await ids({})).toEqual([wide, three])
    expect(await ids({ of: 'all' })).toEqual([wide, three, two, one])
    expect(await ids({ of: { parentId: three! } })).toEqual([two, one])
    expect(await ids({ shards: ['1'] })).toEqual([wide, three])
    expect(await ids({ shards: ['7'] })).toEqual([wide])
    expect(await ids({ from: 4 })).toEqual([wide])
    expect(await ids({ states: ['resolved'] })).toEqual([])
    expect(await ledger.reads.incident(three!)).toMatchObject({ members: 2, parentId: null, assignee: null })
    const placed = { parentId: three!, assignee: 'ana', ackedUntil: 9 }
    expect(await ledger.reads.incident(two!)).toMatchObject({ members: 0, ...placed })
    expect((await ledger.reads.incidentEvents(three!)).map(({ at }) => at)).toEqual([5, 6])
    expect(await ledger.reads.incidentEvents(one!)).toEqual([event])
    await ledger.apply([{ change: 'incident_placed', id: two!, parentId: null }])
    expect(await ledger.reads.incident(two!)).toMatchObject({ ...placed, parentId: null })
    const unknown = ledger.apply([{ change: 'incident_placed', id: 'none', assignee: 'ana' }])
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await ledger.reads.incident('none')).toBeNull()
  })

  it('incidents of a kind are found as roots also where another groups them', async () => {
    const [day, check, late] = ['day', 'check', 'late'].map((kind, at) =>
      rows.anIncident({ key: `${kind}/toast`, shard: null, pipeline: 'toast', kind, at }),
    )
    await ledger.apply([day!, check!, late!])
    const all = (await ledger.reads.incidentPage({ limit: 10 })).rows
    const idOf = (kind: string) => all.find((incident) => incident.kind === kind)?.id ?? ''
    await ledger.apply([{ change: 'incident_placed', id: idOf('check'), parentId: idOf('day') }])
    const kinds = async (filter: object) =>
      (await ledger.reads.incidentPage({ limit: 10, ...filter })).rows.map(({ kind }) => kind)
    expect(await kinds({ kind: 'check' })).toEqual(['day'])
    expect(await kinds({ kind: 'day' })).toEqual(['day'])
    expect(await kinds({ kind: 'check', of: 'all' })).toEqual(['check'])
    expect(await kinds({ kind: 'check', of: { parentId: idOf('day') } })).toEqual(['check'])
    expect(await kinds({ kind: 'missing' })).toEqual([])
    await ledger.apply([{ change: 'incident_resolved', key: 'check/toast', at: 9 }])
    expect(await kinds({ kind: 'check', states: ['open', 'acknowledged', 'snoozed'] })).toEqual([])
    expect(await kinds({ kind: 'check' })).toEqual(['day'])
  })

  it('the audit keeps role, request and what changed, and can be asked by actor, action, subject and time', async () => {
    const entry = (at: number, more: object = {}): PeopleChange => ({
      change: 'audit',
      entry: { at, actor: 'ana', action: 'slice.retry', subject: 's', details: '', ...more },
    })
    const full = { role: 'operator', requestId: 'r1', before: { state: 'held' }, after: null }
    await ledger.apply([entry(1, full), entry(2, { actor: 'ben' }), entry(3, { action: 'slice.waive', subject: 't' })])
    const list = async (filter: object) => {
      const parts = await whole((after: TimePlace | null) => ledger.reads.auditPage({ ...filter, limit: 2, after }))
      return parts.map((part) => part.map(({ at }) => at))
    }
    expect(await list({})).toEqual([[3, 2], [1]])
    expect(await list({ actor: 'ana' })).toEqual([[3, 1]])
    expect(await list({ action: 'slice.waive' })).toEqual([[3]])
    expect(await list({ action: 'slice' })).toEqual(await list({}))
    expect((await list({ action: 'sli' })).flat()).toEqual([])
    expect(await list({ subject: 's', from: 2 })).toEqual([[2]])
    const [, second] = (await ledger.reads.auditPage({ actor: 'ana', limit: 2 })).rows
    expect(second).toEqual({
      id: expect.any(String),
      at: 1,
      actor: 'ana',
      action: 'slice.retry',
      subject: 's',
      details: '',
      ...full,
    })
  })

  describe('settings', () => {
    const rule = (changes: Partial<Setting> = {}): Setting => ({
      ...{ kind: 'rules', id: 'late', version: 0, origin: 'ui', body: { when: 'completeness < 100' } },
      ...{ updatedAt: 1, updatedBy: 'ana', ...changes },
    })

    it('are compared and set by version', async () => {
      await ledger.apply([
        { change: 'setting', setting: rule() },
        { change: 'setting', setting: rule({ id: 'early' }) },
        { change: 'setting', setting: rule({ kind: 'channels' }) },
      ])
      expect(await ledger.reads.setting('rules', 'late')).toEqual(rule({ version: 1 }))
      expect((await ledger.reads.settings('rules')).map(({ id }) => id)).toEqual(['early', 'late'])
      await ledger.apply([{ change: 'setting', setting: rule({ version: 1, body: [1] }) }])
      expect(await ledger.reads.setting('rules', 'late')).toEqual(rule({ version: 2, body: [1] }))
      const stale: PeopleChange = { change: 'setting', setting: rule({ version: 1 }) }
      const audit: PeopleChange = { change: 'audit', entry: rows.anAuditEntry() }
      await expect(ledger.apply([audit, stale])).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
      expect((await ledger.reads.auditPage({ limit: 1 })).rows).toEqual([])
    })

    it('are deleted by version', async () => {
      await ledger.apply([{ change: 'setting', setting: rule() }])
      const remove = (version: number) =>
        ledger.apply([{ change: 'setting_deleted', kind: 'rules', id: 'late', version }])
      await expect(remove(2)).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
      await remove(1)
      expect(await ledger.reads.setting('rules', 'late')).toBeNull()
      await expect(remove(1)).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
    })
  })

  it('shift overrides are listed where they touch a range, and go', async () => {
    const put = (id: string, from: number, to: number, rotation = 'primary'): PeopleChange => ({
      change: 'override',
      override: { id, rotation, person: 'ana', from, to, actor: 'ben', at: 1 },
    })
    await ledger.apply([put('a', 10, 20), put('b', 20, 30), put('c', 5, 50, 'secondary')])
    const ids = async (range: { from: number; to: number; rotation?: string }) =>
      (await ledger.reads.overrides(range)).map(({ id }) => id)
    expect(await ids({ from: 20, to: 25 })).toEqual(['c', 'b'])
    expect(await ids({ from: 0, to: 99, rotation: 'primary' })).toEqual(['a', 'b'])
    await ledger.apply([put('b', 90, 95), { change: 'override_deleted', id: 'a' }])
    expect(await ids({ from: 0, to: 99, rotation: 'primary' })).toEqual(['b'])
  })

  it('tokens are found by id and by who made them, and remember their last use', async () => {
    const token = (id: string, changes: Partial<Token> = {}): Token => ({
      ...{ id, name: 'ci', principal: 'ana', role: 'viewer', scope: { ids: ['1'] }, createdAt: 1, expiresAt: 9 },
      ...{ revokedAt: null, lastUsedAt: null, ...changes },
    })
    const put = (one: Token): PeopleChange => ({ change: 'token', token: one })
    await ledger.apply([put(token('a')), put(token('b', { principal: 'ben', createdAt: 2 }))])
    await ledger.touchToken('a', 5)
    expect(await ledger.reads.token('a')).toEqual(token('a', { lastUsedAt: 5 }))
    await ledger.apply([put(token('a', { revokedAt: 6 }))])
    expect((await ledger.reads.token('a'))?.revokedAt).toBe(6)
    expect((await ledger.reads.tokens({})).map(({ id }) => id)).toEqual(['b', 'a'])
    expect((await ledger.reads.tokens({ principal: 'ben' })).map(({ id }) => id)).toEqual(['b'])
    expect(await ledger.reads.token('none')).toBeNull()
  })

  describe('a request under one key', () => {
    const attempt = (holder: string, at = 1) => ({
      ...{ principal: 'ana', key: 'k', hash: 'h', at, writeId: `write of ${holder}`, holder },
      ...{ owner: `process of ${holder}`, leasedUntil: at + 100 },
    })
    const answer = { status: 202, headers: { location: '/api/runs/1' }, body: '{}' }
    const answered = (holder: string): PeopleChange => ({ change: 'request_answered', ...attempt(holder), answer })
    const begun = (holder: string) => ({ state: 'begun', writeId: `write of ${holder}`, at: 1, isRepeated: false })

    it('begins once, of fifty at the same time, and its answer is kept', async () => {
      const holders = Array.from({ length: 50 }, (_, index) => `a${index}`)
      const all = await Promise.all(holders.map((holder) => ledger.beginRequest(attempt(holder))))
      const holder = holders[all.findIndex(({ state }) => state === 'begun')] ?? ''
      expect(all.filter(({ state }) => state === 'begun')).toEqual([begun(holder)])
      expect(all.filter(({ state }) => state === 'running')).toHaveLength(49)
      const other = { ...attempt('b'), principal: 'ben' }
      expect(await ledger.beginRequest(other)).toEqual(begun('b'))
      await ledger.dropRequest(other)
      expect(await ledger.beginRequest({ ...other, writeId: 'another' })).toEqual({ ...begun('b'), writeId: 'another' })
      await ledger.apply([answered(holder)])
      await ledger.dropRequest(attempt(holder))
      await ledger.releaseRequest(attempt(holder))
      const again = await ledger.beginRequest({ ...attempt('c', 1_000), hash: 'other' })
      expect(again).toEqual({ state: 'answered', hash: 'h', answer })
      await ledger.apply([{ change: 'notices_expired', before: 2 }])
      expect(await ledger.beginRequest(attempt('d'))).toEqual(begun('d'))
    })

    it('is taken over by one attempt when its lease is over, and the first can apply nothing any more', async () => {
      await ledger.beginRequest(attempt('a'))
      expect(await ledger.beginRequest(attempt('b', 100))).toEqual({ state: 'running', hash: 'h' })
      expect(await ledger.beginRequest({ ...attempt('b', 101), hash: 'other' })).toEqual({
        state: 'running',
        hash: 'h',
      })
      const later = await Promise.all(['b', 'c', 'd'].map((holder) => ledger.beginRequest(attempt(holder, 101))))
      expect(later.filter(({ state }) => state === 'begun')).toEqual([{ ...begun('a'), isRepeated: true }])
      const entry = { at: 2, actor: 'ana', action: 'run.create', subject: 'a', details: '' }
      const late = ledger.apply([answered('a'), { change: 'audit', entry }])
      await expect(late).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
      expect((await ledger.reads.auditPage({ limit: 1 })).rows).toEqual([])
      await ledger.releaseRequest(attempt('a'))
      const holder = ['b', 'c', 'd'][later.findIndex(({ state }) => state === 'begun')] ?? ''
      await ledger.apply([answered(holder)])
      expect(await ledger.beginRequest(attempt('e', 102))).toEqual({ state: 'answered', hash: 'h', answer })
    })

    it('is taken over at once when its process is gone, and after an attempt that failed', async () => {
      await ledger.beginRequest(attempt('a'))
      const isGone = (owner: string) => owner === 'process of a'
      expect(await ledger.beginRequest(attempt('b', 2), { isGone: () => false })).toMatchObject({ state: 'running' })
      expect(await ledger.beginRequest(attempt('b', 2), { isGone })).toEqual({ ...begun('a'), isRepeated: true })
      expect(await ledger.beginRequest(attempt('c', 3), { isGone })).toMatchObject({ state: 'running' })
      await ledger.releaseRequest(attempt('b'))
      expect(await ledger.beginRequest(attempt('c', 4))).toEqual({ ...begun('a'), isRepeated: true })
    })

    it('that a clock ahead of this one leased is taken over', async () => {
      await ledger.beginRequest(attempt('a', 10_000_000))
      expect(await ledger.beginRequest(attempt('b', 1))).toMatchObject({ state: 'begun', isRepeated: true })
    })
  })

  describe('notifications', () => {
    type New = Extract<PeopleChange, { change: 'notification' }>['notification']
    const note = (id: string, changes: Partial<New> = {}): PeopleChange => ({
      change: 'notification',
      notification: {
        ...{
          id,
          root: 'i1',
          channel: 'ops',
          person: '',
          kind: 'opened',
          step: 0,
          due: 10,
          body: { text: 'x' },
          createdAt: 1,
        },
        ...changes,
      },
    })
    const list = async (filter: { root?: string; states?: readonly Notification['state'][] } = {}) =>
      (await ledger.reads.notificationPage({ ...filter, limit: 50 })).rows

    it('are added once for root, channel, person, kind and step', async () => {
      await ledger.apply([note('a'), note('b'), note('c', { step: 1 })])
      await ledger.apply([note('d'), note('e', { person: 'ana' })])
      expect((await list()).map(({ id }) => id)).toEqual(['e', 'c', 'a'])
      expect(await list({ root: 'none' })).toEqual([])
    })

    it('are claimed by one process at a time, and settled', async () => {
      await ledger.apply(['a', 'b', 'c'].map((id, step) => note(id, { step, due: 10 + step })))
      const claim = async (now: number, until = now + 100, limit = 10) =>
        (await ledger.claimNotifications({ now, until, limit })).map(({ id, attempts }) => `${id}${attempts}`)
      expect(await claim(9)).toEqual([])
      expect(await claim(20, 120, 2)).toEqual(['a1', 'b1'])
      expect(await claim(20)).toEqual(['c1'])
      expect(await claim(119)).toEqual([])
      await ledger.apply([
        { change: 'notification_settled', id: 'a', state: 'sent', receipt: 'ts-1', at: 30 },
        { change: 'notification_settled', id: 'b', state: 'due', due: 50, problem: '429', at: 30 },
        { change: 'notification_settled', id: 'c', state: 'dead', problem: 'gone', at: 30 },
      ])
      expect(await claim(49)).toEqual([])
      expect(await claim(50, 60)).toEqual(['b2'])
      // The process that took it never settled it.
      expect(await claim(60)).toEqual(['b3'])
      const settled = { receipt: null, problem: null, updatedAt: 30, createdAt: 1, body: { text: 'x' } }
      expect(await list({ states: ['sent', 'dead'] })).toMatchObject([
        { ...settled, id: 'c', state: 'dead', problem: 'gone' },
        { ...settled, id: 'a', state: 'sent', receipt: 'ts-1' },
      ])
      const unknown = ledger.apply([{ change: 'notification_settled', id: 'none', state: 'sent', at: 1 }])
      await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('are claimed once each, of many claims at the same time', async () => {
      await ledger.apply(Array.from({ length: 40 }, (_, step) => note(`n${step}`, { step })))
      const claims = Array.from({ length: 8 }, () => ledger.claimNotifications({ now: 20, until: 99, limit: 10 }))
      const ids = (await Promise.all(claims)).flat().map(({ id }) => id)
      const rest = await ledger.claimNotifications({ now: 20, until: 99, limit: 50 })
      expect([...ids, ...rest.map(({ id }) => id)].toSorted()).toEqual(
        Array.from({ length: 40 }, (_, step) => `n${step}`).toSorted(),
      )
    })
  })

  describe('changes', () => {
    const topicsAfter = async (cursor: string | null) => {
      const answer = await ledger.reads.changesAfter(cursor)
      return answer.state === 'ok' ? answer.changes.map(({ topics }) => topics) : answer.state
    }
    const cursorNow = async () => (await ledger.reads.changesAfter(null)).cursor

    it('are given after a cursor, one per transaction, as topics', async () => {
      const start = await cursorNow()
      expect(await topicsAfter(start)).toEqual([])
      await ledger.apply([slice('2026-11-29', '1', 'orders'), slice('2026-11-29', '1', 'checks'), rows.anIncident()])
      await ledger.apply([{ change: 'mark', mark: { name: 'm', value: 'v', at: 1 } }])
      await ledger.apply([{ change: 'run', run: rows.aRun({ id: 'r1' }) }])
      expect(await topicsAfter(start)).toEqual([['slice/toast/2026-11-29/1', 'incidents'], ['run/r1']])
      const middle = await cursorNow()
      expect(await topicsAfter(middle)).toEqual([])
      const many = Array.from({ length: 60 }, (_, shard) => slice('2026-11-30', String(shard), 'orders'))
      await ledger.apply(many)
      expect(await topicsAfter(middle)).toEqual([['slices/toast/2026-11-30']])
    })

    it('that were not applied leave no notice', async () => {
      await ledger.apply([slice('2026-11-29', '1', 'orders')])
      const cursor = await cursorNow()
      await expect(ledger.apply([slice('2026-11-29', '1', 'orders')])).rejects.toMatchObject({
        code: 'LEDGER_CONFLICT',
      })
      expect(await topicsAfter(cursor)).toEqual([])
    })

    it('are forgotten in time: a cursor of before, of another ledger, or of none means a reset', async () => {
      for (const shard of ['1', '2', '3']) await ledger.apply([slice('2026-11-29', shard, 'orders')])
      const cursor = await cursorNow()
      const [, seq = '', at = ''] = cursor.split('-')
      for (const shard of ['4', '5']) await ledger.apply([slice('2026-11-29', shard, 'orders')])
      for (const wrong of [`0-${seq}-${Number(at) + 1}`, `0-99999-${at}`, 'text', ''])
        expect(await ledger.reads.changesAfter(wrong)).toEqual({ state: 'reset', cursor: await cursorNow() })
      for (const tx of ['99999999999999999999', '123456']) expect(await topicsAfter(`${tx}-${seq}-${at}`)).toBe('reset')
      expect(await topicsAfter('99999999999999999999-0-7')).toHaveLength(5)
      await ledger.apply([{ change: 'notices_expired', before: Number.MAX_SAFE_INTEGER }])
      expect(await topicsAfter(cursor)).toBe('reset')
      expect(await topicsAfter(await cursorNow())).toEqual([])
    })
  })
}
