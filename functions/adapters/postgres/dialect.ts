import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { DaybreakError } from '../../errors.ts'
import type { Pool } from './client.ts'
import { isLost } from './errors.ts'
import { beginSql, findOutcome, type Session } from './outcome.ts'

/** Pool and clock of a connection. */
interface DialectOptions {
  readonly pool: Pool
  readonly now: () => number
  readonly newId: () => string
  /** Milliseconds to find out what became of a COMMIT whose answer was lost; null where the table for that is yet to come. */
  readonly patience: number | null
}

const BEGIN = 'begin isolation level read committed'

/** Kysely over a pool. Not its own driver: that one reports a COMMIT which went in as failed when only its answer was lost. */
export function createPostgresDialect(options: DialectOptions): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => createDriver(options),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

/** A connection in use. */
interface Held {
  readonly client: pg.PoolClient
  readonly session: Session
  /** Set once it gave no answer: nothing more is asked of it. */
  lost: boolean
}

function createDriver(options: DialectOptions): Driver {
  const { pool, now, newId, patience } = options
  const sessions = new WeakMap<pg.PoolClient, Session>()
  const held = new WeakMap<DatabaseConnection, Held>()
  const of = (connection: DatabaseConnection): Held => {
    const found = held.get(connection)
    if (found) return found
    throw new TypeError('this connection is not one of this driver')
  }
  return {
    async init() {},
    async acquireConnection() {
      const client = await pool.take()
      const session = sessions.get(client) ?? { id: newId(), transaction: 0, process: processOf(client) }
      sessions.set(client, session)
      const taken: Held = { client, session, lost: false }
      const connection = toConnection(taken)
      held.set(connection, taken)
      return connection
    },
    async beginTransaction(connection) {
      const taken = of(connection)
      taken.session.transaction++
      await ask(taken, patience === null ? BEGIN : beginSql(taken.session, now()))
    },
    async commitTransaction(connection) {
      const taken = of(connection)
      try {
        const { command } = await ask(taken, 'commit')
        if (command === 'ROLLBACK')
          throw new Error('a statement of the transaction had failed, so nothing of it went in')
      } catch (error) {
        if (!taken.lost || patience === null) throw error
        const committed = await findOutcome(taken.session, { connect: pool.connect, now, patience })
        if (committed === null) throw unknownOutcome(error)
        if (!committed) throw error
      }
    },
    async rollbackTransaction(connection) {
      const taken = of(connection)
      // A server that lost the connection rolls back by itself; an error here would hide the first one.
      if (!taken.lost)
        await ask(taken, 'rollback').catch(() => {
          taken.lost = true
        })
    },
    async releaseConnection(connection) {
      const { client, lost } = of(connection)
      client.release(lost)
    },
    destroy: () => pool.end(),
  }
}

function toConnection(taken: Held): DatabaseConnection {
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, rowCount } = await ask<Row & object>(taken, sql, parameters.map(storable))
      return { rows, ...(rowCount !== null && { numAffectedRows: BigInt(rowCount) }) }
    },
    // biome-ignore lint/correctness/useYield: the ledger streams nothing, and kysely asks for the method.
    async *streamQuery() {
      throw new Error('the ledger does not stream')
    },
  }
}

async function ask<Row extends object>(
  taken: Held,
  text: string,
  values: unknown[] = [],
): Promise<pg.QueryResult<Row>> {
  try {
    // With parameters `pg` takes one statement only; BEGIN has company.
    return await (values.length === 0 ? taken.client.query<Row>(text) : taken.client.query<Row>(text, values))
  } catch (error) {
    taken.lost ||= isLost(error)
    throw error
  }
}

/** PostgreSQL's texts hold every character but U+0000, which no file name or message of ours needs. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u{FFFD}') : value
}

function processOf(client: pg.PoolClient): number | null {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : null
}

function unknownOutcome(error: unknown): DaybreakError {
  const cause = error instanceof Error ? error.message : String(error)
  const message = `PostgreSQL did not answer COMMIT (${cause}), and could not be asked whether it went in; what reads the ledger again will see`
  return new DaybreakError('LEDGER_BUSY', message, { cause: error })
}
