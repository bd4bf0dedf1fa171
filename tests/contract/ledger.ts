import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeptFile, Message, Slice, WindowRecord } from '../../functions/pipeline/entities.ts'
import type { Change, Ledger, SliceFilter } from '../../functions/pipeline/ports.ts'
import * as rows from '../support/ledger-rows.ts'
import { testBuilds } from './ledger-builds.ts'
import { testIncidents } from './ledger-incidents.ts'
import { testLedgerModel } from './ledger-model.ts'

/** Promises of every ledger. `open` gives an empty one; `histories` is how many random ones it is compared over. */
export function testLedger(open: () => Promise<Ledger>, histories?: number): void {
  let ledger: Ledger
  beforeEach(async () => {
    ledger = await open()
  })
  afterEach(() => ledger.close())

  const slice = (changes: Partial<Slice>): Change => ({ change: 'slice', slice: rows.aSlice(changes) })

  describe('what was applied is read as it was written', () => {
    it('slices', async () => {
      await ledger.apply([slice({})])
      expect(await ledger.slice(rows.KEY)).toEqual(rows.stored(rows.aSlice()))
    })

    it('slices of which nothing is known yet', async () => {
      const bare = {
        reason: null,
        source: null,
        raw: null,
        delivery: null,
        rejects: null,
        firstSeenAt: null,
        dueAt: null,
        firstLoadedAt: null,
        sighting: null,
        lookedAt: null,
      }
      await ledger.apply([slice({ ...bare, state: 'expected', runId: null })])
      expect(await ledger.slice(rows.KEY)).toMatchObject({ ...bare, state: 'expected', runId: null })
    })

    it('deliveries, with and without counts', async () => {
      const bare = rows.aDeliveryRecord({
        raw: { ...rows.aDelivery.raw, sha256: 'def' },
        state: 'quarantined',
        ...{ contract: null, engine: null, counts: null, totals: null, reason: null, source: null, runId: null },
      })
      await ledger.apply([
        { change: 'delivery', delivery: rows.aDeliveryRecord() },
        { change: 'delivery', delivery: bare },
      ])
      expect(await ledger.deliveries({})).toEqual([rows.aDeliveryRecord(), bare])
    })

    it('files that no contract reads, one per name and folder', async () => {
      const bare = rows.aKeptFile({ shard: '1', raw: null, sighting: null, reason: null })
      const other = rows.aKeptFile({ window: '2025-02-06' })
      const put = (file: KeptFile): Change => ({ change: 'kept_file', file })
      await ledger.apply([put(other), put(rows.aKeptFile({ at: 1, raw: null })), put(rows.aKeptFile()), put(bare)])
      expect(await ledger.keptFiles({})).toEqual([bare, rows.aKeptFile(), other])
      expect(await ledger.keptFiles({ pipeline: 'toast', shards: ['1'], windows: ['2025-02-05'] })).toEqual([bare])
      expect(await ledger.keptFiles({ from: '2025-02-06' })).toEqual([other])
      expect(await ledger.keptFiles({ pipeline: 'other' })).toEqual([])
      expect(await ledger.keptFiles({ shards: [] })).toEqual([])
      expect(await ledger.keptFiles({ limit: 1 })).toEqual([bare])
    })

    it('partitions', async () => {
      const idle = rows.anIdlePartition({ stream: 'rejects', jobId: null, totals: {} })
      const quarantined = rows.aQuarantinedPartition({ stream: 'orders' })
      await ledger.apply([
        { change: 'partition', partition: rows.aPartition() },
        { change: 'partition', partition: idle },
        { change: 'partition', partition: quarantined },
      ])
      expect(await ledger.partition('toast', 'order_details', '2025-02-05')).toEqual(rows.stored(rows.aPartition()))
      expect(await ledger.partition('toast', 'rejects', '2025-02-05')).toEqual(rows.stored(idle))
      expect(await ledger.partition('toast', 'orders', '2025-02-05')).toEqual(rows.stored(quarantined))
    })

    it('runs and their slices', async () => {
      const queued = rows.aRun({
        id: 'run-2',
        scope: {},
        reason: null,
        backfillId: null,
        startedAt: null,
        finishedAt: 5,
      })
      const bare = rows.aRunSlice({ stream: 'payment_details', reason: null, counts: null })
      await ledger.apply([
        { change: 'run', run: rows.aRun() },
        { change: 'run', run: queued },
        { change: 'run_slice', runSlice: rows.aRunSlice(), at: 1 },
        { change: 'run_slice', runSlice: bare, at: 1 },
      ])
      expect(await ledger.run('run-1')).toEqual(rows.stored(rows.aRun()))
      expect(await ledger.run('run-2')).toEqual(rows.stored(queued))
      expect(await ledger.runSlices('run-1')).toEqual([rows.aRunSlice(), bare])
      expect(await ledger.runSlices('run-2')).toEqual([])
    })

    it('messages of all three kinds', async () => {
      const messages = [
        rows.aMessage(),
        rows.aMessage({ id: 'message-2', work: { kind: 'tick', pipeline: 'toast' }, reason: null }),
        rows.aMessage({
          id: 'message-3',
          work: { kind: 'load', pipeline: 'toast', stream: 'order_details', window: '2025-02-05' },
        }),
      ]
      await ledger.apply(messages.map((message) => ({ change: 'message', message })))
      expect(await ledger.messages({})).toEqual(messages.map(rows.stored))
      expect(await ledger.message('message-3')).toEqual(rows.stored(messages[2]!))
    })

    it('backfills', async () => {
      const plain = rows.aBackfill({
        id: 'backfill-0',
        unit: 'hour',
        shards: [],
        streams: [],
        fromArchive: false,
        force: true,
        reload: false,
        reason: null,
      })
      await ledger.apply([
        { change: 'backfill', backfill: rows.aBackfill() },
        { change: 'backfill', backfill: plain },
      ])
      expect(await ledger.backfill('backfill-1')).toEqual(rows.stored(rows.aBackfill()))
      expect(await ledger.backfills({})).toEqual([rows.stored(plain), rows.stored(rows.aBackfill())])
    })

    it('the audit, the entry that was added last first', async () => {
      const ahead = rows.anAuditEntry({ at: rows.anAuditEntry().at + 86_400_000, actor: 'bob' })
      const last = rows.anAuditEntry({ actor: 'cy' })
      await ledger.apply([rows.anAuditEntry(), ahead, last].map((entry) => ({ change: 'audit', entry })))
      expect(await ledger.audit({})).toEqual([last, ahead, rows.anAuditEntry()])
      expect(await ledger.audit({ limit: 2 })).toEqual([last, ahead])
    })
  })

  it('answers null, or nothing, for what does not exist', async () => {
    expect(await ledger.slice(rows.KEY)).toBeNull()
    expect(await ledger.partition('toast', 'order_details', '2025-02-05')).toBeNull()
    expect(await ledger.run('x')).toBeNull()
    expect(await ledger.message('x')).toBeNull()
    expect(await ledger.backfill('x')).toBeNull()
    const lists = [
      ledger.slices({}),
      ledger.deliveries({}),
      ledger.partitions({}),
      ledger.runs({}),
      ledger.messages({}),
    ]
    expect(await Promise.all(lists)).toEqual([[], [], [], [], []])
    await ledger.apply([])
  })

  describe('compares and sets', () => {
    const versioned: [string, (version: number) => Change, string][] = [
      ['slices', (version) => slice({ version }), 'toast/order_details/185129/2025-02-05'],
      [
        'partitions',
        (version) => ({ change: 'partition', partition: rows.aPartition({ version }) }),
        'toast/order_details/2025-02-05',
      ],
      ['runs', (version) => ({ change: 'run', run: rows.aRun({ version }) }), 'run-1'],
      ['messages', (version) => ({ change: 'message', message: rows.aMessage({ version }) }), 'message-1'],
      ['backfills', (version) => ({ change: 'backfill', backfill: rows.aBackfill({ version }) }), 'backfill-1'],
    ]

    it.each(versioned)('%s: takes the stored version and no other', async (table, change, key) => {
      const conflict = (expected: string, found: string) => ({
        code: 'LEDGER_CONFLICT',
        message: `${table} ${key}: expected ${expected}, found ${found}; nothing was applied`,
        retryable: true,
      })
      await expect(ledger.apply([change(1)])).rejects.toMatchObject(conflict('version 1', 'no row'))
      await ledger.apply([change(0)])
      await expect(ledger.apply([change(0)])).rejects.toMatchObject(conflict('no row', 'version 1'))
      await expect(ledger.apply([change(2)])).rejects.toMatchObject(conflict('version 2', 'version 1'))
      await ledger.apply([change(1), change(2)])
      await expect(ledger.apply([change(1)])).rejects.toMatchObject(conflict('version 1', 'version 3'))
    })

    it('lets exactly one of many writers of the same version win (fault 36)', async () => {
      await ledger.apply([slice({})])
      const writers = Array.from({ length: 20 }, (_, lookedAt) => ledger.apply([slice({ version: 1, lookedAt })]))
      const outcomes = await Promise.allSettled(writers)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await ledger.slice(rows.KEY)).toMatchObject({ version: 2 })
    })
  })

  it('applies nothing of a list when one change in its middle fails', async () => {
    await ledger.apply([slice({ shard: '2' })])
    const list: Change[] = [
      slice({ shard: '1' }),
      { change: 'message', message: rows.aMessage() },
      { change: 'audit', entry: rows.anAuditEntry() },
      rows.anIncident(),
      slice({ shard: '2', version: 9 }),
      slice({ shard: '3' }),
    ]
    await expect(ledger.apply(list)).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
    expect((await ledger.slices({})).map(({ shard: location }) => location)).toEqual(['2'])
    const others = await Promise.all([ledger.messages({}), ledger.audit({}), ledger.incidents({})])
    expect(others).toEqual([[], [], []])
    await ledger.apply(list.filter((change) => change !== list[4]))
    expect(await ledger.slices({})).toHaveLength(3)
  })

  it('refuses a state that it does not know, and applies nothing (a defect would otherwise become data)', async () => {
    const wrong: Change = { change: 'slice', slice: { ...rows.aSlice({ shard: '2' }), state: 'lost' as never } }
    await expect(ledger.apply([slice({}), wrong])).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
    expect(await ledger.slices({})).toEqual([])
  })

  describe('runs end once', () => {
    const ended = rows.aRun({ state: 'partial', finishedAt: 1_738_800_100_000, version: 1 })
    beforeEach(() =>
      ledger.apply([
        { change: 'run', run: rows.aRun() },
        { change: 'run', run: ended },
      ]),
    )

    it.each([1, 2])('refuses another end, with any version (%i)', async (version) => {
      const again = { ...ended, state: 'succeeded' as const, version }
      const refusal = ledger.apply([{ change: 'run', run: again }])
      await expect(refusal).rejects.toMatchObject({
        code: 'LEDGER_CONFLICT',
        message: expect.stringContaining('partial'),
      })
      expect(await ledger.run('run-1')).toEqual(rows.stored(ended))
    })

    it('refuses to bring one back to life', async () => {
      const alive = { ...ended, state: 'running' as const, version: 2 }
      await expect(ledger.apply([{ change: 'run', run: alive }])).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
    })

    it('takes the same end again, as a repeated delivery writes it, and leaves the row as it is', async () => {
      await ledger.apply([{ change: 'run', run: ended }])
      await ledger.apply([{ change: 'run', run: { ...ended, version: 2 } }])
      expect(await ledger.run('run-1')).toEqual(rows.stored(ended))
    })
  })

  describe('a run with a pending message', () => {
    beforeEach(() =>
      ledger.apply([
        { change: 'run', run: rows.aRun() },
        { change: 'message', message: rows.aMessage() },
      ]),
    )

    it.each(['succeeded', 'partial', 'failed', 'skipped'] as const)('does not end by itself (%s)', async (state) => {
      const refusal = ledger.apply([{ change: 'run', run: rows.aRun({ state, version: 1 }) }])
      await expect(refusal).rejects.toMatchObject({
        code: 'LEDGER_CONFLICT',
        message: expect.stringMatching(/pending/),
      })
      expect(await ledger.run('run-1')).toEqual(rows.stored(rows.aRun()))
    })

    it.each(['cancelled', 'timed_out'] as const)('can be stopped (%s)', async (state) => {
      await ledger.apply([{ change: 'run', run: rows.aRun({ state, version: 1 }) }])
      expect(await ledger.run('run-1')).toMatchObject({ state })
    })

    it('ends with the change that ends the message', async () => {
      await ledger.apply([
        { change: 'message', message: rows.aMessage({ state: 'done', version: 1 }) },
        { change: 'run', run: rows.aRun({ state: 'succeeded', version: 1 }) },
      ])
      expect(await ledger.run('run-1')).toMatchObject({ state: 'succeeded' })
    })
  })

  describe('replaces', () => {
    it('the delivery of the same slice and raw object, and keeps others', async () => {
      const other = rows.aDeliveryRecord({ raw: { ...rows.aDelivery.raw, sha256: 'def' }, at: 1_738_800_000_009 })
      const newer = rows.aDeliveryRecord({ state: 'superseded', contract: null, counts: null, totals: null })
      const deliveries = [rows.aDeliveryRecord(), other, newer]
      await ledger.apply(deliveries.map((delivery) => ({ change: 'delivery', delivery })))
      expect(await ledger.deliveries({})).toEqual([newer, other])
    })

    it('the entry of the same run and slice', async () => {
      const newer = rows.aRunSlice({ outcome: 'failed', counts: null, milliseconds: 1 })
      const other = rows.aRunSlice({ runId: 'run-2' })
      const runSlices = [rows.aRunSlice(), other, newer]
      await ledger.apply(runSlices.map((runSlice) => ({ change: 'run_slice', runSlice, at: 1 })))
      expect(await ledger.runSlices('run-1')).toEqual([newer])
      expect(await ledger.runSlices('run-2')).toEqual([other])
    })

    it('entries of a run by the count that its message keeps, and no other', async () => {
      const work = rows.aMessage().work
      const unchanged = [{ windows: ['2025-02-05', '2025-02-04'], streams: ['order_details', 'orders'] }]
      const other = rows.aRunSlice({ runId: 'run-2' })
      const kept = rows.aRunSlice({ stream: 'payments' })
      await ledger.apply([
        ...[rows.aRunSlice(), kept, other].map((runSlice): Change => ({ change: 'run_slice', runSlice, at: 1 })),
        {
          change: 'run_slices_unchanged',
          runId: 'run-1',
          day: { pipeline: 'toast', shard: '185129', window: '2025-02-05' },
          streams: ['order_details', 'orders'],
        },
        { change: 'message', message: rows.aMessage({ work, unchanged, state: 'done' }) },
      ])
      expect(await ledger.message('message-1')).toMatchObject({ unchanged })
      const looks = await ledger.runSlices('run-1')
      expect(looks.map(({ window, shard, stream, outcome }) => [window, shard, stream, outcome].join(' '))).toEqual([
        '2025-02-04 185129 order_details unchanged',
        '2025-02-04 185129 orders unchanged',
        '2025-02-05 185129 order_details unchanged',
        '2025-02-05 185129 orders unchanged',
        '2025-02-05 185129 payments staged',
      ])
      expect(looks[4]).toEqual(kept)
      expect(await ledger.runSlices('run-2')).toEqual([other])
      // An entry of its own says more than the count.
      await ledger.apply([{ change: 'run_slice', runSlice: rows.aRunSlice(), at: 1 }])
      expect((await ledger.runSlices('run-1')).filter(({ outcome }) => outcome === 'staged')).toHaveLength(2)
    })

    it('no entry when some expire: the oldest are deleted, up to a limit', async () => {
      const entries = [5, 3, 4, 1, 2].map((at) => ({ at, runSlice: rows.aRunSlice({ runId: `run-${at}` }) }))
      await ledger.apply(entries.map((each): Change => ({ change: 'run_slice', ...each })))
      const left = async () =>
        (await Promise.all([1, 2, 3, 4, 5].map((n) => ledger.runSlices(`run-${n}`)))).flat().map(({ runId }) => runId)
      await ledger.apply([{ change: 'run_slices_expired', before: 4, most: 2 }])
      expect(await left()).toEqual(['run-3', 'run-4', 'run-5'])
      await ledger.apply([{ change: 'run_slices_expired', before: 4, most: 2 }])
      expect(await left()).toEqual(['run-4', 'run-5'])
    })

    it('the mark of the same name', async () => {
      const mark = { name: 'hash_key', value: 'a', at: 1 }
      const newer = { ...mark, value: 'b', at: 2 }
      await ledger.apply([mark, { ...mark, name: 'other' }, newer].map((each) => ({ change: 'mark', mark: each })))
      expect([await ledger.mark('hash_key'), await ledger.mark('none')]).toEqual([newer, null])
    })

    it('the zone and closeout hour of an imported location', async () => {
      const location = { pipeline: 'toast', id: '9', timeZone: 'America/Denver', closeoutHour: 4, at: 1 }
      const corrected = { ...location, timeZone: 'America/Phoenix', closeoutHour: 5, at: 2 }
      const other = { ...location, id: '10' }
      const changes = [location, other, corrected, { ...location, pipeline: 'square' }]
      await ledger.apply(changes.map((each) => ({ change: 'location_imported', location: each })))
      expect(await ledger.importedLocations()).toEqual([{ ...location, pipeline: 'square' }, other, corrected])
    })

    it('all checks of a slice, in the order they were reported', async () => {
      const check = (name: string) => rows.aCheck({ check: name })
      const other = { ...rows.KEY, stream: 'payment_details' }
      await ledger.apply([
        { change: 'checks', key: rows.KEY, results: [check('z'), check('a'), check('m')], at: 1 },
        { change: 'checks', key: other, results: [check('o')], at: 1 },
      ])
      expect((await ledger.checks({})).map((result) => result.check)).toEqual(['z', 'a', 'm', 'o'])
      await ledger.apply([{ change: 'checks', key: rows.KEY, results: [rows.aCheck({ rule: null })], at: 2 }])
      const kept = { ...rows.aCheck({ rule: null }), ...rows.KEY, at: 2 }
      expect(await ledger.checks({})).toEqual([kept, { ...check('o'), ...other, at: 1 }])
      await ledger.apply([{ change: 'checks', key: rows.KEY, results: [], at: 3 }])
      expect(await ledger.checks({})).toHaveLength(1)
    })
  })

  describe('slices, deliveries and checks are filtered', () => {
    const places = ['toast', 'square'].flatMap((pipeline) =>
      ['order_details', 'orders', 'payments'].flatMap((stream) =>
        ['10', '9'].flatMap((shard) =>
          ['2025-02-04', '2025-02-05', '2025-02-06'].map((window) => ({ pipeline, stream, shard, window })),
        ),
      ),
    )
    beforeEach(async () => {
      const state = (shard: string) => (shard === '9' ? 'staged' : 'quarantined')
      await ledger.apply(
        places
          .toReversed()
          .flatMap((key) => [
            slice({ ...key, state: state(key.shard) }),
            { change: 'delivery', delivery: rows.aDeliveryRecord({ ...key, state: state(key.shard) }) },
            { change: 'checks', key, results: [rows.aCheck()], at: 1 },
          ]),
      )
    })

    const filters: [string, SliceFilter, (key: (typeof places)[number]) => boolean][] = [
      ['nothing', {}, () => true],
      ['pipeline', { pipeline: 'toast' }, ({ pipeline }) => pipeline === 'toast'],
      ['streams', { streams: ['orders', 'payments'] }, ({ stream }) => stream !== 'order_details'],
      ['locations', { shards: ['9', '11'] }, ({ shard }) => shard === '9'],
      ['dates', { windows: ['2025-02-04', '2025-02-06'] }, ({ window }) => window !== '2025-02-05'],
      ['from, included', { from: '2025-02-05' }, ({ window }) => window >= '2025-02-05'],
      ['to, included', { to: '2025-02-05' }, ({ window }) => window <= '2025-02-05'],
      ['from and to', { from: '2025-02-05', to: '2025-02-05' }, ({ window }) => window === '2025-02-05'],
      ['states', { states: ['staged', 'loaded'] }, ({ shard }) => shard === '9'],
      [
        'all at once',
        { pipeline: 'square', streams: ['orders'], shards: ['10'], windows: ['2025-02-06'], states: ['quarantined'] },
        (key) =>
          key.pipeline === 'square' && key.stream === 'orders' && key.shard === '10' && key.window === '2025-02-06',
      ],
      ['an empty list, which matches nothing', { streams: [] }, () => false],
      ['no states, which matches nothing', { states: [] }, () => false],
      ['quotes, which are data', { pipeline: `x' or '1' = '1` }, () => false],
    ]

    it('deliveries by the hash of their bytes, and failed checks alone', async () => {
      const sha256 = 'f'.repeat(64)
      const raw = { ...rows.aDelivery.raw, sha256 }
      await ledger.apply([
        { change: 'delivery', delivery: rows.aDeliveryRecord({ shard: 'twin', raw }) },
        { change: 'delivery', delivery: rows.aDeliveryRecord({ shard: 'other' }) },
        { change: 'checks', key: { ...rows.KEY, shard: 'twin' }, results: [rows.aCheck({ state: 'fail' })], at: 1 },
        { change: 'checks', key: { ...rows.KEY, shard: 'other' }, results: [rows.aCheck({ state: 'warn' })], at: 1 },
      ])
      const twins = await ledger.deliveries({ pipeline: rows.KEY.pipeline, sha256: [sha256] })
      expect(twins.map(({ shard: location }) => location)).toEqual(['twin'])
      const failed = await ledger.checks({ windows: [rows.KEY.window], failed: true })
      expect(failed.filter(({ shard: location }) => location === 'twin' || location === 'other')).toMatchObject([
        { shard: 'twin', state: 'fail' },
      ])
    })

    it('the newest dates of a pipeline, each once', async () => {
      expect(await ledger.newestWindows('toast', 2)).toEqual(['2025-02-06', '2025-02-05'])
      expect(await ledger.newestWindows('toast', 10)).toEqual(['2025-02-06', '2025-02-05', '2025-02-04'])
      expect(await ledger.newestWindows('nothing', 10)).toEqual([])
    })

    describe('windows that are no dates', () => {
      const NOON = Date.parse('2025-02-05T12:00:00Z')
      const put = (window: Partial<WindowRecord>): Change => ({ change: 'window', window: rows.aWindow(window) })
      const ids = (all: readonly { readonly window: string }[]) => all.map(({ window }) => window)

      beforeEach(() =>
        ledger.apply([
          put({ window: 'w000007', at: NOON + 1 }),
          put({ window: 's20250205T120000Z', at: NOON, mode: 'snapshot', low: null, high: null, sourceTotals: null }),
          put({ window: 'w000007', pipeline: 'other', at: 0 }),
          slice({ window: 'w000007' }),
          slice({ window: 's20250205T120000Z' }),
          { change: 'partition', partition: rows.aPartition({ window: 'w000007' }) },
        ]),
      )

      it('are read as they were written, oldest first, and replaced', async () => {
        const all = await ledger.windows({ pipeline: 'toast' })
        expect(all).toEqual([
          rows.aWindow({
            window: 's20250205T120000Z',
            at: NOON,
            mode: 'snapshot',
            low: null,
            high: null,
            sourceTotals: null,
          }),
          rows.aWindow({ window: 'w000007', at: NOON + 1 }),
        ])
        await ledger.apply([put({ window: 'w000007', at: NOON + 1, state: 'loaded' })])
        expect(await ledger.windows({ pipeline: 'toast', windows: ['w000007'] })).toEqual([
          rows.aWindow({ window: 'w000007', at: NOON + 1, state: 'loaded' }),
        ])
        expect(await ledger.windows({ windows: [] })).toEqual([])
        expect(ids(await ledger.windows({ streams: ['nothing'] }))).toEqual([])
      })

      it('lie in the range of days that their instant lies in', async () => {
        const within = async (range: SliceFilter) =>
          ids(await ledger.slices({ pipeline: 'toast', ...range })).filter((window) => /^[a-z]/.test(window))
        const both = ['s20250205T120000Z', 'w000007']
        expect(await within({ from: '2025-02-05', to: '2025-02-05' })).toEqual(both)
        expect(await within({ from: '2025-02-05' })).toEqual(both)
        expect(await within({ to: '2025-02-05' })).toEqual(both)
        expect(await within({})).toEqual(both)
        expect(await within({ from: '2025-02-06' })).toEqual([])
        expect(await within({ to: '2025-02-04' })).toEqual([])
        expect(ids(await ledger.partitions({ pipeline: 'toast', from: '2025-02-05', to: '2025-02-05' }))).toContain(
          'w000007',
        )
        expect(ids(await ledger.partitions({ pipeline: 'toast', from: '2025-02-06' }))).not.toContain('w000007')
      })

      it('are listed by their instants, and in pages by their names', async () => {
        const at = (text: string) => Date.parse(`2026-11-${text}:00:00Z`)
        const other = (window: string) => slice({ window, pipeline: 'other' })
        // Oldest first. By name the dates would be the first ones, and `w000011` would be before `w000012`.
        const ORDER = ['unknown', 'w000012', '2026-11-28', 'w000013', '2026-11-29', 'a-midnight', 'w000011']
        const runSlice = (window: string, runId: string): Change => ({
          change: 'run_slice',
          runSlice: rows.aRunSlice({ window, runId }),
          at: 5,
        })
        await ledger.apply([
          put({ window: 'w000012', at: at('27T23') }),
          put({ window: 'w000013', at: at('28T12') }),
          put({ window: 'a-midnight', at: at('29T00') }),
          // The latest instant of its streams counts.
          put({ window: 'w000011', at: at('26T00'), stream: 'checks' }),
          put({ window: 'w000011', at: at('29T06') }),
          // Each pipeline has its own instants.
          put({ window: 'w000011', pipeline: 'other', at: at('01T00') }),
          other('w000011'),
          { change: 'run', run: rows.aRun({ id: 'run-of-windows' }) },
          ...ORDER.toSorted().flatMap((window): readonly Change[] => [
            slice({ window }),
            { change: 'delivery', delivery: rows.aDeliveryRecord({ window }) },
            { change: 'kept_file', file: rows.aKeptFile({ window }) },
            { change: 'partition', partition: rows.aPartition({ window }) },
            runSlice(window, 'run-of-windows'),
            { change: 'checks', key: { ...rows.KEY, window }, results: [rows.aCheck()], at: 1 },
          ]),
        ])
        const filter = { pipeline: rows.KEY.pipeline, shards: [rows.KEY.shard], windows: ORDER }
        const own = <Row extends { readonly window: string }>(all: readonly Row[]) =>
          ids(all).filter((window) => ORDER.includes(window))
        expect(ids(await ledger.slices(filter))).toEqual(ORDER)
        expect(ids(await ledger.sliceLooks(filter))).toEqual(ORDER)
        expect(ids(await ledger.deliveries(filter))).toEqual(ORDER)
        expect(ids(await ledger.keptFiles(filter))).toEqual(ORDER)
        expect(ids(await ledger.checks(filter))).toEqual(ORDER)
        expect(ids(await ledger.runSlices('run-of-windows'))).toEqual(ORDER)
        expect(own(await ledger.partitions({ pipeline: rows.KEY.pipeline }))).toEqual(ORDER)
        const both = await ledger.slices({ windows: ['w000011', 'w000012'] })
        expect(both.map(({ pipeline, window }) => `${pipeline} ${window}`)).toEqual([
          'other w000011',
          'toast w000012',
          'toast w000011',
        ])
        expect(ids(await ledger.slices({ ...filter, limit: 3 }))).toEqual(ORDER.toSorted().slice(0, 3))
      })

      it('are known before or together with the work that reads them', async () => {
        const work = { kind: 'ingest', pipeline: 'toast', shard: '1', windows: ['2025-02-05', 'w000008'] } as const
        const message = { change: 'message', message: rows.aMessage({ work, attempts: 0 }) } as const
        const refused = { code: 'NOT_FOUND', message: expect.stringContaining('"w000008" of toast') }
        await expect(ledger.apply([slice({ window: '2025-03-01' }), message])).rejects.toMatchObject(refused)
        await expect(ledger.apply([put({ window: 'w000008', pipeline: 'other' }), message])).rejects.toMatchObject(
          refused,
        )
        expect(await ledger.slices({ pipeline: 'toast', windows: ['2025-03-01'] })).toEqual([])
        expect(await ledger.windows({ windows: ['w000008'] })).toEqual([])
        await ledger.apply([put({ window: 'w000008' }), message])
        expect(await ledger.isAwaited('toast', 'w000008')).toBe(true)
      })

      it('are among the newest by their instant', async () => {
        expect(await ledger.newestWindows('toast', 3)).toEqual(['2025-02-06', 'w000007', 's20250205T120000Z'])
        expect((await ledger.newestWindows('toast', 10))[3]).toBe('2025-02-05')
      })
    })

    it.each(filters)('by %s', async (_, filter, matches) => {
      const order = ({ window, shard, stream, pipeline }: (typeof places)[number]) =>
        [window, shard, stream, pipeline].join(' ')
      const expected = places.filter(matches).map(order).sort()
      expect((await ledger.slices(filter)).map(order)).toEqual(expected)
      expect((await ledger.deliveries(filter)).map(order)).toEqual(expected)
      expect((await ledger.checks(filter)).map(order)).toEqual(expected)
    })

    it('and limited: the first ones are given', async () => {
      const all = await ledger.slices({ pipeline: 'toast' })
      expect(await ledger.slices({ pipeline: 'toast', limit: 7 })).toEqual(all.slice(0, 7))
      expect(await ledger.slices({ pipeline: 'toast', limit: 70 })).toEqual(all)
      expect(await ledger.slices({ limit: 0 })).toEqual([])
    })
  })

  it('remembers constants of a location once, and not those of another', async () => {
    const one = { pipeline: 'toast', shard: '1', stream: 'order_details', column: 'location', value: 'Main Street' }
    const constants = [one, { ...one, value: 'É 🌶️' }]
    await ledger.apply([{ change: 'constants', constants, at: 1 }])
    await ledger.apply([{ change: 'constants', constants: [one, { ...one, shard: '2' }], at: 2 }])
    const found = await ledger.constants({ pipeline: 'toast', shard: '1' })
    expect(found.toSorted((a, b) => (a.value < b.value ? -1 : 1))).toEqual(constants)
  })

  it('lists partitions by date and stream, filtered and paged', async () => {
    const keys = ['2025-02-06 a', '2025-02-05 b', '2025-02-05 a', '2025-02-04 a']
    await ledger.apply(
      keys.map((key) => {
        const [date = '', stream = ''] = key.split(' ')
        return { change: 'partition', partition: rows.aPartition({ window: date, stream }) }
      }),
    )
    const list = async (filter: Parameters<Ledger['partitions']>[0]) =>
      (await ledger.partitions(filter)).map(({ window: date, stream }) => `${date} ${stream}`)
    expect(await list({})).toEqual(keys.toSorted())
    expect(await list({ streams: ['b'] })).toEqual(['2025-02-05 b'])
    expect(await list({ pipeline: 'square' })).toEqual([])
    expect(await list({ from: '2025-02-05', to: '2025-02-05' })).toEqual(['2025-02-05 a', '2025-02-05 b'])
    expect(await list({ limit: 2 })).toEqual((await list({})).slice(0, 2))
  })

  it('lists runs by when they were added, not by their clocks, filtered by pipeline, state and backfill', async () => {
    const runs = [
      rows.aRun({ id: 'a', createdAt: 2, state: 'queued', backfillId: null }),
      rows.aRun({ id: 'd', createdAt: 4_102_444_800_000 }),
      rows.aRun({ id: 'c', createdAt: 2, backfillId: 'backfill-2' }),
      rows.aRun({ id: 'b', createdAt: 1, pipeline: 'square' }),
    ]
    await ledger.apply(runs.map((run) => ({ change: 'run', run })))
    const list = async (filter: Parameters<Ledger['runs']>[0]) =>
      (await ledger.runs(filter)).map(({ id }) => id).join('')
    expect(await list({})).toBe('bcda')
    expect(await list({ pipeline: 'toast' })).toBe('cda')
    expect(await list({ states: ['queued', 'failed'] })).toBe('a')
    expect(await list({ states: [] })).toBe('')
    expect(await list({ backfillId: 'backfill-1' })).toBe('bd')
    expect(await list({ pipeline: 'toast', limit: 2 })).toBe('cd')
    await ledger.apply([{ change: 'run', run: rows.aRun({ id: 'a', version: 1, state: 'running', createdAt: 5 }) }])
    expect(await list({})).toBe('bcda')
  })

  it('lists messages oldest first, filtered by run and state', async () => {
    const messages = [
      rows.aMessage({ id: 'a', createdAt: 3 }),
      rows.aMessage({ id: 'c', createdAt: 2 }),
      rows.aMessage({ id: 'b', createdAt: 2, state: 'done' }),
      rows.aMessage({ id: 'd', createdAt: 1, state: 'dead', runId: 'run-2' }),
    ]
    await ledger.apply(messages.map((message) => ({ change: 'message', message })))
    const list = async (filter: Parameters<Ledger['messages']>[0]) =>
      (await ledger.messages(filter)).map(({ id }) => id).join('')
    expect(await list({})).toBe('dbca')
    expect(await list({ runId: 'run-1' })).toBe('bca')
    expect(await list({ runId: 'run-1', states: ['pending'] })).toBe('ca')
    expect(await list({ states: ['done', 'dead'] })).toBe('db')
    expect(await list({ limit: 3 })).toBe('dbc')
  })

  const aLoad = (
    id: string,
    changes: Parameters<typeof rows.aMessage>[0] & { stream?: string; window?: string } = {},
  ) => {
    const { stream = 'order_details', window = '2025-02-05', ...some } = changes
    const work = { kind: 'load', pipeline: 'toast', stream, window } as const
    return { change: 'message', message: rows.aMessage({ id, work, attempts: 0, ...some }) } as const
  }

  const aWaiting = (id: string, changes: Parameters<typeof aLoad>[1] = {}) => aLoad(id, { sentAt: null, ...changes })

  const aBuildOf = (window: string): Change => {
    const work = { kind: 'build', pipeline: 'models', window } as const
    return { change: 'message', message: rows.aMessage({ id: `build-${window}`, runId: null, work, sentAt: null }) }
  }

  it('lists looks at slices as it lists slices', async () => {
    const ids = ['10', '9']
    await ledger.apply([
      ...ids.map((location) => ({ change: 'slice', slice: rows.aSlice({ shard: location, lookedAt: 7 }) }) as const),
      { change: 'slice', slice: rows.aSlice({ shard: '8', lookedAt: null, state: 'expected', delivery: null }) },
    ])
    for (const filter of [{}, { states: ['expected'] }, { shards: ['9', '8'] }, { from: '2099-01-01' }] as const) {
      const whole = await ledger.slices(filter)
      const expected = whole.map(({ pipeline, stream, shard, window, state, lookedAt }) => {
        return { pipeline, stream, shard, window, state, lookedAt }
      })
      expect(await ledger.sliceLooks(filter)).toEqual(expected)
      const counts = [...Map.groupBy(expected, ({ state }) => state)].map(([state, found]) => [state, found.length])
      expect(await ledger.sliceCounts(filter)).toEqual(Object.fromEntries(counts))
    }
  })

  it('reads rows and sums of published days without their slices', async () => {
    const days = ['2025-02-04', '2025-02-05', '2025-02-06']
    const slices = days.flatMap((window) => ['1', '2'].map((shard) => rows.aSlice({ window, shard })))
    await ledger.apply(slices.map((slice) => ({ change: 'slice', slice })))
    const [first] = slices
    const { stream = '', delivery } = first ?? {}
    const asked = { pipeline: 'toast', streams: [stream], shards: ['2'], from: days[1] ?? '', to: '2025-02-28' }
    const sums = { accepted: delivery?.counts.accepted, totals: delivery?.totals }
    expect(delivery).toBeTruthy()
    expect(await ledger.dayTotals(asked)).toEqual(
      days.slice(1).map((window) => ({ stream, shard: '2', window, ...sums })),
    )
    expect(await ledger.dayTotals({ ...asked, streams: [] })).toEqual([])
  })

  it('lists messages by their work, in any order of its members', async () => {
    await ledger.apply([
      aLoad('a'),
      aLoad('b', { window: '2025-02-04', createdAt: 1 }),
      { change: 'message', message: rows.aMessage({ id: 'c', createdAt: 0 }) },
      {
        change: 'message',
        message: rows.aMessage({ id: 'd', attempts: 0, work: { kind: 'tick', pipeline: 'other' } }),
      },
    ])
    const list = async (filter: Parameters<Ledger['messages']>[0]) =>
      (await ledger.messages(filter)).map(({ id }) => id).join('')
    expect(await list({ kind: 'load' })).toBe('ba')
    expect(await list({ pipeline: 'other' })).toBe('d')
    expect(await list({ window: '2025-02-04' })).toBe('cb')
    expect(await list({ kind: 'ingest', untried: true })).toBe('')
    expect(await list({ window: '2025-02-05', untried: true })).toBe('a')
    const work = { window: '2025-02-05', stream: 'order_details', pipeline: 'toast', kind: 'load' } as const
    expect(await list({ work })).toBe('a')
  })

  it('lists partitions whose loads wait, and since when', async () => {
    await ledger.apply([
      aWaiting('a', { createdAt: 3 }),
      aWaiting('b', { createdAt: 2, runId: 'run-2' }),
      aWaiting('c', { stream: 'check_details', sentAt: 5 }),
      aWaiting('d', { window: '2025-02-04', createdAt: 7 }),
      aWaiting('e', { stream: 'payment_details', state: 'done' }),
      { change: 'message', message: rows.aMessage({ id: 'f', attempts: 0, sentAt: null }) },
    ])
    const place = (stream: string, window: string) => ({ kind: 'load', pipeline: 'toast', stream, window })
    const early = { work: place('order_details', '2025-02-04'), next: 'd', since: 7, sentAt: null }
    const late = { work: place('order_details', '2025-02-05'), next: 'a', since: 2, sentAt: null }
    expect(await ledger.waitingLoads({ pipeline: 'toast' })).toEqual([early, late])
    expect(await ledger.waitingLoads({ pipeline: 'toast', window: '2025-02-04' })).toEqual([early])
    expect(await ledger.waitingLoads({ pipeline: 'toast', recordedBy: 2 })).toEqual([{ ...late, next: 'b' }])
    await ledger.apply([
      aWaiting('h', { stream: 'check_details', createdAt: 8 }),
      aWaiting('i', { stream: 'check_details', state: 'done', sentAt: 9 }),
    ])
    expect((await ledger.waitingLoads({ pipeline: 'toast', window: '2025-02-05' }))[0]).toEqual({
      ...{ work: place('check_details', '2025-02-05'), next: 'h', since: 8, sentAt: 5 },
    })
    expect(await ledger.waitingLoads({ pipeline: 'other' })).toEqual([])
    const filter = { pipeline: 'toast', work: late.work as Message['work'], waiting: true } as const
    expect((await ledger.messages(filter)).map(({ id }) => id)).toEqual(['b', 'a'])
  })

  it('lists loads and builds that wait by the instants of their windows, not by their names', async () => {
    const windows = { w9: 1_738_800_000_000, w10: 1_738_900_000_000, 'a-last': 1_739_000_000_000 }
    await ledger.apply(
      Object.entries(windows).flatMap(([window, at]): readonly Change[] => [
        { change: 'window', window: rows.aWindow({ window, at }) },
        aWaiting(`load-${window}`, { window }),
        aWaiting(`menu-${window}`, { window, stream: 'check_details' }),
        aBuildOf(window),
      ]),
    )
    await ledger.apply([aWaiting('load-date', { window: '2025-02-07' }), aBuildOf('2025-02-07')])
    const order = ['w9', '2025-02-07', 'w10', 'a-last']
    const waiting = await ledger.waitingLoads({ pipeline: 'toast' })
    expect([...new Set(waiting.map(({ work }) => work.window))]).toEqual(order)
    expect(waiting.slice(0, 2).map(({ work }) => work.stream)).toEqual(['check_details', 'order_details'])
    const builds = await ledger.waitingBuilds()
    expect(builds.map(({ work }) => ('window' in work ? work.window : ''))).toEqual(order)
  })

  it('knows the dates of ingests that are pending, and that no delivery of has failed', async () => {
    const ingestOf = (id: string, changes: Partial<Message> = {}) =>
      ({ change: 'message', message: rows.aMessage({ id, attempts: 0, ...changes }) }) as const
    const awaited = async (pipeline = 'toast') =>
      [await ledger.isAwaited(pipeline, '2025-02-05'), await ledger.isAwaited(pipeline, '2025-02-04')].join()
    expect(await awaited()).toBe('false,false')
    const work = { kind: 'ingest', pipeline: 'toast', shard: '1', windows: ['2025-02-04', '2025-02-04'] } as const
    await ledger.apply([ingestOf('a'), ingestOf('b', { work }), aWaiting('c')])
    expect(await awaited()).toBe('true,true')
    expect(await awaited('other')).toBe('false,false')
    const stored = (await ledger.message('a'))!
    await ledger.apply([{ change: 'message', message: { ...stored, state: 'done' } }])
    expect(await awaited()).toBe('false,true')
    const other = (await ledger.message('b'))!
    await ledger.apply([{ change: 'message', message: { ...other, attempts: 1 } }])
    expect(await awaited()).toBe('false,false')
    await ledger.apply([{ change: 'message', message: { ...other, attempts: 0, version: 2 } }])
    expect(await awaited()).toBe('false,true')
  })

  it('folds loads of one partition that wait, except the first of each other run', async () => {
    await ledger.apply([
      ...['a', 'b', 'c'].map((id) => aWaiting(id)),
      ...['d', 'g', 'h'].map((id) => aWaiting(id, { runId: id === 'h' ? 'run-3' : 'run-2' })),
      aWaiting('e', { stream: 'check_details' }),
      aWaiting('f', { state: 'dead' }),
    ])
    const sent = (await ledger.message('c'))!
    await ledger.apply([
      { change: 'message', message: { ...sent, sentAt: 1 } },
      { change: 'messages_folded', into: (await ledger.message('a'))! },
    ])
    const states = (await ledger.messages({})).map(({ id, state, version }) => `${id} ${state} ${version}`)
    expect(states).toEqual([
      ...[
        'a pending 1',
        'b done 2',
        'c pending 2',
        'd pending 1',
        'e pending 1',
        'f dead 1',
        'g done 2',
        'h pending 1',
      ],
    ])
  })

  it('lists backfills by when they were added, not by their clocks, filtered by state', async () => {
    const backfills = [
      rows.aBackfill({ id: 'a', createdAt: 4_102_444_800_000 }),
      rows.aBackfill({ id: 'b', createdAt: 2, state: 'running' }),
    ]
    await ledger.apply(backfills.map((backfill) => ({ change: 'backfill', backfill })))
    expect((await ledger.backfills({})).map(({ id }) => id)).toEqual(['b', 'a'])
    expect((await ledger.backfills({ states: ['paused'] })).map(({ id }) => id)).toEqual(['a'])
    expect((await ledger.backfills({ limit: 1, after: 'b' })).map(({ id }) => id)).toEqual(['a'])
  })

  testBuilds(() => ledger)
  describe('incidents', () => testIncidents(() => ledger))
  testLedgerModel(open, histories)
}
