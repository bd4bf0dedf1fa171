import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Partition } from '../../functions/pipeline/model.ts'
import type { Ledger } from '../../functions/pipeline/ports.ts'

// A process of its own: `node ledger-mover.ts PATH MOVES NAME`. Moves one row after the other between two partitions, by
// compare-and-set, with an audit entry for each move, and prints a line once a move is applied. What all partitions hold
// together never changes.
const [path = '', moves = '0', name = ''] = process.argv.slice(2)
const ledger = await openSqliteLedger({ path })
let conflicts = 0
for (let move = 1; move <= Number(moves); move++) {
  while (!(await tryMove(ledger, move))) conflicts++
  process.stdout.write(`moved ${move}\n`)
}
await ledger.close()
process.stdout.write(`conflicts ${conflicts}\n`)

async function tryMove(to: Ledger, move: number): Promise<boolean> {
  const partitions = await to.partitions({})
  const from = partitions[move % partitions.length]!
  const into = partitions[(move * 7 + 1) % partitions.length]!
  if (from === into) return true
  const change = (partition: Partition, by: number) =>
    ({ change: 'partition', partition: { ...partition, rows: partition.rows + by } }) as const
  const entry = { at: move, actor: name, action: 'move', subject: `${move}`, details: '' }
  try {
    await to.apply([change(from, -1), { change: 'audit', entry }, change(into, 1)])
    return true
  } catch (error) {
    if (error instanceof DaybreakError && error.code === 'LEDGER_CONFLICT') return false
    throw error
  }
}
