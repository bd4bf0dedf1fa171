import { instantText, toInstant } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import { ByTime, fromPageToken, toPageToken } from '../pages.ts'

/** Entries of the audit, newest first. */
export const listAudit: ApiHandler<'GET /api/audit'> = async ({ query }, { ledger }) => {
  const { actor, action, subject, from, to, pageSize, pageToken } = query
  const filter = {
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { from: toInstant(from) }),
    ...(to !== undefined && { to: toInstant(to) }),
  }
  const after = fromPageToken(pageToken, filter, ByTime)
  const { rows, next } = await ledger.reads.auditPage({ ...filter, limit: pageSize, ...(after && { after }) })
  const entries = rows.map(({ at, id: _, ...entry }) => ({ at: instantText(at), ...entry }))
  return { body: { entries, nextPageToken: toPageToken(next, filter) } }
}
