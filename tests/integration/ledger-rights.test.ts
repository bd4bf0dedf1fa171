import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { LEDGER_USERS } from '../../infra/names.ts'
import { aSlice, KEY } from '../support/ledger-rows.ts'
import { hasPostgres, NO_POSTGRES, POSTGRES_VERSIONS, type Postgres, startPostgres } from '../support/postgres.ts'

// Cloud SQL as far as rights go: `postgres` is no superuser there, belongs to the role that owns the databases, may make
// roles, and has made none of the logins of IAM, which the service itself makes.
const DATABASE = `
  create role cloudsqlsuperuser nologin createrole createdb;
  create role administrator login createrole createdb in role cloudsqlsuperuser;
  create database daybreak owner cloudsqlsuperuser;
`
const PAGE = 'docs/runbooks/first-deployment.md'
const login = (component: string) => `daybreak-${component}@acme.iam`

/** The statements of the step on the ledger's rights, as a person pastes them. */
function statements(): string {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split(/^## \d+\. The ledger's rights$/m)
  const [, sql = ''] = /```sql\n([\s\S]*?)```/.exec(section) ?? []
  return sql.replaceAll('PROJECT', 'acme')
}

describe.runIf(hasPostgres).each(POSTGRES_VERSIONS)(
  'the rights of the ledger, as the runbook grants them, on PostgreSQL $major',
  (version) => {
    let server: Postgres
    const grant = async () => {
      const client = new pg.Client({
        host: server.socket,
        port: server.port,
        user: 'administrator',
        database: 'daybreak',
      })
      await client.connect()
      await client.query(statements())
      await client.end()
    }
    beforeAll(async () => {
      server = await startPostgres({ version })
      for (const statement of DATABASE.trim().split('\n')) await server.sql(statement)
      for (const component of LEDGER_USERS) await server.sql(`create role "${login(component)}" login`)
      await grant()
    })
    afterAll(() => server.close())

    const open = (component: string) =>
      openPostgresLedger({
        ...{ host: server.socket, port: server.port, database: 'daybreak', tls: 'off', connections: 2 },
        ...{ user: login(component), role: 'daybreak_owner' },
        log: () => undefined,
      })

    it('let every component make the tables, and every other one read and write them', async () => {
      for (const [at, component] of LEDGER_USERS.entries()) {
        const ledger = await open(component)
        expect((await ledger.slice(KEY))?.version ?? 0).toBe(at)
        await ledger.apply([{ change: 'slice', slice: aSlice({ version: at }) }])
        await ledger.close()
      }
      const owners = await server.sql(
        `select rolname from pg_roles where rolname = 'daybreak_owner' and not rolcanlogin`,
      )
      expect(owners).toHaveLength(1)
    })

    it('can be granted twice: a person who lost the connection runs the step again', async () => {
      await grant()
      const ledger = await open('api')
      expect(await ledger.slice(KEY)).not.toBeNull()
      await ledger.close()
    })

    it('say what is missing when a login has not been granted the role', async () => {
      await server.sql('create role stranger login')
      const settings = { host: server.socket, port: server.port, database: 'daybreak', user: 'stranger' } as const
      const opening = openPostgresLedger({
        ...settings,
        role: 'daybreak_owner',
        tls: 'off',
        connections: 1,
        log: () => undefined,
      })
      await expect(opening).rejects.toMatchObject({
        code: 'LEDGER_FAILED',
        message: expect.stringMatching(/permission denied to set role "daybreak_owner"/),
      })
    })
  },
)

describe.skipIf(hasPostgres)(NO_POSTGRES, () => {
  it('runs where there is one', () => undefined)
})
