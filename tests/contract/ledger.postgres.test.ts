import { afterAll, beforeAll, describe } from 'vitest'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/settings.ts'
import type { Ledger } from '../../functions/pipeline/ports.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { testLedger } from './ledger.ts'

describe.skipIf(!hasPostgres)(hasPostgres ? 'the ledger in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  // Making the tables takes longer than most tests, so those of a closed ledger are emptied for the next one.
  const closed: PostgresSettings[] = []
  const empty = async (): Promise<PostgresSettings> => {
    const login = closed.pop()
    if (!login) return await server.createLogin()
    const tables = await server.sql(`select string_agg(format('%I.%I', schemaname, tablename), ', ') as names
      from pg_tables where schemaname = '${login.user}' and tablename <> 'schema_migrations'`)
    await server.sql(`truncate ${tables[0]?.names}`)
    return login
  }
  const open = async (): Promise<Ledger> => {
    const login = await empty()
    const ledger = await openPostgresLedger(login, { log: () => undefined })
    const close = async () => {
      await ledger.close()
      closed.push(login)
    }
    return { ...ledger, close }
  }
  testLedger(open)
})
