import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import type { SliceState } from '../../functions/pipeline/entities.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import { draws } from '../support/draws.ts'
import { writeFreshLedger } from '../support/fresh-ledger.ts'
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

  const open = async () => {
    const path = join(folder, `${++files}.sqlite`)
    await writeFreshLedger(path)
    return await openSqliteLedger({ path })
  }
  testLedger(open, draws({ suite: 24, soak: 120 }))
  testPeopleLedger(open)

  const damage = (statement: string) => {
    const database = new DatabaseSync(join(folder, `${files}.sqlite`))
    database.exec(statement)
    database.close()
  }

  it.each([
    ['loaded', 'delivery = null', 'null in its column delivery; expected a delivery in the state loaded'],
    ['landed', 'raw_sha256 = null, delivery = null', 'null in its column raw_sha256; expected a raw object'],
    ['held', 'reason_code = null', 'null in its column reason_code; expected a reason in the state held'],
    ['quarantined', 'reason_message = null', 'null in its column reason_message; expected a reason'],
    ['missing', "raw_object = 'raw/a', raw_sha256 = 'a', raw_bytes = 1", '"missing" in its column state'],
    ['waived', "delivery = '{}'", '"{}" in its column delivery; expected none without a raw object'],
    ['loaded', "delivery = '{'", '"{" in its column delivery; expected JSON'],
    ['loaded', "state = 'lost'", '"lost" in its column state'],
  ] satisfies [SliceState, string, string][])('refuses a %s row after: set %s', async (state, change, problem) => {
    const ledger = await open()
    await ledger.apply([
      { change: 'slice', slice: rows.aSlice({ state }) },
      { change: 'slice', slice: rows.aSlice({ state, shard: 'whole' }) },
    ])
    damage(`update slices set ${change} where shard = '${rows.KEY.shard}'`)
    const name = 'pipeline "toast", stream "order_details", shard "185129", window_id "2025-02-05"'
    const message = `the row of slices with ${name} has ${problem}`
    const refusal = { code: 'LEDGER_DAMAGED', message: expect.stringContaining(message) }
    await expect(ledger.slice(rows.KEY)).rejects.toMatchObject(refusal)
    await expect(ledger.slices({})).rejects.toMatchObject(refusal)
    await expect(ledger.reads.slicePage({ pipeline: 'toast', limit: 9 })).rejects.toMatchObject(refusal)
    expect(await ledger.slice({ ...rows.KEY, shard: 'whole' })).toMatchObject({ state })
    await ledger.close()
  })

  const partitions = (ledger: PeopleLedger) => ledger.partitions({})
  it.each<readonly [string, string, (ledger: PeopleLedger) => Promise<unknown>, string]>([
    ['partitions', "state = 'pending', job_id = null", partitions, 'null in its column job_id; expected a job'],
    ['partitions', "state = 'lost', job_id = 'j'", partitions, '"lost" in its column state; expected idle, pending'],
    ['partitions', "totals = ''", partitions, '"" in its column totals; expected JSON'],
    ['runs', "scope = '{'", (ledger) => ledger.runs({}), '"{" in its column scope; expected JSON'],
    ['messages', "work = '['", (ledger) => ledger.messages({}), '"[" in its column work; expected JSON'],
    ['backfills', "shards = 'x'", (ledger) => ledger.backfills({}), '"x" in its column shards; expected JSON'],
    ['deliveries', "totals = 'x'", (ledger) => ledger.deliveries({}), '"x" in its column totals; expected JSON'],
    [
      'windows',
      "source_totals = 'x'",
      (ledger) => ledger.windows({}),
      '"x" in its column source_totals; expected JSON',
    ],
    ['kept_files', "sighting = 'x'", (ledger) => ledger.keptFiles({}), '"x" in its column sighting; expected JSON'],
  ])('refuses a row of %s after: set %s', async (table, change, read, problem) => {
    const ledger = await open()
    await ledger.apply([
      { change: 'partition', partition: rows.aPartition() },
      { change: 'run', run: rows.aRun() },
      { change: 'message', message: rows.aMessage() },
      { change: 'backfill', backfill: rows.aBackfill() },
      { change: 'delivery', delivery: rows.aDeliveryRecord() },
      { change: 'window', window: rows.aWindow() },
      { change: 'kept_file', file: rows.aKeptFile() },
    ])
    await read(ledger)
    damage(`update ${table} set ${change}`)
    const refused = await read(ledger).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(problem) })
    expect(refused).toMatchObject({ message: expect.stringContaining(`the row of ${table} with `) })
    await ledger.close()
  })

  it('quotes no answer that is kept for a repeated request', async () => {
    const ledger = await open()
    const request = {
      principal: 'ana',
      key: 'k',
      hash: 'h',
      at: 1,
      writeId: 'w',
      holder: 'a',
      owner: null,
      leasedUntil: 2,
    }
    await ledger.beginRequest(request)
    damage("update idempotency set answer = 'token dbt_secret'")
    const refused = ledger.beginRequest(request)
    await expect(refused).rejects.toMatchObject({
      code: 'LEDGER_DAMAGED',
      message:
        'the row of idempotency with principal "ana", key "k" has a value that is not shown in its column answer; expected JSON',
    })
    await ledger.close()
  })
})
