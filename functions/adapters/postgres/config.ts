import type { PoolConfig } from 'pg'
import pg from 'pg'
import { DaybreakError } from '../../errors.ts'

/** Where the server is and who we are there; resolved, durations in milliseconds. */
export interface PostgresSettings {
  /** Name or address, or the folder of a unix socket, which starts with `/`. */
  readonly host: string
  readonly port: number
  /** It must exist; PostgreSQL 13 or newer. Tables go to the login's first schema, which is `public` unless it has its own. */
  readonly database: string
  readonly user: string
  /** Role that every connection acts as, so that several logins own the tables together. Default: the login itself. */
  readonly role?: string | undefined
  /** Asked for each connection, since an access token lives an hour. Without it no password is sent. */
  readonly password?: (() => Promise<string>) | undefined
  /** `verify` takes no server whose certificate this machine does not trust, or whose name is another. */
  readonly tls: 'off' | 'verify'
  /** Maximum connections of this process. */
  readonly connections: number
  /** For name, TCP, TLS and login together, and for a free connection. */
  readonly connectTimeout?: number | undefined
  /** A statement that runs longer is cancelled. */
  readonly statementTimeout?: number | undefined
  /** Milliseconds to wait for a row that another transaction holds. */
  readonly lockTimeout?: number | undefined
  /** A connection that was idle for longer is asked whether it still lives before it is used. */
  readonly trustedFor?: number | undefined
}

/** The server as an operator would call it: `postgres://user@host:port/database`. Holds no secret. */
export function serverName({ user, host, port, database }: PostgresSettings): string {
  return host.startsWith('/')
    ? `postgres://${user}@/${database}?host=${host}`
    : `postgres://${user}@${host}:${port}/${database}`
}

/** The durations, with those that are not set. */
export function durationsOf({
  connectTimeout = 10_000,
  statementTimeout = 30_000,
  lockTimeout = 10_000,
  trustedFor = 5_000,
}: PostgresSettings) {
  return { connectTimeout, statementTimeout, lockTimeout, trustedFor }
}

// The network needs its time in addition to the server's.
const ANSWER_MARGIN = 1.2
const IDLE_TIMEOUT = 60_000

/** Settings of `pg`. Every member is set, since `pg` takes what is not from variables such as PGPASSWORD and PGSSLMODE. */
export function toPoolConfig(settings: PostgresSettings): PoolConfig {
  const { host, port, database, user, role, tls, connections } = settings
  const { connectTimeout, statementTimeout, lockTimeout } = durationsOf(settings)
  return {
    ...{ host, port, database, user },
    password: settings.password ?? (() => refuse(settings)),
    ssl: tls === 'verify' ? { rejectUnauthorized: true } : false,
    max: connections,
    idleTimeoutMillis: IDLE_TIMEOUT,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
    // An instance without processor time must not hold rows that others wait for.
    idle_in_transaction_session_timeout: lockTimeout,
    // A server that is gone without a word does not cancel anything.
    query_timeout: statementTimeout * ANSWER_MARGIN,
    keepAlive: true,
    application_name: 'daybreak',
    client_encoding: 'utf8',
    // A database may be set to answer before a commit is on disk; docs/decisions/0012 says why that must not be.
    options: `-c synchronous_commit=on${role === undefined ? '' : ` -c role=${role}`}`,
    types: numbersForBigints(),
  }
}

/**
 * `bigint` as numbers, in this pool only: the global parser of `pg` belongs to the whole process. All that the ledger counts stays below
 * 2^53, and so does an instant.
 */
function numbersForBigints(): pg.TypeOverrides {
  const types = new pg.TypeOverrides()
  types.setTypeParser(pg.types.builtins.INT8, Number)
  return types
}

async function refuse(settings: PostgresSettings): Promise<string> {
  throw new DaybreakError(
    'CONFIG_INVALID',
    `${serverName(settings)} asks for a password, and the ledger is set to have none`,
  )
}
