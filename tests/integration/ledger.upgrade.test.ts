import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPool } from '../../functions/adapters/postgres/client.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { createPostgresDialect } from '../../functions/adapters/postgres/dialect.ts'
import { openPostgresLedger, POSTGRES } from '../../functions/adapters/postgres/ledger.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { openSqliteLedger, SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import type { LedgerDialect } from '../../functions/ledger/dialect.ts'
import { createLedger } from '../../functions/ledger/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import { TABLES } from '../../functions/ledger/migrations/0001-create-tables.ts'
import { MIGRATIONS } from '../../functions/ledger/migrations/all.ts'
import type { Database, Schema } from '../../functions/ledger/schema.ts'
import type { IncidentPlace, Message } from '../../functions/pipeline/entities.ts'
import type { PeopleLedger } from '../../functions/pipeline/people/reads.ts'
import type { Change } from '../../functions/pipeline/ports.ts'
import * as rows from '../support/ledger-rows.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

/** A database that can be opened without its migrations, and as a ledger. */
interface Place {
  readonly dialect: LedgerDialect
  readonly database: () => Database
  readonly ledger: () => Promise<PeopleLedger>
  /** Definitions of all indexes, as the database writes them. */
  readonly indexes: (db: Database) => Promise<readonly string[]>
}

const RELEASED = 2
// The newest step of the release before this one.
const COUNTING = 10
// The newest step before people had tables.
const BEFORE_PEOPLE = 14
const MANY = 60

/** Keys of incidents, what they are about, and the state where it is not `open`. */
const PLACED: readonly (readonly [string, Partial<IncidentPlace>, string?])[] = [
  ['missing/toast/7', { kind: 'missing', shard: '7' }],
  ['missing/toast/7/2025-02-05', { kind: 'missing', shard: '7', window: '2025-02-05' }, 'resolved'],
  ['check/toast/7/2025-02-05/sums', { kind: 'check', shard: '7', window: '2025-02-05' }, 'resolved'],
  [
    'quarantine/toast/7/2025-02-05/checks',
    { kind: 'quarantine', shard: '7', stream: 'checks', window: '2025-02-05' },
    'resolved',
  ],
  ['check/toast/8/sums', { kind: 'check', shard: '8' }],
  ['refused/toast/8/INCOMPLETE', { kind: 'refused', shard: '8' }],
  ['drift/toast/8/checks', { kind: 'drift', shard: '8', stream: 'checks' }],
  ['arrival/toast/8/2025-02-05', { kind: 'arrival', shard: '8', window: '2025-02-05' }],
  ['load/toast/checks/2025-02-05', { kind: 'load', stream: 'checks', window: '2025-02-05' }],
  ['message/toast/tick', { kind: 'message' }],
  ['message/toast/ingest/8', { kind: 'message', shard: '8' }],
  ['message/toast/load/checks/2025-02-05', { kind: 'message', stream: 'checks', window: '2025-02-05' }],
  ['message/unknown//load', { kind: 'message', pipeline: null }],
  ['schedule/toast', { kind: 'schedule' }],
  ['run/toast', { kind: 'run' }],
  ['odd', { kind: 'odd', pipeline: null }],
]

/** Rows in every table, with words that the first schema allowed. */
function everyKind(): readonly Change[] {
  const each = <Row>(make: (index: number) => Row): readonly Row[] =>
    Array.from({ length: MANY }, (_, index) => make(index))
  return [
    ...each(
      (n): Change => ({
        change: 'slice',
        slice: rows.aSlice({ shard: `${n}`, state: n % 2 ? 'staged' : 'landed' }),
      }),
    ),
    {
      change: 'slice',
      slice: rows.aSlice({ shard: 'bare', state: 'expected', source: null, rejects: null }),
    },
    ...each((n): Change => ({ change: 'delivery', delivery: rows.aDeliveryRecord({ shard: `${n}` }) })),
    ...each((n): Change => ({ change: 'partition', partition: rows.aPartition({ stream: `s${n}` }) })),
    ...each((n): Change => ({ change: 'run', run: rows.aRun({ id: `run-${n}` }) })),
    ...each((n): Change => ({ change: 'run_slice', runSlice: rows.aRunSlice({ runId: `run-${n}` }), at: 1 })),
    ...each((n): Change => ({ change: 'message', message: rows.aMessage({ id: `m-${n}`, runId: `run-${n}` }) })),
    ...each(
      (n): Change => ({ change: 'checks', key: { ...rows.KEY, shard: `${n}` }, results: [rows.aCheck()], at: n }),
    ),
    ...each((n): Change => rows.anIncident({ key: `missing/${n}` })),
    { change: 'incident_resolved', key: 'missing/7', at: 1 },
    ...each((n): Change => ({ change: 'backfill', backfill: rows.aBackfill({ id: `b-${n}` }) })),
    { change: 'audit', entry: rows.anAuditEntry() },
  ]
}

const KEY_NAMES = { location: 'shard', business_date: 'window_id' }
/** Columns of the first release that have another name today. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  slices: KEY_NAMES,
  deliveries: KEY_NAMES,
  run_slices: KEY_NAMES,
  checks: KEY_NAMES,
  partitions: KEY_NAMES,
  backfills: { start_date: 'from_window', end_date: 'to_window', next_date: 'next_window', locations: 'shards' },
}
const RELEASED_WORDS: Readonly<Record<string, string>> = {
  ...{ shard: 'location', shards: 'locations', window: 'date', windows: 'dates', perShard: 'days' },
}

/** JSON of a message's work or a run's scope in the words of the first release, in the order of their names. */
function inReleasedWords(text: string): string {
  const reword = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reword)
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(([name, one]) => [RELEASED_WORDS[name] ?? name, reword(one)] as const)
    return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
  return JSON.stringify(reword(JSON.parse(text)))
}

/** Rows of all tables, in the columns and words that the first release had. */
async function rowsOf(db: Database): Promise<ReadonlyMap<string, readonly object[]>> {
  const [newest] = await db.selectFrom('schema_migrations').select('version').orderBy('version', 'desc').execute()
  const isRenamed = (newest?.version ?? 0) >= 11
  const tables = new Map<string, readonly object[]>()
  for (const [name, { columns }] of Object.entries(TABLES)) {
    const today = (column: string) => (isRenamed && RENAMED[name]?.[column]) || column
    const names = sql.join(columns.map(([column]) => sql`${sql.ref(today(column))} as ${sql.ref(column)}`))
    const { rows: found } = await sql<Record<string, unknown>>`select ${names} from ${sql.table(name)}`.execute(db)
    const json = name === 'messages' ? 'work' : name === 'runs' ? 'scope' : null
    tables.set(name, json === null ? found : found.map((row) => ({ ...row, [json]: inReleasedWords(`${row[json]}`) })))
  }
  return tables
}

async function contentOf(db: Database): Promise<ReadonlyMap<string, readonly string[]>> {
  const texts = (found: readonly object[]) => found.map((row) => JSON.stringify(row)).toSorted()
  return new Map([...(await rowsOf(db))].map(([name, found]) => [name, texts(found)]))
}

/** The rows as the code of today writes them, in a ledger of today's schema. */
async function everyRow(more: readonly Change[]): Promise<ReadonlyMap<string, readonly object[]>> {
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(new DatabaseSync(':memory:'), 1000) })
  await migrate(db, { dialect: SQLITE, now: () => 1 })
  let id = 0
  await createLedger(db, { dialect: SQLITE, newId: () => `id-${++id}`, now: () => 1 }).apply([...everyKind(), ...more])
  return await rowsOf(db).finally(() => db.destroy())
}

async function makeReleased(
  { dialect, database, indexes }: Place,
  more: readonly Change[] = [],
  version: number = RELEASED,
) {
  const db = database()
  // Rows have the names of the first release; the steps after it rename them.
  const filled = version === BEFORE_PEOPLE ? RELEASED : version
  await migrate(db, { dialect, now: () => 1, migrations: MIGRATIONS.slice(0, filled) })
  for (const [name, found] of await everyRow(more))
    for (const row of found) {
      const values = sql.join(Object.values(row).map((value) => sql`${value}`))
      const names = sql.join(Object.keys(row).map((column) => sql.ref(column)))
      await sql`insert into ${sql.table(name)} (${names}) values (${values})`.execute(db)
    }
  await migrate(db, { dialect, now: () => 1, migrations: MIGRATIONS.slice(0, version) })
  const before = { content: await contentOf(db), indexes: await indexes(db) }
  await db.destroy()
  return before
}

function testUpgrade(place: () => Promise<Place>): void {
  it('keeps every row and every index', async () => {
    const here = await place()
    const before = await makeReleased(here)
    expect([...before.content].filter(([, found]) => found.length === 0).map(([name]) => name)).toEqual([])
    const ledger = await here.ledger()
    expect(await ledger.slices({})).toHaveLength(MANY + 1)
    await ledger.close()
    const db = here.database()
    expect(await contentOf(db)).toEqual(before.content)
    const [message] = await db.selectFrom('messages').select('work').where('id', '=', 'm-1').execute()
    expect(JSON.parse(message?.work ?? '')).toEqual(rows.aMessage().work)
    const renamed = before.indexes.map((text) =>
      text.replaceAll(/\blocation\b/g, 'shard').replaceAll(/\bbusiness_date\b/g, 'window_id'),
    )
    expect(await here.indexes(db)).toEqual(expect.arrayContaining(renamed))
    await db.destroy()
  })

  it('takes a word that the released tables refuse, and refuses one that no table knows', async () => {
    const here = await place()
    await makeReleased(here)
    const ledger = await here.ledger()
    await ledger.apply([{ change: 'slice', slice: rows.aSlice({ shard: 'new', state: 'held' }) }])
    expect(await ledger.slice({ ...rows.KEY, shard: 'new' })).toMatchObject({ state: 'held' })
    // @ts-expect-error: a word from outside of the table of words
    const wrong: Change = { change: 'slice', slice: { ...rows.aSlice({ shard: 'odd', state: 'held' }), state: 'hold' } }
    const refused = { code: 'LEDGER_FAILED', message: expect.stringContaining('slices.state cannot be "hold"') }
    await expect(ledger.apply([wrong])).rejects.toMatchObject(refused)
    expect(await ledger.slice({ ...rows.KEY, shard: 'odd' })).toBeNull()
    await ledger.close()
  })

  it('moves superseded slices to landed with a raw object, and to expected without one', async () => {
    const here = await place()
    await makeReleased(here)
    const before = here.database()
    await sql`update slices set state = 'superseded' where location in ('1', 'bare')`.execute(before)
    await before.destroy()
    const ledger = await here.ledger()
    expect(await ledger.slice({ ...rows.KEY, shard: '1' })).toMatchObject({ state: 'landed' })
    expect(await ledger.slice({ ...rows.KEY, shard: 'bare' })).toMatchObject({ state: 'expected' })
    await ledger.close()
  })

  it('allows one unresolved incident per key, as before', async () => {
    const here = await place()
    await makeReleased(here)
    const ledger = await here.ledger()
    await ledger.apply([rows.anIncident({ key: 'missing/3' }), rows.anIncident({ key: 'missing/7' })])
    const found = await ledger.incidents({})
    expect(found.filter(({ key }) => key === 'missing/3')).toMatchObject([{ occurrences: 2 }])
    expect(found.filter(({ key }) => key === 'missing/7')).toHaveLength(2)
    await ledger.close()
  })

  it('lists rows as before, and first what is added from now on, though an old one is from the future', async () => {
    const here = await place()
    await makeReleased(here)
    const before = here.database()
    const ahead = sql`4102444800000`
    await sql`update runs set created_at = ${ahead} where id = 'run-7'`.execute(before)
    await sql`update incidents set opened_at = ${ahead} where key = 'missing/9'`.execute(before)
    await sql`update backfills set created_at = ${ahead} where id = 'b-8'`.execute(before)
    await before.destroy()
    const ledger = await here.ledger()
    const firsts = async () => {
      const [runs, incidents, backfills] = [ledger.runs({}), ledger.incidents({}), ledger.backfills({})]
      const ids = (found: readonly { readonly id: string }[]) => found.slice(0, 2).map(({ id }) => id)
      return [ids(await runs), ids(await backfills), (await incidents).slice(0, 2).map(({ key }) => key)]
    }
    expect(await firsts()).toMatchObject([
      ['run-7', 'run-9'],
      ['b-8', 'b-9'],
      ['missing/9', expect.any(String)],
    ])
    await ledger.apply([
      { change: 'run', run: rows.aRun({ id: 'a-new-one' }) },
      { change: 'backfill', backfill: rows.aBackfill({ id: 'a-new-one' }) },
      rows.anIncident({ key: 'a-new-one' }),
    ])
    expect(await firsts()).toEqual([
      ['a-new-one', 'run-7'],
      ['a-new-one', 'b-8'],
      ['a-new-one', 'missing/9'],
    ])
    await ledger.close()
  })

  it('makes one incident per cause of those that were open for each day', async () => {
    const here = await place()
    await makeReleased(here, [
      ...['01', '02', '03'].map((day) =>
        rows.anIncident({ key: `check/toast/7/2025-02-${day}/sums`, at: Number(day) }),
      ),
      rows.anIncident({ key: 'quarantine/toast/7/2025-02-01/order_details', at: 5 }),
      rows.anIncident({ key: 'drift/toast/7/order_details', at: 6 }),
    ])
    const ledger = await here.ledger()
    const open = await ledger.incidents({ states: ['open'] })
    expect(open.filter(({ key }) => key.includes('/7/')).map(({ key, subjects }) => [key, subjects.count])).toEqual(
      expect.arrayContaining([
        ['check/toast/7/sums', 3],
        ['refused/toast/7/INCOMPLETE', 1],
        ['drift/toast/7/order_details', 0],
      ]),
    )
    expect(open.filter(({ key }) => key.startsWith('check/toast/7'))).toHaveLength(1)
    await ledger.close()
  })

  it.each([RELEASED, 11])('of version %i gives every incident the columns of what it is about', async (version) => {
    const here = await place()
    const db = here.database()
    await migrate(db, { dialect: here.dialect, now: () => 1, migrations: MIGRATIONS.slice(0, version) })
    for (const [at, [key, , state]] of PLACED.entries())
      await sql`insert into incidents (id, key, state, severity, reason_code, reason_message, opened_at, updated_at,
        occurrences) values (${`id-${at}`}, ${key}, ${state ?? 'open'}, 'error', 'INCOMPLETE', 'text', 1, 1, 1)`.execute(
        db,
      )
    await db.destroy()
    const ledger = await here.ledger()
    const nothing = { pipeline: 'toast', stream: null, shard: null, window: null }
    const found = await ledger.incidents({})
    await ledger.close()
    const byId = new Map(found.map((incident) => [incident.id, incident]))
    expect(byId.size).toBe(PLACED.length)
    for (const [at, [, expected]] of PLACED.entries())
      expect(byId.get(`id-${at}`)).toMatchObject({ ...nothing, ...expected })
  })

  it('keeps the looks that a message of the release before counted', async () => {
    const here = await place()
    await makeReleased(here)
    const db = here.database()
    await migrate(db, { dialect: here.dialect, now: () => 1, migrations: MIGRATIONS.slice(0, COUNTING) })
    const counted = JSON.stringify([{ dates: ['2026-01-05', '2026-01-06'], streams: ['orders'] }])
    await sql`update messages set unchanged = ${counted} where id = 'm-1'`.execute(db)
    await db.destroy()

    const ledger = await here.ledger()
    const [message] = (await ledger.messages({})).filter(({ id }) => id === 'm-1')
    expect(message?.unchanged).toEqual([{ windows: ['2026-01-05', '2026-01-06'], streams: ['orders'] }])
    await ledger.close()
  })

  it.each([RELEASED, 10])('knows what was sent, what waits and what is awaited, from version %i', async (version) => {
    const here = await place()
    const load = { kind: 'load', pipeline: 'toast', stream: 'order_details', window: '2025-02-06' } as const
    const ingest = { kind: 'ingest', pipeline: 'toast', shard: '1', windows: ['2025-02-06', '2025-02-07'] } as const
    const message = (id: string, changes: Partial<Message>): Change => {
      return { change: 'message', message: rows.aMessage({ id, createdAt: 3, notBefore: 7, ...changes }) }
    }
    await makeReleased(
      here,
      [
        message('waits', { work: load }),
        message('sent', { work: load }),
        message('sent', { work: load, version: 1 }),
        message('open', { work: ingest, attempts: 0 }),
        message('ended', { work: { ...ingest, windows: ['2025-02-08'] }, attempts: 0, state: 'done' }),
      ],
      version,
    )
    const ledger = await here.ledger()
    const sentAt = async (id: string) => (await ledger.message(id))?.sentAt
    expect([await sentAt('waits'), await sentAt('sent'), await sentAt('open')]).toEqual([null, 7, 3])
    expect(await ledger.waitingLoads({ pipeline: 'toast' })).toEqual([
      { work: load, next: 'waits', since: 3, sentAt: 7 },
    ])
    const dates = ['2025-02-06', '2025-02-07', '2025-02-08', '2025-02-05']
    const awaited = await Promise.all(dates.map((date) => ledger.isAwaited('toast', date)))
    expect(awaited).toEqual([true, true, false, false])
    await ledger.close()
  })

  it('refuses the release before sent loads were marked, and a worker of it that is still open cannot begin a job', async () => {
    const here = await place()
    await makeReleased(here)
    await (await here.ledger()).close()
    const db = here.database()
    const known = MIGRATIONS.findIndex(({ name }) => name === 'add-sent-at')
    const before = migrate(db, { dialect: here.dialect, now: () => 1, migrations: MIGRATIONS.slice(0, known) })
    const needs = expect.stringContaining(`knows up to ${known}, and version ${known + 1} needs a newer one`)
    await expect(before).rejects.toMatchObject({ code: 'LEDGER_FAILED', message: needs })
    const claim = sql`update partitions set epoch = epoch + 1 where business_date = '2025-02-05'`.execute(db)
    await expect(claim).rejects.toThrow('business_date')
    await db.destroy()
  })

  it.each([RELEASED, BEFORE_PEOPLE])(
    'of version %i answers people, and can be told of what they do',
    async (version) => {
      const here = await place()
      await makeReleased(here, [], version)
      const ledger = await here.ledger()
      const { reads } = ledger
      const parts = { limit: 500 }
      expect((await reads.slicePage({ pipeline: 'toast', states: ['staged'], ...parts })).rows).toHaveLength(MANY / 2)
      expect((await reads.runPage(parts)).rows).toHaveLength(MANY)
      expect((await reads.runSlicePage({ runId: 'run-1', ...parts })).rows).toHaveLength(1)
      expect((await reads.auditPage(parts)).rows).toMatchObject([{ role: null, requestId: null, before: null }])
      const { rows: found } = await reads.incidentPage({ states: ['open'], ...parts })
      expect(found).toHaveLength(MANY - 1)
      expect(found[0]).toMatchObject({ parentId: null, assignee: null, members: 0 })
      const slice = await ledger.slice({ ...rows.KEY, shard: '1' })
      expect(slice).toMatchObject({ dueAt: null, firstLoadedAt: null })
      const { cursor } = await reads.changesAfter(null)
      await ledger.apply([
        { change: 'slice', slice: rows.aSlice({ ...slice!, state: 'loaded', dueAt: 1, firstLoadedAt: 2 }) },
        { change: 'incident_placed', id: found[0]!.id, assignee: 'ana' },
        { change: 'audit', entry: rows.anAuditEntry({ role: 'operator' }) },
      ])
      expect(await reads.changesAfter(cursor)).toMatchObject({
        changes: [{ topics: expect.arrayContaining(['incidents']) }],
      })
      await ledger.close()
    },
  )

  it('seals the audit: the database refuses to change or delete an entry', async () => {
    const here = await place()
    await makeReleased(here)
    const ledger = await here.ledger()
    await ledger.apply([{ change: 'audit', entry: rows.anAuditEntry() }])
    await ledger.close()
    const db = here.database()
    const sealed = 'rows of audit are never changed or deleted'
    await expect(sql`update audit set actor = 'other'`.execute(db)).rejects.toThrow(sealed)
    await expect(sql`delete from audit`.execute(db)).rejects.toThrow(sealed)
    expect(await db.selectFrom('audit').select('sequence').execute()).toHaveLength(2)
    await db.destroy()
  })

  it('lets a message have no run', async () => {
    const here = await place()
    await makeReleased(here)
    await (await here.ledger()).close()
    const db = here.database()
    await sql`update messages set run_id = null where id = 'm-1'`.execute(db)
    const [row] = (await sql<{ run_id: string | null }>`select run_id from messages where id = 'm-1'`.execute(db)).rows
    expect(row).toEqual({ run_id: null })
    await db.destroy()
  })
}

describe('a ledger of the first release in SQLite, upgraded in place', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-upgrade-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  testUpgrade(async () => {
    const path = join(folder, 'ledger.sqlite')
    return {
      dialect: SQLITE,
      database: () => new Kysely<Schema>({ dialect: createSqliteDialect(new DatabaseSync(path), 1000) }),
      ledger: () => openSqliteLedger({ path }),
      indexes: async (db) => {
        const found = await sql<{ text: string }>`
          select tbl_name || ' ' || name || ' ' || coalesce(sql, '') as text from sqlite_master
          where type = 'index' and name not like 'sqlite_%' order by text`.execute(db)
        return found.rows.map(({ text }) => text)
      },
    }
  })
})

describe.skipIf(!hasPostgres)(
  hasPostgres ? 'a ledger of the first release in PostgreSQL, upgraded in place' : NO_POSTGRES,
  () => {
    let server: Postgres
    beforeAll(async () => {
      server = await startPostgres()
    })
    afterAll(() => server.close())

    testUpgrade(async () => {
      const login: PostgresSettings = await server.createLogin()
      const log = () => undefined
      return {
        dialect: POSTGRES,
        database: () => {
          const pool = openPool(login, log)
          const options = { pool, now: Date.now, newId: () => 'session', patience: null }
          return new Kysely<Schema>({ dialect: createPostgresDialect(options) })
        },
        ledger: () => openPostgresLedger({ ...login, log }),
        indexes: async (db) => {
          const found = await sql<{ text: string }>`
            select indexdef as text from pg_indexes where schemaname = current_schema() order by text`.execute(db)
          return found.rows.map(({ text }) => text)
        },
      }
    })
  },
)
