import type { AuditListFilter, Listed, Part, TimePlace } from '../../pipeline/people/reads.ts'
import type { AuditRecord } from '../../pipeline/people/records.ts'
import { all, is } from '../filter.ts'
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
    .where(all(is('actor', filter.actor), is('action', filter.action), is('subject', filter.subject)))
  return newestFirst(query, { ...filter, time: 'at', from: fromRow, range: filter })
}

function fromRow({ id, at, actor, action, subject, details, role, request_id, before, after }: AuditRow): AuditRecord {
  return {
    ...{ id, at, actor, action, subject, details, role, requestId: request_id },
    before: before === null ? null : JSON.parse(before),
    after: after === null ? null : JSON.parse(after),
  }
}
