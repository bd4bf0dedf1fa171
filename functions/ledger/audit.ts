import type { AuditEntry } from '../pipeline/entities.ts'
import type { Page } from '../pipeline/ports.ts'
import { toJson } from './columns.ts'
import { page } from './filter.ts'
import type { Database } from './schema.ts'
import type { Writer } from './writer.ts'

/** Adds an entry; entries are never changed. */
export async function addAudit(writer: Writer, entry: AuditEntry, id: string): Promise<void> {
  const { at, actor, action, subject, details, role = null, requestId = null, before = null, after = null } = entry
  const change = { before: toJson(before), after: toJson(after) }
  await writer.insert('audit', { id, at, actor, action, subject, details, role, request_id: requestId, ...change })
}

/** Entries, the one that was added last first. */
export async function listAudit(db: Database, filter: Page): Promise<readonly AuditEntry[]> {
  const query = db
    .selectFrom('audit')
    .select(['at', 'actor', 'action', 'subject', 'details'])
    .orderBy('sequence', 'desc')
  return page(query, filter).execute()
}
