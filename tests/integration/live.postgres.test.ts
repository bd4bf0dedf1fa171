import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { eventually, liveWorld, runChange, sliceChange } from '../support/live-world.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

describe.runIf(hasPostgres)('the live channel over PostgreSQL', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  async function world() {
    const login = await server.createLogin()
    const ledger = await openPostgresLedger({ ...login, log: () => undefined })
    const made = await liveWorld({ ledger })
    const client = await made.connect()
    const isReady = () => client.messages.some(({ type }) => type === 'ready')
    client.hello()
    await client.until(isReady)
    const hears = (topic: string) => client.until(() => client.topics().includes(topic))
    return { ...made, login, ledger, client, hears }
  }

  it('tells of a slow transaction that began before a quick one, in the order in which they are settled', async () => {
    const { login, ledger, client, hears } = await world()
    const slow = new pg.Client({ host: login.host, port: login.port, database: login.database, user: login.user })
    await slow.connect()
    await slow.query('begin')
    await slow.query(`insert into changes (at, topics) values (1, '["run/slow"]')`)
    await ledger.apply([runChange('quick')])
    await slow.query('commit')
    await slow.end()
    await hears('run/quick')
    expect(client.topics()).toEqual(['run/slow', 'run/quick'])
    await ledger.close()
  })

  it('goes on after a server that was killed came back: sockets stay, and no later change is missed', async () => {
    const { ledger, client, hears, logged } = await world()
    await ledger.apply([runChange('before')])
    await hears('run/before')
    await server.kill()
    const code = await ledger.apply([runChange('away')]).catch((error: { code: string }) => error.code)
    expect(code).toMatch(/^LEDGER_/)
    await eventually(() => logged.length).toBeGreaterThan(0)
    await server.start()
    const isApplied = () =>
      ledger.apply([runChange('after')]).then(
        () => true,
        () => false,
      )
    await expect.poll(isApplied, { timeout: 30_000, interval: 200 }).toBe(true)
    await hears('run/after')
    expect(client.messages.filter(({ type }) => type === 'bye')).toEqual([])
    await ledger.close()
  })

  it('starts clients again after a restore from a dump, whose transactions count from the beginning', async () => {
    const { login, ledger, client, hears } = await world()
    await ledger.apply([runChange('before')])
    await hears('run/before')
    await server.sql(`update ${login.user}.changes set tx = '18446744073709551000'`)
    await eventually(() => client.messages.some(({ type }) => type === 'reset')).toBe(true)
    await ledger.apply([sliceChange('1')])
    await client.until(
      (messages) => messages.filter(({ type }) => type === 'reset').length > 1 || client.topics().length > 1,
    )
    await ledger.apply([runChange('after')])
    await hears('run/after')
    // A cursor that never stands would start them again with every read.
    expect(client.messages.filter(({ type }) => type === 'reset').length).toBeLessThanOrEqual(2)
    await ledger.close()
  })
})

it.skipIf(hasPostgres)(NO_POSTGRES, () => undefined)
