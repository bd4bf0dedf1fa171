import { type Changed, Hello, type LiveMessage } from '../api/contract/live-messages.ts'
import { DaybreakError } from '../errors.ts'
import type { ChangesAnswer } from '../pipeline/people/reads.ts'
import { type Hearer, topicsFor } from './topics.ts'

/** Pure: the first message of a client. @throws {DaybreakError} REQUEST_INVALID. */
export function parseHello(text: string): { readonly after: string | null; readonly topics: readonly string[] } {
  const { data, error } = Hello.safeParse(jsonOf(text))
  if (data) return { after: data.after ?? null, topics: data.topics }
  const [issue] = error.issues
  throw invalid(`${issue?.path.join('/') || 'hello'}: ${issue?.message}`)
}

/** Pure: an answer of the ledger as the message that a hearer gets; null if none of it concerns the hearer. */
export function messageOf(answer: ChangesAnswer, hearer: Hearer): LiveMessage | null {
  if (answer.state === 'reset') return { type: 'reset', cursor: answer.cursor }
  const newest = answer.changes.at(-1)
  const topics = topicsFor(
    answer.changes.flatMap((change) => change.topics),
    hearer,
  )
  return newest === undefined || topics.length === 0 ? null : changed(answer.cursor, newest.at, topics)
}

function changed(id: string, at: number, topics: readonly string[]): Changed {
  return {
    specversion: '1.0',
    type: 'daybreak.changed.v1',
    id,
    source: '/api/live',
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    data: { topics },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('the message is not JSON')
  }
}

function invalid(why: string): DaybreakError {
  return new DaybreakError('REQUEST_INVALID', `${why}; expected {"type":"hello","after":CURSOR,"topics":["*"]}`)
}
