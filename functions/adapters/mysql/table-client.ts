import { createReadStream } from 'node:fs'
import mysql from 'mysql2'
import { toFailure } from './errors.ts'

/** A server with tables, and the login there. */
export interface TableOptions {
  /** Name or address, or the path of a unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** Asked for each connection. Without it no password is sent. */
  readonly password?: (() => Promise<string>) | undefined
  readonly tls: 'off' | 'verify'
  /** Certificate of the authority that signed the server's; those of this machine where it is absent. */
  readonly ca?: (() => Promise<string>) | undefined
  readonly connectTimeout: number
  /** Reads a date with a zero in it as NULL, or as the text that becomes a reject. */
  readonly zeroDates: 'null' | 'reject'
}

/** The server for people. Never a secret. */
export function nameOf({ user, host, port, database }: TableOptions): string {
  return host.startsWith('/')
    ? `mysql://${user}@/${database}?socket=${host}`
    : `mysql://${user}@${host}:${port}/${database}`
}

// A value has one text, under any settings of server and login, and a value that does not fit is an error.
const MODES = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'
const PINNED = [
  "SET time_zone = '+00:00'",
  `SET sql_mode = '${MODES}'`,
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  'SET net_write_timeout = 3600',
  'SET group_concat_max_len = 1048576',
]

/** Values of a row as the text that the server wrote. */
export type TextRow = Readonly<Record<string, string | null>>

/** A connection with pinned settings. */
export interface Client {
  /** The rows of a statement. */
  rows(sql: string): Promise<readonly TextRow[]>
  /** Runs a statement, and gives how many rows it found or changed. Warnings of the server are in its answer. */
  run(sql: string): Promise<{ readonly rows: number; readonly warnings: number }>
  /** The first column of each row, as bytes, as they come. */
  lines(sql: string): AsyncIterable<Uint8Array | null>
  /** Runs LOAD DATA LOCAL with a file of ours; the name that the server asks for is not looked at. */
  sendFile(sql: string, path: string): Promise<{ readonly rows: number; readonly warnings: number }>
  end(): Promise<void>
}

/** Opens a connection, which is the caller's to end. @throws {DaybreakError} SOURCE_UNREACHABLE, SOURCE_AUTH_FAILED. */
export async function connect(options: TableOptions, role: 'source' | 'destination'): Promise<Client> {
  try {
    const client = toClient(await open(options, role))
    for (const statement of PINNED) await client.run(statement)
    if (role === 'source') await client.run('SET SESSION TRANSACTION READ ONLY')
    return client
  } catch (error) {
    throw toFailure(error, `connect to ${nameOf(options)}`)
  }
}

async function open(options: TableOptions, role: 'source' | 'destination'): Promise<mysql.Connection> {
  const { host, port, database, user, password, tls, ca, connectTimeout } = options
  const trusted = ca === undefined ? {} : { ca: await ca() }
  const connection = mysql.createConnection({
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    ...{ database, user, connectTimeout, charset: 'UTF8MB4_BIN', enableKeepAlive: true },
    ...(password && { password: await password() }),
    ...(tls === 'verify' && { ssl: { rejectUnauthorized: true, ...trusted } }),
    // A server may ask for any file of this machine: a source is not even heard, and a destination gets the rows of its load.
    flags: role === 'source' ? ['-LOCAL_FILES'] : [],
    multipleStatements: false,
  })
  // Without a listener, a connection that breaks between two statements would end the process.
  connection.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
  return connection
}

function toClient(connection: mysql.Connection): Client {
  const run = (options: mysql.QueryOptions) =>
    new Promise<{ readonly rows: number; readonly warnings: number }>((resolve, reject) => {
      connection.query<mysql.ResultSetHeader>(options, (error, result) =>
        error ? reject(error) : resolve({ rows: result.affectedRows, warnings: result.warningStatus }),
      )
    })
  return {
    rows: (sql) =>
      new Promise((resolve, reject) => {
        connection.query<mysql.RowDataPacket[]>({ sql, typeCast: asText }, (error, rows) =>
          error ? reject(error) : resolve(rows.map((row) => ({ ...row }))),
        )
      }),
    run: (sql) => run({ sql }),
    async *lines(sql) {
      const stream = connection.query({ sql, rowsAsArray: true, typeCast: asBytes }).stream({ highWaterMark: 256 })
      for await (const row of stream) yield Array.isArray(row) ? row[0] : null
    },
    sendFile: (sql, path) => run({ sql, infileStreamFactory: () => createReadStream(path, { highWaterMark: CHUNK }) }),
    end: () =>
      new Promise((resolve) => {
        connection.end(() => resolve())
        connection.destroy()
        resolve()
      }),
  }
}

const CHUNK = 1 << 18

interface Field {
  string(encoding?: string): string | null
  buffer(): Buffer | null
}

const asText = (field: Field): string | null => field.string('utf8')
const asBytes = (field: Field): Buffer | null => field.buffer()
