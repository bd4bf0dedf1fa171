import pg from 'pg'
import { DaybreakError } from '../../errors.ts'
import { isLost } from './errors.ts'

/** A server with tables, and the login there. */
export interface TableOptions {
  /** Name or address, or the folder of a unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Asked for each connection. Without it no password is sent. */
  readonly password?: (() => Promise<string>) | undefined
  readonly tls: 'off' | 'verify'
  /** Certificate of the authority that signed the server's; those of this machine where it is absent. */
  readonly ca?: (() => Promise<string>) | undefined
  /** Most connections at a time. */
  readonly connections: number
  readonly connectTimeout: number
}

/** The server for people. Never a secret. */
export function nameOf({ user, host, port, database }: TableOptions): string {
  return host.startsWith('/')
    ? `postgres://${user}@/${database}?host=${host}`
    : `postgres://${user}@${host}:${port}/${database}`
}

// A value has one text, under any settings of server, database and login.
const PINNED = [
  "SET TimeZone = 'UTC'",
  "SET DateStyle = 'ISO, YMD'",
  "SET IntervalStyle = 'iso_8601'",
  'SET extra_float_digits = 1',
  "SET bytea_output = 'hex'",
  "SET client_encoding = 'UTF8'",
  'SET standard_conforming_strings = on',
  "SET xmloption = 'content'",
  'SET statement_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
].join(';')

/** A new connection with pinned settings, which is the caller's to end. @throws {DaybreakError} SOURCE_UNREACHABLE, SOURCE_AUTH_FAILED. */
export async function connect(options: TableOptions, role: 'source' | 'destination'): Promise<pg.Client> {
  const { host, port, database, user, password, tls, ca, connectTimeout } = options
  const trusted = ca === undefined ? {} : { ca: await ca() }
  const client = new pg.Client({
    ...{ host, port, database, user },
    password: password ?? (() => ''),
    ssl: tls === 'verify' ? { rejectUnauthorized: true, ...trusted } : false,
    connectionTimeoutMillis: connectTimeout,
    keepAlive: true,
    application_name: 'daybreak',
    types: { getTypeParser: () => (value: string) => value },
  })
  // Without a listener, a connection that breaks between two statements would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(role === 'source' ? `${PINNED}; SET default_transaction_read_only = on` : PINNED)
  } catch (error) {
    await client.end().catch(() => undefined)
    throw toFailure(error, `connect to ${nameOf(options)}`)
  }
  return client
}

/** A failure of a source as an error of the table. */
export function toFailure(error: unknown, what: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  const text = `cannot ${what}: ${messageOf(error)}`
  if (isLogin(error)) return new DaybreakError('SOURCE_AUTH_FAILED', text, { cause: error })
  if (isLost(error) || isTls(error)) return new DaybreakError('SOURCE_UNREACHABLE', text, { cause: error })
  return new DaybreakError('SOURCE_READ_FAILED', text, { cause: error })
}

/** The server's own words, with its state and hint. */
export function messageOf(error: unknown): string {
  if (error instanceof pg.DatabaseError) {
    const more = [error.detail, error.hint].filter((text) => text !== undefined && text !== '')
    return [`${error.message} (${error.code})`, ...more].join('. ')
  }
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

// Wrong password, unknown role, no line of pg_hba.conf.
const LOGIN = ['28P01', '28000']

function isLogin(error: unknown): boolean {
  return error instanceof pg.DatabaseError && LOGIN.includes(error.code ?? '')
}

function isTls(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return /SSL|certificate|self-signed/i.test(error.message)
}
