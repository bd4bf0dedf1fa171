import { once } from 'node:events'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { moveRows, preparePartitions } from './move-rows.ts'

// A process of its own: `node ledger-mover.ts LEDGER MOVES NAME`, LEDGER being the path of a file or the settings of a
// server as JSON. Prints a line once the ledger is open, waits for one on stdin, and prints one once a move is applied.
const [where = '', moves = '0', name = ''] = process.argv.slice(2)
const ledger = where.startsWith('{')
  ? await openPostgresLedger({ ...JSON.parse(where), log: () => undefined })
  : await openSqliteLedger({ path: where })
await preparePartitions(ledger)
process.stdout.write('open\n')
await once(process.stdin, 'data')
const { conflicts } = await moveRows(ledger, {
  name,
  moves: Number(moves),
  onMove: (move) => process.stdout.write(`moved ${move}\n`),
})
await ledger.close()
process.stdout.write(`conflicts ${conflicts}\n`)
