import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { DuckDBInstance } from '@duckdb/node-api'
import { onTestFinished } from 'vitest'
import type { ErrorCode } from '../../../functions/errors.ts'
import { envelope } from '../pushes.ts'
import { type Drill, deliver, printed } from './drill.ts'
import { DATE, type Home, ORDERS, orders } from './home.ts'
import { ask } from './requests.ts'

const RAW = 'home/objects/raw'
const PARTS = 'home/objects/parts'
const WAREHOUSE = 'home/warehouse.duckdb'
const LEDGER = 'home/ledger.sqlite'
const OVERWRITTEN = 'other bytes\n'.repeat(2_000)

/** Orders with another tax: a correction that keeps rows and money. */
const CORRECTED = orders((row, n) => (n === 0 ? row.replace(/,1\.00$/, ',2.00') : row))
const correct = deliver(ORDERS, CORRECTED)
const reload = async (home: Home) =>
  printed(await home.run(`daybreak backfill toast --start-date ${DATE} --end-date ${DATE} --from-archive --reload`))

/** Changes the warehouse as a person with a DuckDB shell does. */
async function inWarehouse(home: Home, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(home.path(WAREHOUSE))
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

/** Runs statements against the ledger's file. */
function inLedger(home: Home, sql: string): DatabaseSync {
  const database = new DatabaseSync(home.path(LEDGER))
  database.exec(sql)
  return database
}

const hide = (home: Home) => rename(home.path(RAW), home.path('raw-backup'))
const restore = async (home: Home) => {
  await rm(home.path(RAW), { recursive: true, force: true })
  await rename(home.path('raw-backup'), home.path(RAW))
}

/** Drills of object storage, of the warehouse and of the ledger. */
export const STORAGE = {
  OBJECT_MISSING: {
    async provoke(home) {
      await hide(home)
      await home.remove(PARTS)
      return await reload(home)
    },
    person: restore,
  },
  OBJECT_CONFLICT: {
    async provoke(home) {
      const sha256 = createHash('sha256').update(CORRECTED).digest('hex')
      await home.write(`${RAW}/toast/1001/${DATE}/Orders.csv/${sha256}`, 'other bytes')
      return await correct(home)
    },
    person: (home) => home.remove(`${RAW}/toast/1001/${DATE}/Orders.csv`),
  },
  NOT_RECONCILED: {
    async provoke(home) {
      await inWarehouse(home, 'DELETE FROM toast.orders WHERE amount < 20')
      await inWarehouse(home, 'DELETE FROM toast.payments WHERE amount < 20')
      await ask(home, { path: '/tick', body: envelope({ pipeline: 'toast' }) })
      return printed(await home.run('daybreak incidents list'))
    },
  },
  WAREHOUSE_DAMAGED: {
    async provoke(home) {
      await home.write(WAREHOUSE, OVERWRITTEN)
      return await correct(home)
    },
    person: (home) => rename(home.path(WAREHOUSE), home.path('damaged.duckdb')),
  },
  LOAD_REJECTED: {
    async provoke(home) {
      await inWarehouse(home, 'ALTER TABLE toast.orders ALTER tax TYPE VARCHAR')
      return await correct(home)
    },
    person: (home) => inWarehouse(home, 'ALTER TABLE toast.orders ALTER tax TYPE DECIMAL(38, 9)'),
  },
  LEDGER_DAMAGED: {
    async provoke(home) {
      await home.write(LEDGER, OVERWRITTEN)
      return await correct(home)
    },
    async person(home) {
      for (const end of ['', '-wal', '-shm'])
        await rename(home.path(LEDGER + end), home.path(`damaged${end}`)).catch(() => undefined)
    },
  },
  LEDGER_FAILED: {
    async provoke(home) {
      inLedger(
        home,
        "INSERT INTO schema_migrations VALUES (9999, 'later', 0); INSERT INTO schema_breaks VALUES (9999)",
      ).close()
      return await correct(home)
    },
    person: async (home) =>
      inLedger(
        home,
        'DELETE FROM schema_migrations WHERE version = 9999; DELETE FROM schema_breaks WHERE version = 9999',
      ).close(),
  },
  LEDGER_BUSY: {
    async provoke(home) {
      const other = inLedger(home, 'BEGIN IMMEDIATE')
      onTestFinished(() => void (other.isOpen && other.close()))
      return await correct(home).finally(() => other.exec('ROLLBACK'))
    },
  },
} satisfies Partial<Record<ErrorCode, Drill>>
