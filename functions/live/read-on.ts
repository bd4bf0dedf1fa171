import type { ChangesAnswer, LedgerReads } from '../pipeline/people/reads.ts'

/** Reads changes after a cursor. */
export type ReadChanges = LedgerReads['changesAfter']

// 500 changes each. A caller that is further behind reads everything again with less effort.
const MOST_PAGES = 20

/** All changes after a cursor, over as many pages as it takes. A cursor that is too far behind is answered as one that is too old. */
export async function readOn(read: ReadChanges, after: string | null): Promise<ChangesAnswer> {
  const changes = []
  let cursor = after
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await read(cursor)
    if (answer.state === 'reset') return answer
    changes.push(...answer.changes)
    if (answer.changes.length === 0) return { state: 'ok', changes, cursor: answer.cursor }
    cursor = answer.cursor
  }
  const { cursor: newest } = await read(null)
  return { state: 'reset', cursor: newest }
}
