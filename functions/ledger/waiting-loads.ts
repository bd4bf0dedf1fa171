import { sql } from 'kysely'
import type { WaitingLoad } from '../pipeline/entities.ts'
import { all, is } from './filter.ts'
import type { Database } from './schema.ts'

/** Partitions of a pipeline with loads that were never sent, by date, stream. */
export async function listWaitingLoads(db: Database, pipeline: string): Promise<readonly WaitingLoad[]> {
  const rows = await db
    .selectFrom('messages')
    .select([
      'work',
      sql<string | null>`min(case when version = 1 then id end)`.as('next'),
      sql<number | null>`min(case when version = 1 then created_at end)`.as('since'),
      sql<number | null>`max(case when version > 1 then not_before end)`.as('sent_at'),
    ])
    .where(all(is('state', 'pending'), is('kind', 'load'), is('pipeline', pipeline)))
    .groupBy('work')
    .execute()
  return rows.flatMap(toWaiting).toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
}

interface Row {
  readonly work: string
  readonly next: string | null
  readonly since: number | null
  readonly sent_at: number | null
}

function toWaiting({ work, next, since, sent_at: sentAt }: Row): readonly WaitingLoad[] {
  return next === null || since === null ? [] : [{ work: JSON.parse(work), next, since, sentAt }]
}

function placeOf({ work }: WaitingLoad): string {
  return `${work.window}/${work.stream}`
}
