import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteLedger } from '../functions/adapters/sqlite/ledger.ts'
import { addDays } from '../functions/lib/business-date.ts'
import { aDelivery, aSlice } from '../tests/support/definition.ts'

const DAYS = 126
const LAST = '2026-11-30'
const COLUMNS = ['amount', 'tax', 'tip', 'gratuity', 'total', 'discount_amount', 'guest_count']
const ROUNDS = 200

/** Reads the days before an outlier check as whole slices and as sums, and prints bytes and processor time of both. */
async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'))
  const ledger = await openSqliteLedger({ path: join(folder, 'ledger.db') })
  const totals = Object.fromEntries(COLUMNS.map((name) => [name, '12345.67']))
  for (let day = 0; day < DAYS; day++) {
    const window = addDays(LAST, -day)
    const slices = Array.from({ length: 20 }, (_, shard) =>
      aSlice({
        stream: 'order_details',
        window,
        shard: String(shard),
        state: 'loaded',
        delivery: aDelivery({ totals }),
      }),
    )
    await ledger.apply(slices.map((slice) => ({ change: 'slice', slice })))
  }
  const range = { pipeline: 'toast', streams: ['order_details'], shards: ['7'], from: addDays(LAST, -DAYS), to: LAST }
  const cost = async (read: () => Promise<readonly unknown[]>) => {
    const rows = await read()
    const before = process.cpuUsage()
    for (let round = 0; round < ROUNDS; round++) await read()
    const { user, system } = process.cpuUsage(before)
    return `${rows.length} rows, ${JSON.stringify(rows).length} bytes, ${((user + system) / 1000 / ROUNDS).toFixed(2)} ms of processor time`
  }
  console.log(`whole slices: ${await cost(() => ledger.slices(range))}`)
  console.log(`sums of days: ${await cost(() => ledger.dayTotals(range))}`)
  await ledger.close()
  await rm(folder, { recursive: true })
}

await measure()
