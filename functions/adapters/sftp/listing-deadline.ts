import { DaybreakError } from '../../errors.ts'
import type { SftpLink } from './link.ts'

// A fast server sends a hundred entries an answer, so a listing of any size has several times the time that it needs.
const MILLISECONDS_PER_ENTRY = 1

interface Watched {
  readonly folder: string
  /** Entries that have arrived. */
  readonly entries: () => number
}

/**
 * Ends a listing that takes longer than `link.listingTimeout` and a millisecond for each entry: a server may send one entry
 * before each timeout. The connection goes with it, as with one that stands still. Returns the function that ends the watch.
 */
export function watchListing(link: SftpLink, { folder, entries }: Watched): () => void {
  const start = performance.now()
  let timer: NodeJS.Timeout
  const arm = () => {
    const left = link.listingTimeout + entries() * MILLISECONDS_PER_ENTRY - (performance.now() - start)
    // What has arrived and was not read yet is read before the judgement.
    timer = left > 0 ? setTimeout(arm, left) : setTimeout(() => setImmediate(judge), 0)
  }
  const judge = () => {
    const spent = Math.round(performance.now() - start)
    if (spent < link.listingTimeout + entries() * MILLISECONDS_PER_ENTRY) return arm()
    const why = `listing ${folder} brought ${entries()} entries in ${spent} ms, and did not end`
    link.break(new DaybreakError('SOURCE_UNREACHABLE', `connection to ${link.name} given up: ${why}`))
  }
  arm()
  return () => clearTimeout(timer)
}
