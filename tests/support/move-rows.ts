import { DaybreakError } from '../../functions/errors.ts'
import type { Partition } from '../../functions/pipeline/entities.ts'
import type { Ledger } from '../../functions/pipeline/ports.ts'
import { aPartition } from './ledger-rows.ts'

export const STREAMS = ['a', 'b', 'c', 'd', 'e']
/** Rows of each partition at first. */
export const ROWS = 1000

export interface Mover {
  readonly name: string
  readonly moves: number
  readonly onMove?: (move: number) => void
}

/**
 * Moves one row after the other between two partitions, by compare-and-set, with an audit entry for each move. What all
 * partitions hold together never changes. A ledger that is busy or was faster is asked again: what failed must not be in it.
 */
export async function moveRows(
  ledger: Ledger,
  { name, moves, onMove = () => undefined }: Mover,
): Promise<{ readonly conflicts: number; readonly busy: number }> {
  const met = { conflicts: 0, busy: 0 }
  for (let move = 1; move <= moves; move++) {
    for (let outcome = 'moved' as string; ; ) {
      outcome = await tryMove(ledger, move, name).then(() => 'moved', codeOf)
      if (outcome === 'moved') break
      met[outcome === 'LEDGER_BUSY' ? 'busy' : 'conflicts']++
    }
    onMove(move)
  }
  return met
}

/** Makes the partitions that rows are moved between, unless they exist. */
export async function preparePartitions(ledger: Ledger): Promise<void> {
  const changes = STREAMS.map(
    (stream) => ({ change: 'partition', partition: aPartition({ stream, rows: ROWS }) }) as const,
  )
  await ledger.apply(changes).catch(codeOf)
}

/** Of five partitions a move goes from one to the same one in one case of five, and is left out. */
export function effective(moves: number): number {
  return Array.from({ length: moves }, (_, index) => index + 1).filter((move) => (move * 6 + 1) % 5 !== 0).length
}

async function tryMove(ledger: Ledger, move: number, name: string): Promise<void> {
  const partitions = await ledger.partitions({})
  const from = partitions[move % partitions.length]
  const into = partitions[(move * 7 + 1) % partitions.length]
  if (!from || !into || from === into) return
  const change = (partition: Partition, by: number) =>
    ({ change: 'partition', partition: { ...partition, rows: partition.rows + by } }) as const
  const entry = { at: move, actor: name, action: 'move', subject: `${move}`, details: '' }
  await ledger.apply([change(from, -1), { change: 'audit', entry }, change(into, 1)])
}

function codeOf(error: unknown): string {
  if (error instanceof DaybreakError && (error.code === 'LEDGER_CONFLICT' || error.code === 'LEDGER_BUSY'))
    return error.code
  throw error
}
