import { afterAll, beforeAll, describe, it } from 'vitest'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import type { Ledger } from '../../functions/pipeline/ports.ts'
import { draws } from '../support/draws.ts'
import { hasPostgres, NO_POSTGRES, POSTGRES_VERSIONS, type Postgres, startPostgres } from '../support/postgres.ts'
import { testLedger } from './ledger.ts'

// As on Cloud SQL where there are two, and with tables of its own in the other.
describe.runIf(hasPostgres).each(POSTGRES_VERSIONS)('the ledger in PostgreSQL $major', (version) => {
  const isMember = version === POSTGRES_VERSIONS[0]
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres({ version })
  })
  afterAll(() => server.close())

  // Making the tables takes longer than most tests, so those of a closed ledger are emptied for the next one.
  const closed: PostgresSettings[] = []
  const empty = async (): Promise<PostgresSettings> => {
    const login = closed.pop()
    if (!login) return await server.createLogin({ isMember })
    const tables = await server.sql(`select string_agg(format('%I.%I', schemaname, tablename), ', ') as names
      from pg_tables where schemaname = '${login.user}' and tablename <> 'schema_migrations'`)
    await server.sql(`truncate ${tables[0]?.names}`)
    return login
  }
  const open = async (): Promise<Ledger> => {
    const login = await empty()
    const ledger = await openPostgresLedger({ ...login, log: () => undefined })
    const close = async () => {
      await ledger.close()
      closed.push(login)
    }
    return { ...ledger, close }
  }
  testLedger(open, draws(isMember ? { suite: 16, soak: 80 } : { suite: 8, soak: 40 }))
})

describe.skipIf(hasPostgres)(NO_POSTGRES, () => {
  it('runs where there is one', () => undefined)
})
