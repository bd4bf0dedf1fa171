import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import type { SliceState } from '../../functions/pipeline/entities.ts'
import { draws } from '../support/draws.ts'
import * as rows from '../support/ledger-rows.ts'
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

  it.each([
    ['loaded', 'delivery = null', 'has no delivery'],
    ['landed', 'raw_sha256 = null, delivery = null', 'has no raw object'],
    ['held', 'reason_code = null', 'has no reason'],
    ['missing', "raw_object = 'raw/a', raw_sha256 = 'a', raw_bytes = 1", 'has a raw object'],
    ['waived', "delivery = '{}'", 'has a delivery and no raw object'],
  ] satisfies [SliceState, string, string][])('refuses a %s row after: set %s', async (state, change, problem) => {
    const ledger = await open()
    await ledger.apply([
      { change: 'slice', slice: rows.aSlice({ state }) },
      { change: 'slice', slice: rows.aSlice({ state, shard: 'whole' }) },
    ])
    const database = new DatabaseSync(join(folder, `${files}.sqlite`))
    database.exec(`update slices set ${change} where shard = '${rows.KEY.shard}'`)
    database.close()
    const message = `the ${state} slice toast/order_details/185129/2025-02-05 ${problem}`
    const refusal = { code: 'LEDGER_FAILED', message: expect.stringContaining(message) }
    await expect(ledger.slice(rows.KEY)).rejects.toMatchObject(refusal)
    await expect(ledger.slices({})).rejects.toMatchObject(refusal)
    expect(await ledger.slice({ ...rows.KEY, shard: 'whole' })).toMatchObject({ state })
    await ledger.close()
  })
})
