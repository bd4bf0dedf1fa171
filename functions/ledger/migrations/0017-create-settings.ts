import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { createIndexes, createTable, type Table } from './0001-create-tables.ts'

const TABLES: Readonly<Record<string, Omit<Table, 'words'>>> = {
  settings: {
    columns: [
      ['kind', 'text'],
      ['id', 'text'],
      ['version', 'bigint'],
      ['origin', 'text'],
      ['body', 'text'],
      ['updated_at', 'bigint'],
      ['updated_by', 'text'],
    ],
    primaryKey: ['kind', 'id'],
  },
  sign_offs: {
    columns: [
      ['pipeline', 'text'],
      ['window_id', 'text'],
      ['shard', 'text'],
      ['at', 'bigint'],
      ['actor', 'text'],
      ['note', 'text'],
      ['totals', 'text'],
    ],
    primaryKey: ['pipeline', 'window_id', 'shard'],
  },
  overrides: {
    columns: [
      ['id', 'text'],
      ['rotation', 'text'],
      ['person', 'text'],
      ['from_at', 'bigint'],
      ['to_at', 'bigint'],
      ['actor', 'text'],
      ['at', 'bigint'],
    ],
    primaryKey: ['id'],
    indexes: { overrides_by_end: ['to_at'] },
  },
  tokens: {
    columns: [
      ['id', 'text'],
      ['name', 'text'],
      ['principal', 'text'],
      ['role', 'text'],
      ['scope', 'text'],
      ['created_at', 'bigint'],
      ['expires_at', 'bigint'],
      ['revoked_at', 'bigint', 'null'],
      ['last_used_at', 'bigint', 'null'],
    ],
    primaryKey: ['id'],
    indexes: { tokens_by_principal: ['principal', 'created_at', 'id'], tokens_by_time: ['created_at', 'id'] },
  },
  idempotency: {
    columns: [
      ['principal', 'text'],
      ['key', 'text'],
      ['hash', 'text'],
      ['answer', 'text', 'null'],
      ['at', 'bigint'],
    ],
    primaryKey: ['principal', 'key'],
    indexes: { idempotency_by_time: ['at'] },
  },
}

/** Creates what people decide and hold: settings, sign-offs, shift overrides, tokens, and requests that may be sent again. */
export async function createSettings(transaction: Database, dialect: LedgerDialect): Promise<void> {
  for (const [name, table] of Object.entries(TABLES)) {
    await createTable(transaction, { name, table: { ...table, words: {} }, dialect })
    await createIndexes(transaction, name, { ...table, words: {} })
  }
}
