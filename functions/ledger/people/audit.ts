import { type SqlBool, sql } from 'kysely'
import type { AuditListFilter, Listed, Part, TimePlace } from '../../pipeline/people/reads.ts'
import type { AuditRecord } from '../../pipeline/people/records.ts'
import { jsonOf } from '../damaged.ts'
import { all, is, startsWith } from '../filter.ts'
import type { AuditRow, Database } from '../schema.ts'
import { newestFirst } from './parts.ts'

/** Entries of the audit, the newest first. */
export function listAuditPage(
  db: Database,
  filter: AuditListFilter & Part<TimePlace>,
): Promise<Listed<AuditRecord, TimePlace>> {
  const query = db
    .selectFrom('audit')
    .selectAll()
    .where(all(is('actor', filter.actor), isAction(filter.action), is('subject', filter.subject)))
  return newestFirst(query, { ...filter, time: 'at', from: fromRow, range: filter })
}

/** An action, or all of a kind: `token` has `token.create` and `token.revoke`. */
function isAction(action: string | undefined) {
  if (action === undefined || action.includes('.')) return is('action', action)
  return sql<SqlBool>`(${is('action', action)} or (${startsWith('action', `${action}.`)}))`
}

function fromRow(row: AuditRow): AuditRecord {
  const { id, at, actor, action, subject, details, role, request_id } = row
  const stored = { table: 'audit', key: ['id'], row }
  return {
    ...{ id, at, actor, action, subject, details, role, requestId: request_id },
    before: jsonOf(stored, 'before'),
    after: jsonOf(stored, 'after'),
  }
}
