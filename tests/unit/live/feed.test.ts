import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFeed, type Listener } from '../../../functions/live/feed.ts'
import type { ReadChanges } from '../../../functions/live/read-on.ts'
import type { ChangesAnswer } from '../../../functions/pipeline/people/reads.ts'

/** A list of changes that is read as it was at some moment between question and answer. Cursors are its lengths. */
function changesOf(turns: readonly number[]) {
  const topics: string[] = []
  let reads = 0
  const pause = async () => {
    const count = turns[reads++ % turns.length] ?? 0
    for (let at = 0; at < count; at++) await turn()
  }
  const read: ReadChanges = async (after) => {
    await pause()
    const seen = topics.slice(after === null ? topics.length : Number(after), topics.length)
    const from = after === null ? topics.length : Number(after)
    await pause()
    const some = seen.slice(0, 3).map((topic) => ({ at: 0, topics: [topic] }))
    return { state: 'ok', changes: some, cursor: `${from + some.length}` }
  }
  return { topics, read }
}

interface Hearing {
  /** Null for a listener without a cursor, which reads everything at its first answer. */
  readonly from: number | null
  readonly heard: Set<string>
  /** Cursors in the order of the answers. */
  readonly cursors: number[]
}

function listenerOf(after: number | null): { listener: Listener; hearing: Hearing } {
  const hearing: Hearing = { from: after, heard: new Set(), cursors: [] }
  const take = (answer: ChangesAnswer) => {
    if (answer.state === 'reset') return
    hearing.cursors.push(Number(answer.cursor))
    for (const { topics } of answer.changes) for (const topic of topics) hearing.heard.add(topic)
  }
  return { listener: { after: after === null ? null : `${after}`, welcome: take, hear: take }, hearing }
}

const step = fc.record({
  writes: fc.nat({ max: 4 }),
  /** Share of the changes so far that a new listener knows; null for one without a cursor. */
  joins: fc.option(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { nil: undefined }),
  leaves: fc.boolean(),
  turns: fc.nat({ max: 6 }),
})

it('every listener hears of every change after its cursor, whenever it joins', async () => {
  const turns = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 7 })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), turns, async (steps, pauses) => {
      const { topics, read } = changesOf(pauses)
      const feed = createFeed({ read, every: 0, log: () => undefined })
      const all: { hearing: Hearing; leave: () => void }[] = []
      for (const { writes, joins, leaves, turns: count } of steps) {
        for (let at = 0; at < writes; at++) topics.push(`run/${topics.length}`)
        if (joins !== undefined) {
          const after = joins === null ? null : Math.floor(joins * topics.length)
          const { listener, hearing } = listenerOf(after)
          all.push({ hearing, leave: feed.join(listener) })
        }
        if (leaves) all.shift()?.leave()
        for (let at = 0; at < count; at++) await turn()
      }
      while (!all.every(({ hearing }) => hearing.cursors.length > 0)) await turn()
      const told = all.map(({ hearing }) => ({ ...hearing, ready: hearing.cursors[0] ?? 0 }))
      topics.push('run/end')
      while (!all.every(({ hearing }) => hearing.heard.has('run/end'))) await turn()
      for (const { from, heard, ready } of told) {
        const due = topics.slice(from ?? ready)
        expect(due.filter((topic) => !heard.has(topic))).toEqual([])
      }
      await feed.close()
    }),
    { numRuns: 150 },
  )
})
