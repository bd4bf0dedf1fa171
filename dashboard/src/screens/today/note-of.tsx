import { When } from '../../parts/when.tsx'
import type { Line } from './cells.ts'

/** Subject of a line in two words, and the classes of its state. */
export function noteOf({ cells, shard }: Line): { readonly note: React.ReactNode; readonly look: string } {
  const disputed = cells.filter(({ verdict }) => verdict === 'disputed').length
  if (disputed > 0) return { note: `${disputed} disputed`, look: 'font-semibold text-disputed' }
  const count = (letters: RegExp) => cells.reduce((sum, cell) => sum + cell.letters.split(letters).length - 1, 0)
  const missing = count(/!/)
  if (missing > 0) return { note: `${missing} missing`, look: 'font-semibold text-miss' }
  const held = count(/[hq]/)
  if (held > 0) return { note: `${held} held`, look: 'font-semibold text-held' }
  const newest = cells.at(-1)
  if (newest?.verdict === 'incomplete' && newest.dueAt)
    return { note: ['due ', <When key="due" at={newest.dueAt} place={shard.timeZone} />], look: 'text-dim' }
  const rejected = count(/~/)
  return { note: rejected > 0 ? `${rejected} with rejects` : null, look: 'text-dim' }
}
