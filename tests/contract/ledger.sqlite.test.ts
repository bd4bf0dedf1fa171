import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { draws } from '../support/draws.ts'
import { testLedger } from './ledger.ts'
import { testPeopleLedger } from './people-ledger.ts'

describe('the ledger in SQLite', () => {
  let folder: string
  let files = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-ledger-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const open = () => openSqliteLedger({ path: join(folder, `${++files}.sqlite`) })
  testLedger(open, draws({ suite: 24, soak: 120 }))
  testPeopleLedger(open)
})
