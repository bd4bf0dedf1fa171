import { readOn } from '../../live/read-on.ts'
import { topicsFor } from '../../live/topics.ts'
import type { ApiHandler } from '../call.ts'
import { openApi } from '../openapi.ts'

/** Changes after a cursor, cut to what the caller may see. */
export const listChanges: ApiHandler<'GET /api/changes'> = async ({ query, principal }, { ledger }) => {
  const answer = await readOn((after) => ledger.reads.changesAfter(after), query.after ?? null)
  if (answer.state === 'reset') return { body: { cursor: answer.cursor, reset: true, topics: [] } }
  const all = answer.changes.flatMap((change) => change.topics)
  const topics = topicsFor(all, { shards: principal.shards, topics: ['*'] })
  return { body: { cursor: answer.cursor, reset: false, topics: [...topics] } }
}

/** The route table as OpenAPI. */
export const showOpenApi: ApiHandler<'GET /api/openapi.json'> = async () => ({ body: openApi() })
