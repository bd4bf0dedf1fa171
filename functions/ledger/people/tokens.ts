import type { Instant } from '../../pipeline/entities.ts'
import type { Token } from '../../pipeline/people/records.ts'
import { neededJson } from '../damaged.ts'
import { all, is } from '../filter.ts'
import type { Database } from '../schema.ts'
import type { Writer } from '../writer.ts'
import type { TokenRow } from './schema.ts'

// A person has a few; all of them together are listed for an administrator.
const MOST = 500

/** Adds a token, or replaces the one of the same id. */
export async function putToken(writer: Writer, token: Token): Promise<void> {
  const { id, name, principal, role, scope, createdAt, expiresAt, revokedAt, lastUsedAt } = token
  const row: TokenRow = {
    ...{ id, name, principal, role, scope: JSON.stringify(scope) },
    ...{ created_at: createdAt, expires_at: expiresAt, revoked_at: revokedAt, last_used_at: lastUsedAt },
  }
  await writer.replace('tokens', row, ['id'])
}

/** Tokens, the newest first. */
export async function listTokens(db: Database, filter: { readonly principal?: string }): Promise<readonly Token[]> {
  const rows = await db
    .selectFrom('tokens')
    .selectAll()
    .where(all(is('principal', filter.principal)))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MOST)
    .execute()
  return rows.map(fromRow)
}

/** One token, or null. */
export async function readToken(db: Database, id: string): Promise<Token | null> {
  const row = await db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? fromRow(row) : null
}

/** Records the use of a token. */
export async function touchToken(db: Database, id: string, at: Instant): Promise<void> {
  await db.updateTable('tokens').set({ last_used_at: at }).where('id', '=', id).execute()
}

function fromRow(stored: TokenRow): Token {
  const { created_at, expires_at, revoked_at, last_used_at, ...row } = stored
  const times = { createdAt: created_at, expiresAt: expires_at, revokedAt: revoked_at, lastUsedAt: last_used_at }
  return { ...row, scope: neededJson({ table: 'tokens', key: ['id'], row: stored }, 'scope'), ...times }
}
