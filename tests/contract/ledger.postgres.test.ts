import { afterAll, beforeAll, describe, it } from 'vitest'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import { draws } from '../support/draws.ts'
import { hasPostgres, NO_POSTGRES, POSTGRES_VERSIONS, type Postgres, startPostgres } from '../support/postgres.ts'
import { testLedger } from './ledger.ts'
import { testPeopleLedger } from './people-ledger.ts'

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
    // Entries of the audit are sealed.
    await server.sql(`set session_replication_role = replica; truncate ${tables[0]?.names} restart identity;
      set session_replication_role = default`)
    return login
  }
  const open = async (): Promise<PeopleLedger> => {
    const login = await empty()
    const ledger = await openPostgresLedger({ ...login, log: () => undefined })
    const close = async () => {
      await ledger.close()
      closed.push(login)
    }
    return { ...ledger, close }
  }
  testLedger(open, draws(isMember ? { suite: 16, soak: 80 } : { suite: 8, soak: 40 }))
  testPeopleLedger(open)
})

describe.skipIf(hasPostgres)(NO_POSTGRES, () => {
  it('runs where there is one', () => undefined)
})
