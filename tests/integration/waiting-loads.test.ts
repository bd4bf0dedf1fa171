import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../functions/adapters/postgres/client.ts'
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
import { aMessage } from '../support/ledger-rows.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

const DATE = '2025-02-05'
const STREAMS = ['order_details', 'check_details', 'payment_details']
const MINUTE = 60_000

interface Statement {
  readonly text: string
  readonly parameters: readonly unknown[]
}

/** A database of today's schema that reports its statements. */
interface Place {
  readonly dialect: LedgerDialect
  readonly open: (onStatement: (statement: Statement) => void) => Promise<Database>
  /** Names of the tables that a statement reads whole, and of the indexes it uses. */
  readonly plan: (db: Database, statement: Statement) => Promise<string>
}

/** A morning: one run, so many locations that end one after the other, so many minutes. */
async function morning({ dialect, open }: Place, locations: number, minutes: number) {
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
  for (const id of ids) {
    now += (minutes * MINUTE) / locations
    const loads = STREAMS.map((stream) =>
      message(`l${id}${stream}`, { kind: 'load', pipeline: 'toast', stream, window: DATE }, null),
    )
    const ingest = (await ledger.message(`i${id}`))!
    await ledger.apply([...loads, { change: 'message', message: { ...ingest, state: 'done' } }])
    await sendLoads('toast', ports, [DATE])
  }
  return { db, statements, published, rows: counted.rows(), waiting: await ledger.waitingLoads({ pipeline: 'toast' }) }
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

function testMorning(place: () => Promise<Place>): void {
  it.each([
    ['shorter than the longest wait', 1, STREAMS.length],
    ['of several waits', 18, 4 * STREAMS.length],
  ])('takes twice as many statements for twice as many locations, in a morning %s', async (_, minutes, loads) => {
    const small = await morning(await place(), 40, minutes)
    const large = await morning(await place(), 80, minutes)
    expect([small.published.length, large.published.length]).toEqual([expect.any(Number), small.published.length])
    expect(small.published.length).toBeLessThanOrEqual(loads)
    expect([small.waiting.length, large.waiting.length].every((left) => left <= STREAMS.length)).toBe(true)
    expect(large.statements.length).toBeLessThanOrEqual(2 * small.statements.length)
    expect(large.rows).toBeLessThanOrEqual(2 * small.rows)
    await Promise.all([small.db.destroy(), large.db.destroy()])
  })

  it('reads rows of messages by key or by an index of what it asks for, never all that are pending', async () => {
    const here = await place()
    const { db, statements } = await morning(here, 10, 18)
    const reads = statements.filter(
      ({ text }) => /^\s*(select|update)/.test(text) && /messages|open_ingests/.test(text),
    )
    const plans = new Map<string, string>()
    for (const read of reads) plans.set(read.text, await here.plan(db, read))
    expect(plans.size).toBeGreaterThan(3)
    for (const [text, plan] of plans) {
      expect(plan, text).not.toMatch(/SCAN|Seq Scan|messages_by_state/)
      if (/kind = 'load'/.test(text)) expect(plan, text).toMatch(/messages_open_loads|messages_waiting/)
    }
    await db.destroy()
  })
}

const report =
  (onStatement: (statement: Statement) => void) =>
  ({ query }: { readonly query: { readonly sql: string; readonly parameters: readonly unknown[] } }) =>
    onStatement({ text: query.sql, parameters: query.parameters })

describe('loads that wait, in SQLite', () => {
  testMorning(async () => {
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
  })
})

describe.skipIf(!hasPostgres)(hasPostgres ? 'loads that wait, in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  testMorning(async () => {
    const login = await server.createLogin()
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
  })
})
