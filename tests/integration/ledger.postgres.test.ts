import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Change, Ledger, LogEntry } from '../../functions/pipeline/ports.ts'
import { type Cut, type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts'
import { aMessage, aRun, aSlice, KEY } from '../support/ledger-rows.ts'
import { hasPostgres, NO_POSTGRES, POSTGRES_VERSIONS, type Postgres, startPostgres } from '../support/postgres.ts'

const slice = (version: number, location = KEY.shard): Change => ({
  change: 'slice',
  slice: aSlice({ version, shard: location }),
})
const busy = { code: 'LEDGER_BUSY', retryable: true }

describe.runIf(hasPostgres).each(POSTGRES_VERSIONS)(
  'the ledger in PostgreSQL $major, apart from its queries',
  (version) => {
    // As on Cloud SQL, where the login acts as the owner of the tables.
    const isMember = version === POSTGRES_VERSIONS[0]
    let server: Postgres
    beforeAll(async () => {
      server = await startPostgres({ version, access: ['host all secret,iam 127.0.0.1/32 password'] })
      await server.sql(`create role secret login password 'p@ss:word'; create schema secret authorization secret`)
    })
    afterAll(() => server.close())

    let login: PostgresSettings
    let proxies: CuttingProxy[]
    let ledgers: Ledger[]
    let logged: LogEntry[]
    beforeEach(async () => {
      login = await server.createLogin({ isMember })
      // The tables are made with the usual limits: those of a test are for what it is about.
      await (await openPostgresLedger({ ...login, log: () => undefined })).close()
      proxies = []
      ledgers = []
      logged = []
    })
    afterEach(async () => {
      for (const ledger of ledgers) await ledger.close()
      for (const proxy of proxies) await proxy.close()
    })

    const open = async (more: Partial<PostgresSettings> = {}): Promise<Ledger> => {
      const ledger = await openPostgresLedger({ ...login, ...more, log: (entry) => void logged.push(entry) })
      ledgers.push(ledger)
      return ledger
    }
    /** A ledger whose connections go through a proxy that sees its requests. */
    const openThrough = async (decide: (request: Buffer) => Cut | null, more: Partial<PostgresSettings> = {}) => {
      const proxy = await startCuttingProxy(server, decide)
      proxies.push(proxy)
      return { proxy, ledger: await open({ port: proxy.port, ...more }) }
    }
    const versionOf = async (location = KEY.shard) =>
      (await (await open()).slice({ ...KEY, shard: location }))?.version ?? 0

    /** Something happens to the next COMMIT, and to nothing else. */
    const nextCommit = (cut: Cut, happened: () => void = () => undefined) => {
      let armed = false
      const decide = (request: Buffer) => {
        if (!armed || !request.includes('commit\0')) return null
        armed = false
        happened()
        return cut
      }
      const arm = () => {
        armed = true
      }
      return { decide, arm }
    }

    describe('the end of a run and a new message of it', () => {
      const ended: Change = { change: 'run', run: aRun({ state: 'succeeded', version: 1 }) }
      const news: readonly Change[] = [slice(0), { change: 'message', message: aMessage() }]
      const isWaiting = async (work: Promise<unknown>): Promise<boolean> =>
        (await Promise.race([work.then(() => 'over'), new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])) ===
        'waits'
      /** An open transaction of another client, as the ledger writes it. */
      const begin = async (first: string) => {
        const { host, port, database, user } = login
        const client = new pg.Client({ host, port, database, user })
        await client.connect()
        await client.query(`begin; ${first}`)
        return async (): Promise<void> => {
          await client.query('commit')
          await client.end()
        }
      }

      it('wait for each other: a run does not end while a message is on its way', async () => {
        const ledger = await open()
        await ledger.apply([
          { change: 'run', run: aRun() },
          { change: 'message', message: aMessage({ id: 'first', state: 'done' }) },
        ])
        const commit = await begin(`select 1 from runs where id = 'run-1' for share;
        insert into messages select 'second', run_id, kind, pipeline, work, 'pending', 0, not_before, reason_code,
          reason_message, created_at, 1 from messages where id = 'first'`)
        const end = ledger.apply([ended])
        end.catch(() => undefined)
        expect(await isWaiting(end)).toBe(true)
        await commit()
        await expect(end).rejects.toMatchObject({ code: 'LEDGER_CONFLICT', message: expect.stringMatching(/second/) })
      })

      it('wait for each other: a message that comes while a run ends goes in after its end', async () => {
        const ledger = await open()
        await ledger.apply([{ change: 'run', run: aRun() }])
        const commit = await begin(`update runs set state = 'succeeded', version = 2 where id = 'run-1'`)
        const late = ledger.apply(news)
        expect(await isWaiting(late)).toBe(true)
        expect(await ledger.slice(KEY)).toBeNull()
        await commit()
        await late
        expect(await ledger.message(aMessage().id)).toMatchObject({ state: 'pending' })
      })

      it('do not keep each other waiting for ever when many come at once', async () => {
        const ledgers = await Promise.all([open(), open(), open()])
        const [ledger] = ledgers
        for (let round = 0; round < 20; round++) {
          const id = `run-${round}`
          await ledger?.apply([{ change: 'run', run: aRun({ id }) }])
          const changes = ['a', 'b', 'c', 'd', 'e'].map((name): readonly Change[] => [
            { change: 'message', message: aMessage({ id: `${id}-${name}`, runId: id }) },
          ])
          const end: readonly Change[] = [{ change: 'run', run: aRun({ id, state: 'succeeded', version: 1 }) }]
          const all = [...changes, end].map((each, index) => ledgers[index % 3]?.apply(each))
          const outcomes = await Promise.allSettled(all)
          expect(outcomes.slice(0, 5).every(({ status }) => status === 'fulfilled')).toBe(true)
          const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
          expect(failures.every((code) => code === 'LEDGER_CONFLICT')).toBe(true)
        }
      })
    })

    describe('a connection that breaks at COMMIT', () => {
      it.each(['answered', 'silent'] as const)(
        'after the server took it (%s): what went in is a success, and is in once',
        async (cut) => {
          const { decide, arm } = nextCommit(cut)
          const { ledger, proxy } = await openThrough(decide, { statementTimeout: 300 })
          await ledger.apply([slice(0)])
          const before = proxy.connections
          arm()
          await ledger.apply([
            slice(1),
            { change: 'audit', entry: { at: 1, actor: 'a', action: 'b', subject: 'c', details: '' } },
          ])
          expect(proxy.connections, 'that the answer was lost').toBeGreaterThan(before)
          expect(await versionOf()).toBe(2)
          expect(await ledger.audit({})).toHaveLength(1)
          await ledger.apply([slice(2)])
          expect(await versionOf()).toBe(3)
        },
      )

      it.each(['before', 'lost'] as const)(
        'before the server had it (%s): LEDGER_BUSY, nothing of it is in, its rows are free, and it may be applied again',
        async (cut) => {
          const { decide, arm } = nextCommit(cut)
          const { ledger } = await openThrough(decide, { statementTimeout: 300, connectTimeout: 2_000 })
          await ledger.apply([slice(0)])
          arm()
          const known = { ...busy, message: expect.not.stringContaining('could not be asked') }
          await expect(ledger.apply([slice(1), slice(0, '7')])).rejects.toMatchObject(known)
          expect([await versionOf(), await versionOf('7')]).toEqual([1, 0])
          await (await open({ lockTimeout: 400 })).apply([slice(1)])
          await ledger.apply([slice(2), slice(0, '7')])
          expect([await versionOf(), await versionOf('7')]).toEqual([3, 1])
        },
      )

      it('in the first transaction of a connection, which has left no number yet', async () => {
        for (const cut of ['answered', 'before'] as const) {
          const { decide, arm } = nextCommit(cut)
          const { ledger } = await openThrough(decide)
          arm()
          const applied = ledger.apply([slice(0, cut)]).then(
            () => true,
            ({ code }) => code,
          )
          expect(await applied).toBe(cut === 'answered' ? true : 'LEDGER_BUSY')
          expect(await versionOf(cut)).toBe(cut === 'answered' ? 1 : 0)
        }
      })

      it('with the server gone for long after it: LEDGER_BUSY says that the outcome is unknown, and reading again tells', async () => {
        const died = Promise.withResolvers<void>()
        const { decide, arm } = nextCommit('silent', () => void setTimeout(() => server.kill().then(died.resolve), 100))
        const { ledger } = await openThrough(decide, { connectTimeout: 400 })
        await ledger.apply([slice(0)])
        arm()
        const applied = ledger.apply([slice(1)])
        const unknown = { ...busy, message: expect.stringContaining('could not be asked whether it went in') }
        await expect(applied).rejects.toMatchObject(unknown)
        await died.promise
        await server.start()
        expect(await versionOf()).toBe(2)
        await expect(ledger.apply([slice(1)]), 'a caller that repeats it blindly').rejects.toMatchObject({
          code: 'LEDGER_CONFLICT',
        })
        await ledger.apply([slice(2)])
      })
    })

    describe('a connection that breaks elsewhere', () => {
      it('in the midst of a list: LEDGER_BUSY, and nothing of it is in', async () => {
        let armed = false
        const { ledger } = await openThrough((request) =>
          armed && request.includes('insert into "audit"') ? 'before' : null,
        )
        const list: Change[] = [
          slice(0),
          { change: 'audit', entry: { at: 1, actor: 'a', action: 'b', subject: 'c', details: '' } },
        ]
        armed = true
        await expect(ledger.apply(list)).rejects.toMatchObject(busy)
        expect(await versionOf()).toBe(0)
        armed = false
        await ledger.apply(list)
        expect(await versionOf()).toBe(1)
      })

      it('while it is idle is replaced, and only the log mentions it', async () => {
        const { ledger, proxy } = await openThrough(() => null)
        await ledger.apply([slice(0)])
        proxy.cut()
        await expect
          .poll(() => logged.map(({ message }) => message))
          .toEqual([expect.stringContaining('An idle connection')])
        await ledger.apply([slice(1)])
        expect(logged.map(({ severity }) => severity)).toEqual(['INFO'])
      })

      it('without a sign while it is idle is found out before it is used', async () => {
        const { ledger, proxy } = await openThrough(() => null, { trustedFor: 0, statementTimeout: 300 })
        await ledger.apply([slice(0)])
        const before = proxy.connections
        proxy.freeze()
        await ledger.apply([slice(1)])
        expect(await ledger.slice(KEY)).toMatchObject({ version: 2 })
        expect(proxy.connections).toBeGreaterThan(before)
      })

      it('by the hand of an administrator between two statements ends no process', async () => {
        const ledger = await open()
        const many = Array.from({ length: 400 }, (_, index) => slice(0, `${index}`))
        const applied = ledger.apply(many).catch(({ code }) => code)
        await expect
          .poll(
            async () =>
              await server.sql(`select pg_terminate_backend(pid) from pg_stat_activity
        where usename = '${login.user}' and xact_start is not null`),
          )
          .not.toEqual([])
        expect(await applied).toBe('LEDGER_BUSY')
        expect(await ledger.slices({})).toEqual([])
      })
    })

    describe('waits', () => {
      it('for a row that another transaction holds, but not for ever: LEDGER_BUSY', async () => {
        const ledger = await open({ lockTimeout: 500 })
        await ledger.apply([slice(0)])
        await server.sql(
          `begin; update ${login.user}.slices set lookedat = 1 where false`.replace('lookedat', 'looked_at'),
        )
        await server.sql(`lock table ${login.user}.slices in exclusive mode`)
        await expect(ledger.apply([slice(1)])).rejects.toMatchObject(busy)
        await server.sql('rollback')
        await ledger.apply([slice(1)])
      })

      it('for a server that is not there, but not for ever: LEDGER_BUSY names it', async () => {
        const closed = await startCuttingProxy(server)
        await closed.close()
        await expect(open({ port: closed.port })).rejects.toMatchObject({
          ...busy,
          message: expect.stringContaining(`postgres://${login.user}@127.0.0.1:${closed.port}/postgres`),
        })
        const mute = await openThrough(() => 'lost', { connectTimeout: 200 }).catch((error: unknown) => error)
        expect(mute).toMatchObject(busy)
        await expect(open({ host: '/nowhere' })).rejects.toMatchObject(busy)
      })
    })

    describe('logs in', () => {
      it('over a unix socket, as Cloud SQL offers one', async () => {
        const ledger = await open({ host: server.socket })
        await ledger.apply([slice(0)])
        expect(await ledger.slices({})).toHaveLength(1)
      })

      it('with a password that is asked for at each connection', async () => {
        let asked = 0
        const password = async () => {
          asked++
          return 'p@ss:word'
        }
        const ledger = await open({ user: 'secret', role: undefined, password, connections: 3 })
        await Promise.all(Array.from({ length: 12 }, (_, index) => ledger.apply([slice(0, `${index}`)])))
        expect(asked).toBe(3)
      })

      it.each([
        [
          'a wrong password',
          { user: 'secret', role: undefined, password: async () => 'wr0ng' },
          'password authentication failed',
        ],
        ['none where one is asked for', { user: 'secret' }, 'asks for a password'],
        ['an unknown database', { database: 'nowhere' }, '"nowhere" does not exist'],
        ['TLS where the server has none', { tls: 'verify' as const }, 'does not support SSL'],
      ])('not with %s, and says so without the secret', async (_, more, said) => {
        const error: unknown = await open(more).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(DaybreakError)
        expect(error).toMatchObject({ message: expect.stringContaining(said) })
        expect(error).not.toMatchObject({ code: 'LEDGER_BUSY' })
        expect(JSON.stringify([error, String(error)])).not.toMatch(/wr0ng/)
      })

      it('with any variables of PostgreSQL in the environment', async () => {
        const variables = {
          PGPASSWORD: 'x',
          PGSSLMODE: 'require',
          PGOPTIONS: '-c search_path=pg_catalog',
          PGDATABASE: 'nowhere',
        }
        const before = { ...process.env }
        Object.assign(process.env, variables)
        try {
          await (await open()).apply([slice(0)])
        } finally {
          for (const name of Object.keys(variables)) delete process.env[name]
          Object.assign(process.env, before)
        }
        expect(await versionOf()).toBe(1)
      })
    })

    it('keeps a text with a character that PostgreSQL has no place for', async () => {
      const ledger = await open()
      const reason = { code: 'FILE_UNREADABLE', message: 'the name a\0b' } as const
      await ledger.apply([{ change: 'slice', slice: aSlice({ reason }) }])
      expect((await ledger.slice(KEY))?.reason?.message).toBe('the name a\u{FFFD}b')
    })

    it('syncs every commit, though the database was set to answer before', async () => {
      await server.sql(`alter role ${login.user} set synchronous_commit = off`)
      const seen: string[] = []
      const { ledger } = await openThrough((request) => {
        if (request.includes('synchronous_commit'))
          seen.push(/synchronous_commit=\w+/.exec(request.toString('latin1'))?.[0] ?? '')
        return null
      })
      await ledger.apply([slice(0)])
      expect(seen).toContain('synchronous_commit=on')
    })

    it('says LEDGER_FAILED after it was closed, and closes with work under way', async () => {
      const ledger = await openPostgresLedger({ ...login, log: () => undefined })
      const applied = ledger.apply([slice(0)])
      await ledger.close()
      await applied
      await expect(ledger.slices({})).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
      await expect
        .poll(async () => await server.sql(`select 1 from pg_stat_activity where usename = '${login.user}'`))
        .toEqual([])
    })
  },
)

describe.skipIf(hasPostgres)(NO_POSTGRES, () => {
  it('runs where there is one', () => undefined)
})
