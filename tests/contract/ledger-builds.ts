import { beforeEach, describe, expect, it } from 'vitest'
import type { Build, ModelRelease, ModelVersion } from '../../functions/pipeline/entities.ts'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'
import * as rows from '../support/ledger-rows.ts'

const put = (build: Build): Change => ({ change: 'build', build })
const aVersion = (changes: Partial<ModelVersion> = {}): ModelVersion => ({
  ...{ model: 'daily_sales', fingerprint: '0a1b2c3d', table: '0a1b2c3d', accepts: ['ffffffff'], createdAt: 7 },
  definition: { kind: 'partition', columns: ['net'] },
  ...changes,
})
const aRelease = (changes: Partial<ModelRelease> = {}): ModelRelease => ({
  ...{ environment: 'models', number: 1, versions: { daily_sales: '0a1b2c3d' }, by: 'ann', at: 3 },
  ...changes,
})
const aBuildMessage = (id: string, window: string, changes: Partial<Parameters<typeof rows.aMessage>[0]> = {}) =>
  ({
    change: 'message',
    message: rows.aMessage({
      ...{ id, runId: null, attempts: 0, sentAt: null },
      work: { kind: 'build', pipeline: 'models', window },
      ...changes,
    }),
  }) as const

/** The contract of every ledger for builds, versions and releases of models. */
export function testBuilds(open: () => Ledger): void {
  let ledger: Ledger
  beforeEach(() => {
    ledger = open()
  })

  describe('builds of models', () => {
    it.each(rows.BUILDS.map((make) => [make().state, make] as const))('are read as written: %s', async (_, make) => {
      const build = make({
        missing: ['9', '10'],
        checks: [{ name: 'net', effect: 'block', failed: 3 }],
        bytes: 2 ** 40,
      })
      await ledger.apply([put(build)])
      expect(await ledger.build(build)).toEqual(rows.stored(build))
      expect(await ledger.build({ ...build, window: '2025-02-06' })).toBeNull()
      expect(await ledger.build({ ...build, fingerprint: 'other' })).toBeNull()
    })

    it('keep rows and bytes of a staging table with a verdict', async () => {
      const staged = { rows: 5, bytes: 9 }
      await ledger.apply([put(rows.aBuild({ verdict: 'fail', staged }))])
      expect(await ledger.build(rows.aBuild())).toMatchObject({ verdict: 'fail', staged })
    })

    it('are compared and set', async () => {
      const conflict = {
        code: 'LEDGER_CONFLICT',
        message: expect.stringContaining('builds daily_sales/0a1b2c3d/2025-02-05'),
      }
      await ledger.apply([put(rows.aBuild())])
      await expect(ledger.apply([put(rows.aBuild())])).rejects.toMatchObject(conflict)
      await expect(ledger.apply([put(rows.aBuild({ version: 2 }))])).rejects.toMatchObject(conflict)
      await ledger.apply([put(rows.aBuild({ version: 1, epoch: 8 })), put(rows.anIdleBuild({ version: 2 }))])
      expect(await ledger.build(rows.aBuild())).toMatchObject({ state: 'idle', version: 3 })
    })

    it('are listed by window, model and version, filtered and paged', async () => {
      await ledger.apply([
        put(rows.aBuild({ window: '2025-02-06' })),
        put(rows.anIdleBuild({ model: 'b' })),
        put(rows.anIdleBuild({ fingerprint: 'ffffffff' })),
        put(rows.aHeldBuild()),
        put(rows.anIdleBuild({ model: 'calendar', window: 'all' })),
      ])
      const list = async (filter: Parameters<Ledger['builds']>[0]) =>
        (await ledger.builds(filter)).map(({ window, model, fingerprint }) => `${window} ${model} ${fingerprint[0]}`)
      expect(await list({})).toEqual([
        ...['2025-02-05 b 0', '2025-02-05 daily_sales 0', '2025-02-05 daily_sales f', '2025-02-06 daily_sales 0'],
        'all calendar 0',
      ])
      expect(await list({ states: ['held', 'pending'] })).toEqual([
        '2025-02-05 daily_sales 0',
        '2025-02-06 daily_sales 0',
      ])
      expect(await list({ model: 'daily_sales', fingerprint: 'ffffffff' })).toEqual(['2025-02-05 daily_sales f'])
      expect(await list({ windows: ['all'] })).toEqual(['all calendar 0'])
      expect(await list({ windows: [] })).toEqual([])
      expect(await list({ limit: 1 })).toEqual(['2025-02-05 b 0'])
    })

    it('go with their version', async () => {
      const other = aVersion({ fingerprint: 'ffffffff', createdAt: 6 })
      await ledger.apply([
        ...[aVersion({ accepts: [], createdAt: 1 }), aVersion(), other].map(
          (version): Change => ({ change: 'model_version', version }),
        ),
        put(rows.aBuild()),
        put(rows.anIdleBuild({ fingerprint: 'ffffffff' })),
      ])
      expect(await ledger.modelVersions()).toEqual([other, aVersion()])
      const { model, fingerprint } = aVersion()
      await ledger.apply([{ change: 'model_version_deleted', model, fingerprint }])
      expect(await ledger.modelVersions()).toEqual([other])
      expect((await ledger.builds({})).map((build) => build.fingerprint)).toEqual(['ffffffff'])
    })

    it('have releases with a number that is taken once', async () => {
      const release = (changes: Partial<ModelRelease>): Change => ({
        change: 'model_release',
        release: aRelease(changes),
      })
      await ledger.apply([release({}), release({ number: 2 }), release({ environment: 'models_anna' })])
      await expect(ledger.apply([release({ number: 2, by: 'ben' })])).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' })
      expect(await ledger.modelReleases({ environment: 'models' })).toEqual([aRelease({ number: 2 }), aRelease()])
      expect(await ledger.modelReleases({ environment: 'models', limit: 1 })).toEqual([aRelease({ number: 2 })])
      expect(await ledger.modelReleases({})).toHaveLength(3)
    })

    it('wait to be sent, one for each window', async () => {
      await ledger.apply([
        ...['c', 'a', 'b'].map((id) => aBuildMessage(id, '2025-02-05')),
        aBuildMessage('d', '2025-02-04', { createdAt: 1 }),
        aBuildMessage('e', '2025-02-03', { sentAt: 5 }),
        aBuildMessage('f', '2025-02-02', { state: 'done' }),
      ])
      const waiting = async (windows?: readonly string[]) => (await ledger.waitingBuilds(windows)).map(({ id }) => id)
      expect(await waiting()).toEqual(['d', 'a'])
      expect(await waiting(['2025-02-05', '2025-02-03'])).toEqual(['a'])
      expect(await waiting([])).toEqual([])
      const sent = (await ledger.message('a'))!
      await ledger.apply([
        { change: 'message', message: { ...sent, sentAt: 9 } },
        { change: 'messages_folded', into: sent },
      ])
      expect(await waiting()).toEqual(['d'])
      const open = await ledger.messages({ pipeline: 'models', states: ['pending'] })
      expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(['a', 'd', 'e']))
      expect(open).toHaveLength(3)
    })

    it('loads are remembered once, with their first time', async () => {
      const load = { pipeline: 'toast', stream: 'order_details', window: '2025-02-05', number: 1, at: 5 }
      const next = { ...load, number: 2, at: 9 }
      const other = { ...load, stream: 'check_details' }
      const put = [next, other, load, { ...load, at: 7 }].map(
        (each): Change => ({ change: 'partition_loaded', load: each }),
      )
      await ledger.apply(put)
      expect(await ledger.loads({ pipeline: 'toast' })).toEqual([other, load, next])
      expect(await ledger.loads({ streams: ['order_details'], since: 6 })).toEqual([next])
      expect(await ledger.loads({ windows: ['2025-02-06'] })).toEqual([])
      expect(await ledger.loads({ pipeline: 'other' })).toEqual([])
    })

    it('wait while a load of their window is pending', async () => {
      const work = { kind: 'load', pipeline: 'toast', stream: 'order_details', window: '2025-02-05' } as const
      expect(await ledger.isLoading('toast', '2025-02-05')).toBe(false)
      await ledger.apply([{ change: 'message', message: rows.aMessage({ id: 'a', work, sentAt: 4 }) }])
      expect(await ledger.isLoading('toast', '2025-02-05')).toBe(true)
      expect(await ledger.isLoading('toast', '2025-02-04')).toBe(false)
      expect(await ledger.isLoading('other', '2025-02-05')).toBe(false)
      const stored = (await ledger.message('a'))!
      await ledger.apply([{ change: 'message', message: { ...stored, state: 'dead' } }])
      expect(await ledger.isLoading('toast', '2025-02-05')).toBe(false)
    })
  })
}
