import { afterAll, beforeAll, describe } from 'vitest'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { testLedger } from './ledger.ts'

describe.skipIf(!hasPostgres)(hasPostgres ? 'the ledger in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  testLedger(async () => openPostgresLedger(await server.createLogin(), { log: () => undefined }))
})
