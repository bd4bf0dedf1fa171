import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { openPool } from '../../functions/adapters/postgres/client.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { createPostgresDialect } from '../../functions/adapters/postgres/dialect.ts'
import { POSTGRES } from '../../functions/adapters/postgres/ledger.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import type { LedgerDialect } from '../../functions/ledger/dialect.ts'
import { createLedger } from '../../functions/ledger/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import type { Database, Schema } from '../../functions/ledger/schema.ts'
import type { Message, Work } from '../../functions/pipeline/entities.ts'
import type { Change, Ledger, Queue } from '../../functions/pipeline/ports.ts'
import { sendLoads } from '../../functions/pipeline/work/send-loads.ts'
import { aMessage } from './ledger-rows.ts'

const DATE = '2025-02-05'
/** Streams of the morning. */
export const STREAMS = ['order_details', 'check_details', 'payment_details']
const MINUTE = 60_000

/** A statement as it was sent. */
interface Statement {
  readonly text: string
  readonly parameters: readonly unknown[]
}

/** A database of today's schema that reports its statements. */
export interface Place {
  readonly dialect: LedgerDialect
  readonly open: (onStatement: (statement: Statement) => void) => Promise<Database>
  /** Names of the tables that a statement reads whole, and of the indexes it uses. */
  readonly plan: (db: Database, statement: Statement) => Promise<string>
}

/**
 * A morning: one run, so many locations that end one after the other, so many minutes. Gives the statements, the loads that were
 * published, the partitions that were read to decide it, and the processor time of this process in milliseconds.
 */
export async function morning({ dialect, open }: Place, locations: number, minutes: number) {
  const statements: Statement[] = []
  const db = await open((statement) => statements.push(statement))
  await migrate(db, { dialect, now: () => 1 })
  const ledger = createLedger(db, { dialect, newId: () => 'id', now: () => 1 })
  const published: Message[] = []
  const publish: Queue['publish'] = async (some) => void published.push(...some)
  let now = 1
  const clock = { now: () => now, sleep: async () => undefined }
  const counted = countRows(ledger)
  const ports = { ledger: counted.ledger, clock, queue: { can: { delay: false }, loadWait: 5 * MINUTE, publish } }
  const message = (id: string, work: Work, sentAt: number | null): Change => {
    return { change: 'message', message: aMessage({ id, work, sentAt, attempts: 0, createdAt: now }) }
  }
  const ids = Array.from({ length: locations }, (_, n) => String(n).padStart(4, '0'))
  const ingests = ids.map((id) =>
    message(`i${id}`, { kind: 'ingest', pipeline: 'toast', shard: id, windows: [DATE] }, now),
  )
  await ledger.apply(ingests)
  statements.length = 0
  const before = process.cpuUsage()
  for (const id of ids) {
    now += (minutes * MINUTE) / locations
    const loads = STREAMS.map((stream) =>
      message(`l${id}${stream}`, { kind: 'load', pipeline: 'toast', stream, window: DATE }, null),
    )
    const ingest = (await ledger.message(`i${id}`))!
    await ledger.apply([...loads, { change: 'message', message: { ...ingest, state: 'done' } }])
    await sendLoads('toast', ports, [DATE])
  }
  const { user, system } = process.cpuUsage(before)
  const processor = (user + system) / 1000
  const waiting = await ledger.waitingLoads({ pipeline: 'toast' })
  return { db, statements, published, processor, rows: counted.rows(), waiting }
}

/** Counts the partitions that are read to decide what is sent. */
function countRows(ledger: Ledger): { readonly ledger: Ledger; readonly rows: () => number } {
  let rows = 0
  return {
    rows: () => rows,
    ledger: {
      ...ledger,
      waitingLoads: async (filter) => {
        const found = await ledger.waitingLoads(filter)
        rows += found.length
        return found
      },
    },
  }
}

const report =
  (onStatement: (statement: Statement) => void) =>
  ({ query }: { readonly query: { readonly sql: string; readonly parameters: readonly unknown[] } }) =>
    onStatement({ text: query.sql, parameters: query.parameters })

/** A ledger in an SQLite database in memory. */
export function inSqlite(): Place {
  const file = new DatabaseSync(':memory:')
  return {
    dialect: SQLITE,
    open: async (onStatement) =>
      new Kysely<Schema>({ dialect: createSqliteDialect(file, 1000), log: report(onStatement) }),
    plan: async (_, { text, parameters }) => {
      const found = file.prepare(`explain query plan ${text}`).all(...(parameters as string[]))
      return found.map(({ detail }) => String(detail)).join('\n')
    },
  }
}

/** A ledger on a PostgreSQL server. */
export function inPostgres(login: PostgresSettings): Place {
  return {
    dialect: POSTGRES,
    open: async (onStatement) => {
      const pool = openPool(login, () => undefined)
      const options = { pool, now: Date.now, newId: () => 'session', patience: null }
      return new Kysely<Schema>({ dialect: createPostgresDialect(options), log: report(onStatement) })
    },
    plan: async (db, { text, parameters }) =>
      await db.transaction().execute(async (transaction) => {
        // Tables of a test are so small that a database reads them whole.
        await sql`set local enable_seqscan = off`.execute(transaction)
        const raw = text.split(/\$\d+/)
        const parts = raw.map((part, at) => {
          const number = Number([...text.matchAll(/\$(\d+)/g)][at]?.[1] ?? 0)
          return number > 0 ? sql`${sql.raw(part)}${sql.lit(parameters[number - 1])}` : sql.raw(part)
        })
        const found = await sql<{ 'QUERY PLAN': string }>`explain ${sql.join(parts, sql``)}`.execute(transaction)
        return found.rows.map((row) => row['QUERY PLAN']).join('\n')
      }),
  }
}
