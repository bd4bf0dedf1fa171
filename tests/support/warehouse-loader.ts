import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import type { LoadEntry } from '../../functions/pipeline/destination.ts'
import { TABLE } from '../contract/warehouse-table.ts'

// A process of its own for tests that kill it. Loads partition after partition, alternately from two lists of parts,
// and says which jobs are done.
const [path = '', listA = '[]', listB = '[]'] = process.argv.slice(2)
const lists: readonly (readonly LoadEntry[])[] = [JSON.parse(listA), JSON.parse(listB)]
const warehouse = openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: Date })
await warehouse.ensureTable(TABLE)
process.stdout.write('ready\n')
for (let n = 0; ; n++) {
  const id = `${process.pid}_${n}`
  await warehouse.startLoad({
    id,
    content: 'c0ffee',
    table: TABLE,
    window: '2026-01-05',
    entries: lists[n % 2] ?? [],
    runId: String(n % 2),
  })
  process.stdout.write(`${id}\n`)
}
