import { When } from '../../parts/when.tsx'
import type { Line } from './cells.ts'

/** Subject of a line, in two words at its end. */
export function NoteOf({ line }: { readonly line: Line }) {
  const disputed = line.cells.filter(({ verdict }) => verdict === 'disputed').length
  if (disputed > 0) return <span className="font-semibold text-disputed">{disputed} disputed</span>
  const newest = line.cells.at(-1)
  const missing = line.cells.reduce((sum, { letters }) => sum + letters.split('!').length - 1, 0)
  if (missing > 0) return <span className="font-semibold text-miss">{missing} missing</span>
  const held = line.cells.reduce((sum, { letters }) => sum + letters.split(/[hq]/).length - 1, 0)
  if (held > 0) return <span className="font-semibold text-held">{held} held</span>
  if (newest?.verdict === 'incomplete' && newest.dueAt)
    return (
      <>
        due <When at={newest.dueAt} place={line.shard.timeZone} />
      </>
    )
  const rejected = line.cells.reduce((sum, { letters }) => sum + letters.split('~').length - 1, 0)
  return rejected > 0 ? <>{rejected} with rejects</> : null
}
