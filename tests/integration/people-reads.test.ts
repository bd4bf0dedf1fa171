import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../functions/adapters/postgres/client.ts'
import { createPostgresDialect } from '../../functions/adapters/postgres/dialect.ts'
import { POSTGRES } from '../../functions/adapters/postgres/ledger.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import { createLedger } from '../../functions/ledger/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import type { Database, Schema } from '../../functions/ledger/schema.ts'
import { MOST_COUNTED, type PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import { fillLedger, instantAt, STREAMS, shardAt, windowAt } from '../support/large-ledger.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

// 100,800 slices: 72 days of 200 locations.
const EXTENT = { shards: 200, windows: 72 }
const WEEK = { pipeline: 'toast', from: windowAt(60), to: windowAt(66) }
const MONTH = { pipeline: 'toast', from: windowAt(40), to: windowAt(70) }
const SHARD = shardAt(7)
const MIDDLE = { window: windowAt(36), shard: shardAt(100), stream: 'orders' }
const FULL = { limit: 500 }

/** Every read of the API, with the arguments that make it read most. */
const READS: Readonly<Record<string, (ledger: PeopleLedger) => Promise<unknown>>> = {
  'today, a week of all': ({ reads }) => reads.matrix({ ...WEEK, streams: STREAMS }),
  'the calendar of a location': ({ reads }) =>
    reads.matrix({ pipeline: 'toast', from: windowAt(0), to: windowAt(71), shards: [SHARD], streams: STREAMS }),
  'counts by state, of a month': (ledger) => ledger.sliceCounts(MONTH),
  'counts by state, of a location': (ledger) => ledger.sliceCounts({ ...MONTH, shards: [SHARD] }),
  'partitions that are not loaded': (ledger) =>
    ledger.partitions({ pipeline: 'toast', states: ['quarantined', 'pending'] }),
  'the newest windows': (ledger) => ledger.newestWindows('toast', 31),
  'the newest windows of a table': ({ reads }) =>
    reads.tableWindows({ pipeline: 'other-7', stream: 'orders', limit: 14 }),
  'slices, first page': ({ reads }) => reads.slicePage({ pipeline: 'toast', ...FULL }),
  'slices, a page in the middle': ({ reads }) => reads.slicePage({ pipeline: 'toast', after: MIDDLE, ...FULL }),
  'slices, newest first': ({ reads }) =>
    reads.slicePage({ pipeline: 'toast', after: MIDDLE, first: 'newest', ...FULL }),
  'slices of a location': ({ reads }) =>
    reads.slicePage({ pipeline: 'toast', shards: [SHARD], after: MIDDLE, limit: 400 }),
  'slices that are missing or held': ({ reads }) =>
    reads.slicePage({ pipeline: 'toast', states: ['missing', 'held'], after: MIDDLE, limit: 400 }),
  'slices that are missing, of a location': ({ reads }) =>
    reads.slicePage({ pipeline: 'toast', states: ['missing'], shards: [SHARD], ...FULL }),
  'slices that are waived': ({ reads }) => reads.slicePage({ pipeline: 'toast', states: ['waived'], ...FULL }),
  'slices that are missing or waived': ({ reads }) =>
    reads.slicePage({ pipeline: 'toast', states: ['waived', 'missing'], after: MIDDLE, limit: 400 }),
  'the number of slices': ({ reads }) => reads.sliceTotal({ pipeline: 'toast' }, MOST_COUNTED),
  'the number of slices with rejects': ({ reads }) =>
    reads.sliceTotal({ pipeline: 'toast', hasRejects: true }, MOST_COUNTED),
  'files that no contract read': ({ reads }) =>
    reads.filePage({ pipeline: 'toast', after: { ...MIDDLE, name: 'Other 1.csv' }, limit: 500 }),
  'slices with rejects': ({ reads }) =>
    reads.slicePage({ pipeline: 'toast', hasRejects: true, after: MIDDLE, limit: 400 }),
  'the life of a slice': ({ reads }) => reads.sliceLife({ pipeline: 'toast', ...MIDDLE }),
  runs: ({ reads }) => reads.runPage({ ...FULL, after: { at: instantAt(10_000), id: 'run-1' } }),
  'runs, the first page': ({ reads }) => reads.runPage(FULL),
  'runs of a pipeline': ({ reads }) => reads.runPage({ pipeline: 'toast', ...FULL }),
  'runs that failed': ({ reads }) => reads.runPage({ states: ['failed'], ...FULL }),
  'runs that failed, of a pipeline': ({ reads }) =>
    reads.runPage({ pipeline: 'toast', states: ['failed', 'partial'], ...FULL }),
  'runs that a person started': ({ reads }) => reads.runPage({ triggers: ['cli'], limit: 100 }),
  'runs that nothing started': ({ reads }) => reads.runPage({ triggers: ['import', 'file'], ...FULL }),
  'runs of a backfill': ({ reads }) => reads.runPage({ backfillId: 'b1', ...FULL }),
  'slices of a run': ({ reads }) => reads.runSlicePage({ runId: 'run-50', ...FULL }),
  'steps of a run': ({ reads }) => reads.runSteps('run-50'),
  'use of a run': ({ reads }) => reads.runUsage('run-50'),
  'use of a month': ({ reads }) => reads.usage({ from: instantAt(0), to: instantAt(31 * 96), pipeline: 'toast' }),
  backfills: ({ reads }) => reads.backfillPage({ ...FULL, after: { at: instantAt(9000), id: 'b9000' } }),
  incidents: ({ reads }) => reads.incidentPage(FULL),
  'incidents that are open': ({ reads }) =>
    reads.incidentPage({ states: ['open', 'acknowledged', 'snoozed'], ...FULL }),
  'incidents of a location that are open': ({ reads }) =>
    reads.incidentPage({ states: ['open', 'acknowledged', 'snoozed'], shards: [SHARD], ...FULL }),
  'members of an incident': ({ reads }) => reads.incidentPage({ of: { parentId: 'i500' }, ...FULL }),
  'an incident': ({ reads }) => reads.incident('i500'),
  'the timeline of an incident': ({ reads }) => reads.incidentEvents('i500'),
  'rejects of a month by location': ({ reads }) => reads.rejectGroups({ ...MONTH, by: 'shard' }),
  'checks of a month': ({ reads }) => reads.checkGroups(MONTH),
  'checks of a stream by window': ({ reads }) => reads.checkDays({ ...MONTH, stream: 'orders' }),
  'bytes of a window by location': ({ reads }) => reads.shardBytes({ pipeline: 'toast', window: windowAt(36) }),
  'failures of a check': ({ reads }) => reads.checkPage({ ...MONTH, check: 'sums', ...FULL }),
  'failures of checks': ({ reads }) => reads.checkPage({ ...MONTH, states: ['fail'], ...FULL }),
  'sums of a day by location': ({ reads }) => reads.sliceSums({ ...MONTH, to: MONTH.from, by: 'shard' }),
  'sums of a month of a location': ({ reads }) => reads.sliceSums({ ...MONTH, shards: [SHARD], by: 'stream' }),
  'first loads of a month of a location': ({ reads }) => reads.firstLoads({ ...MONTH, shards: [SHARD] }),
  'rows of a month': ({ reads }) => reads.streamDays(MONTH),
  'the audit': ({ reads }) => reads.auditPage({ ...FULL, after: { at: instantAt(15_000), id: 'a' } }),
  'the audit of a person': ({ reads }) => reads.auditPage({ actor: 'person-7', limit: 100 }),
  'the audit of a subject': ({ reads }) => reads.auditPage({ subject: 'subject-7', limit: 100 }),
  'the audit of an action': ({ reads }) => reads.auditPage({ action: 'act-7', limit: 100 }),
  'the newest change': ({ reads }) => reads.changesAfter(null),
  'the mark of the newest change': ({ reads }) => reads.changeMark(),
  'notifications of a root': ({ reads }) => reads.notificationPage({ root: 'root-7', ...FULL }),
  'notifications that are due': ({ reads }) => reads.notificationPage({ states: ['due'], ...FULL }),
  'a claim of notifications': (ledger) =>
    ledger.claimNotifications({ now: instantAt(9000), until: instantAt(9001), limit: 20 }),
  settings: ({ reads }) => reads.settings('rules'),
  'sign-offs': ({ reads }) => reads.signOffs(MONTH),
  'shift overrides': ({ reads }) => reads.overrides({ from: 1, to: 2 }),
  'tokens of a person': ({ reads }) => reads.tokens({ principal: 'ana' }),
}

/** Indexes that SQLite must read by: its planner knows no number of rows, and could take another one that begins alike. */
const INDEXES: Readonly<Record<string, string>> = {
  'today, a week of all': 'COVERING INDEX slices_matrix',
  'the calendar of a location': 'COVERING INDEX slices_by_shard',
  'counts by state, of a month': 'COVERING INDEX slices_matrix',
  'counts by state, of a location': 'COVERING INDEX slices_by_shard',
  'the newest windows of a table': 'windows_by_stream',
  'slices of a location': 'slices_by_shard',
  'slices that are missing or held': 'slices_open',
  'slices with rejects': 'slices_rejects',
  'partitions that are not loaded': 'partitions_open',
  'slices that are waived': 'slices_waived',
  'runs that failed, of a pipeline': 'runs_in_state',
  'runs that a person started': 'runs_by_trigger',
  'incidents that are open': 'incidents_unresolved',
  'members of an incident': 'incidents_by_parent',
  'failures of checks': 'checks_not_passed',
  'the audit of a person': 'audit_by_actor',
  'the audit of a subject': 'audit_by_subject',
  'use of a month': 'usage_by_time',
}

interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** A large ledger, and the statements that it was sent last. */
interface Place {
  readonly db: Database
  readonly ledger: PeopleLedger
  readonly statements: Statement[]
}

/** The plan of a statement, and the pages that it reads; null where the database does not count them. */
interface Plan {
  readonly text: string
  readonly pages: number | null
}

const MOST_PAGES = 600

function suite(place: () => Place, plan: (statement: Statement) => Promise<Plan>): void {
  it.each(Object.entries(READS))('%s: no scan, and at most 600 pages', async (_, read) => {
    const { ledger, statements } = place()
    statements.length = 0
    await read(ledger)
    const asked = statements.filter(({ sql: text }) => /^\s*(select|update)/i.test(text))
    expect(asked.length).toBeGreaterThan(0)
    for (const statement of asked) {
      const { text, pages } = await plan(statement)
      expect(scansOf(text, statement), `${statement.sql}\n${text}`).toEqual([])
      expect(pages ?? 0, `${statement.sql}\n${text}`).toBeLessThanOrEqual(MOST_PAGES)
    }
  })
}

// Tables that stay small may be read whole, and so may what a subquery gave.
const SMALL = 'settings|sign_offs|overrides|tokens|placed|counted|found|CONSTANT'
const SCAN = new RegExp(`\\bSCAN (?!(${SMALL})\\b)\\w+|Seq Scan on (?!(${SMALL})\\b)\\w+`)

/** Lines of a plan that read a whole table. SQLite also says SCAN of a walk along an index that a limit ends. */
function scansOf(plan: string, { sql: text }: Statement): readonly string[] {
  const isWalk = /\blimit (\?|\d)/.test(text) && !plan.includes('TEMP B-TREE')
  const lines = plan.split('\n').filter((line) => SCAN.test(line))
  return lines.filter((line) => !(isWalk && /^SCAN \w+ USING (COVERING )?INDEX/.test(line)))
}

describe('a large ledger in SQLite reads', () => {
  const file = new DatabaseSync(':memory:')
  const statements: Statement[] = []
  const db = new Kysely<Schema>({
    dialect: createSqliteDialect(file, 1000),
    log: ({ query }) => void statements.push(query),
  })
  const ledger = createLedger(db, { dialect: SQLITE, newId: () => 'id', now: () => 1 })
  beforeAll(async () => {
    await migrate(db, { dialect: SQLITE, now: () => 1 })
    await fillLedger(db, EXTENT)
  }, 120_000)
  afterAll(() => ledger.close())

  it.each(Object.entries(INDEXES))('%s by %s', async (name, index) => {
    statements.length = 0
    await READS[name]?.(ledger)
    const plans = statements.map(({ sql: text, parameters }) =>
      file.prepare(`explain query plan ${text}`).all(...(parameters as string[])),
    )
    expect(
      plans
        .flat()
        .map(({ detail }) => String(detail))
        .join('\n'),
    ).toContain(`INDEX ${index.replace('COVERING INDEX ', '')} `)
    if (index.startsWith('COVERING')) expect(JSON.stringify(plans)).toContain(`${index} `)
  })

  suite(
    () => ({ db, ledger, statements }),
    async ({ sql: text, parameters }) => {
      const rows = file.prepare(`explain query plan ${text}`).all(...(parameters as string[]))
      return { text: rows.map(({ detail }) => String(detail)).join('\n'), pages: null }
    },
  )
})

describe.skipIf(!hasPostgres)(hasPostgres ? 'a large ledger in PostgreSQL reads' : NO_POSTGRES, () => {
  let server: Postgres
  let db: Kysely<Schema>
  let ledger: PeopleLedger
  const statements: Statement[] = []
  beforeAll(async () => {
    server = await startPostgres({ settings: { shared_buffers: '128MB' } })
    const pool = openPool(await server.createLogin(), () => undefined)
    const dialect = createPostgresDialect({ pool, now: () => 1, newId: () => 'session', patience: null })
    db = new Kysely<Schema>({ dialect, log: ({ query }) => void statements.push(query) })
    await migrate(db, { dialect: POSTGRES, now: () => 1 })
    await fillLedger(db, EXTENT)
    await sql`vacuum analyze`.execute(db)
    ledger = createLedger(db, { dialect: POSTGRES, newId: () => 'id', now: () => 1 })
  }, 120_000)
  afterAll(async () => {
    await ledger.close()
    await server.close()
  })

  suite(
    () => ({ db, ledger, statements }),
    async ({ sql: text, parameters }) => {
      const rows = await db.transaction().execute(async (transaction) => {
        const explained = withValues(`explain (analyze, buffers, format json) ${text}`, parameters)
        return (await explained.execute(transaction)).rows
      })
      const [{ Plan: root }] = (rows[0] as { 'QUERY PLAN': [{ Plan: Node }] })['QUERY PLAN']
      return { text: describePlan(root), pages: root['Shared Hit Blocks'] + root['Shared Read Blocks'] }
    },
  )
})

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly Node[]
}

function describePlan(node: Node): string {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index, Plans = [] } = node
  const own = `${type} on ${table ?? '-'} using ${index ?? '-'}: ${node['Shared Hit Blocks'] + node['Shared Read Blocks']}`
  return [own, ...Plans.map(describePlan)].join('\n')
}

function withValues(text: string, parameters: readonly unknown[]) {
  const numbers = [...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number))
  const parts = text.split(/\$\d+/)
  return sql`${sql.join(
    parts.flatMap((part, at) => [
      sql.raw(part),
      ...(at < numbers.length ? [sql`${parameters[(numbers[at] ?? 0) - 1]}`] : []),
    ]),
    sql``,
  )}`
}
