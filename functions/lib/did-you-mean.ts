import { distance } from 'fastest-levenshtein'

/** The candidate closest to a mistyped word; null when none is close enough to be what was meant. */
export function closestTo(word: string, candidates: Iterable<string>): string | null {
  const typed = word.toLowerCase().slice(0, 100)
  const ranked = [...candidates]
    .map((candidate) => ({ candidate, edits: distance(typed, candidate.slice(0, 100).toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const [best] = ranked
  if (!best) return null
  const length = Math.max(typed.length, best.candidate.length)
  // Two letters that changed places are two edits: `tosat` is `toast`, but `day` is not `key`.
  return best.edits <= (length < 4 ? 1 : Math.max(2, Math.floor(length / 3))) ? best.candidate : null
}

/** ` Did you mean "x"?`, or nothing: to be put at the end of a message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const closest = closestTo(word, candidates)
  return closest === null || closest === word ? '' : ` Did you mean "${closest}"?`
}
