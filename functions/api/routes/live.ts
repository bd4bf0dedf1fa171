import type { ApiHandler } from '../call.ts'
import { openApi } from '../openapi.ts'

/** Changes after a cursor, cut to what the caller may see. */
export const listChanges: ApiHandler<'GET /api/changes'> = async ({ query, principal }, { ledger }) => {
  const answer = await ledger.reads.changesAfter(query.after ?? null)
  if (answer.state === 'reset') return { body: { cursor: answer.cursor, reset: true, topics: [] } }
  const topics = [...new Set(answer.changes.flatMap((change) => change.topics))]
  const { shards } = principal
  const mayHear = (topic: string) => {
    const [kind, , , shard = ''] = topic.split('/')
    return shards === null || kind !== 'slice' || shards.includes(shard)
  }
  return { body: { cursor: answer.cursor, reset: false, topics: topics.filter(mayHear) } }
}

/** The route table as OpenAPI. */
export const showOpenApi: ApiHandler<'GET /api/openapi.json'> = async () => ({ body: openApi() })
