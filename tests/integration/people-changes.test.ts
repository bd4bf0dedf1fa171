import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import * as rows from '../support/ledger-rows.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

describe.skipIf(!hasPostgres)(hasPostgres ? 'changes of a ledger in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  let login: PostgresSettings
  let ledger: PeopleLedger
  beforeAll(async () => {
    server = await startPostgres()
    login = await server.createLogin()
    ledger = await openPostgresLedger({ ...login, log: () => undefined })
  })
  afterAll(async () => {
    await ledger.close()
    await server.close()
  })

  const topicsAfter = async (cursor: string) => {
    const answer = await ledger.reads.changesAfter(cursor)
    return answer.state === 'ok' ? answer.changes.map(({ topics }) => topics[0]) : answer.state
  }
  const apply = (id: string) => ledger.apply([{ change: 'run', run: rows.aRun({ id }) }])

  it('wait for a slow transaction that began first, and none is skipped when it ends', async () => {
    await apply('before')
    const { cursor } = await ledger.reads.changesAfter(null)
    await server.sql(`begin; insert into ${login.user}.changes (at, topics) values (1, '["slow"]')`)
    await apply('fast')
    expect(await topicsAfter(cursor)).toEqual([])
    const { cursor: during } = await ledger.reads.changesAfter(null)
    expect(during).toBe(cursor)
    await server.sql('commit')
    expect(await topicsAfter(cursor)).toEqual(['slow', 'run/fast'])
  })

  it('are in the order of transactions as numbers, not as texts', async () => {
    await server.sql(`insert into ${login.user}.changes (seq, tx, at, topics) values
      (900001, '1', 7, '["one"]'), (900002, '10', 7, '["ten"]'), (900003, '9', 7, '["nine"]')`)
    expect((await topicsAfter('1-900001-7')).slice(0, 2)).toEqual(['nine', 'ten'])
  })
})
