import type { Connection, SourceConfig } from '../config/connections.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import type { Destination } from '../pipeline/destination.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import type { TableEngine, TableReader } from '../pipeline/tables/ports.ts'
import type { SqlSession } from '../sql/session.ts'
import { googleOf } from './google.ts'
import { openSource } from './sources.ts'

/** Project, secrets, engine and scratch folders that a connection is opened with. */
export interface ConnectorOpening {
  readonly project: Project
  readonly clock: Clock
  readonly log: Log
  readonly secrets: SecretReader
  readonly engine: () => Promise<TableEngine>
  readonly withScratch: <Result>(work: (folder: string) => Promise<Result>) => Promise<Result>
}

/** One kind of connection with tables. Its package is loaded when it is opened. */
interface Connector<Config extends Connection = Connection> {
  /** Absent where its tables are not read. */
  openReader?(config: Config, opening: ConnectorOpening): Promise<TableReader>
  /** Absent where its tables are not written, or where functions/compose/destination-kinds.ts opens them. */
  openDestination?(config: Config, opening: ConnectorOpening): Promise<Destination>
  /** Absent where it takes no statements of people. */
  openSession?(config: Config, opening: ConnectorOpening): Promise<SqlSession>
}

type Connectors = {
  readonly [Kind in Connection['kind']]?: Connector<Extract<Connection, { readonly kind: Kind }>>
}

/** Every kind of connection that pipelines of tables read or write. One entry makes a connector known. */
const CONNECTORS: Connectors = {
  folder: {
    openReader: openFilesReader,
    async openDestination({ root }, { engine, withScratch }) {
      const { openFolderSink } = await import('../adapters/folder/sink.ts')
      const { openFilesDestination } = await import('../adapters/files/destination.ts')
      return openFilesDestination({ sink: openFolderSink({ root }), engine, withScratch })
    },
  },
  sftp: { openReader: openFilesReader },
  gcs: {
    openReader: openFilesReader,
    async openDestination({ bucket, root }, { project, clock, log, engine, withScratch }) {
      const { openGcsSink } = await import('../adapters/gcs/sink.ts')
      const { openFilesDestination } = await import('../adapters/files/destination.ts')
      const { project: id, endpoints } = googleOf(project)
      const place = { project: id, endpoint: endpoints?.storage, bucket, root }
      return openFilesDestination({
        sink: openGcsSink({ ...place, clock, log, random: Math.random }),
        ...{ engine, withScratch },
      })
    },
  },
  s3: {
    openReader: openFilesReader,
    async openDestination(config, { secrets, engine, withScratch }) {
      const { openS3Sink } = await import('../adapters/s3/sink.ts')
      const { openFilesDestination } = await import('../adapters/files/destination.ts')
      const { bucket, region, endpoint = null, accessKeyId, root } = config
      const secretAccessKey = Buffer.from(await secrets.read(config.secretAccessKey))
        .toString('utf8')
        .trim()
      const sink = openS3Sink({ bucket, region, endpoint, accessKeyId, secretAccessKey, root })
      return openFilesDestination({ sink, engine, withScratch })
    },
  },
  postgres: {
    async openReader(config, { secrets }) {
      const { openPostgresTableReader } = await import('../adapters/postgres/table-reader.ts')
      return openPostgresTableReader(await postgresSettings(config, secrets))
    },
    async openDestination(config, { secrets, engine, withScratch }) {
      const { openPostgresDestination } = await import('../adapters/postgres/destination.ts')
      const settings = await postgresSettings(config, secrets)
      return openPostgresDestination({
        settings,
        withScratch,
        toCsv: async (...rest) => (await engine()).toCsv(...rest),
      })
    },
    async openSession(config, { secrets }) {
      const { openPostgresSqlSession } = await import('../adapters/postgres/sql-session.ts')
      return await openPostgresSqlSession(await postgresSettings(config, secrets))
    },
  },
  mysql: {
    async openReader(config, { secrets }) {
      const { openMysqlTableReader } = await import('../adapters/mysql/table-reader.ts')
      return openMysqlTableReader(mysqlSettings(config, secrets))
    },
    async openDestination(config, { secrets, engine, withScratch }) {
      const { openMysqlDestination } = await import('../adapters/mysql/destination.ts')
      return openMysqlDestination({
        settings: mysqlSettings(config, secrets),
        withScratch,
        toCsv: async (...rest) => (await engine()).toCsv(...rest),
      })
    },
    async openSession(config, { secrets }) {
      const { openMysqlSqlSession } = await import('../adapters/mysql/sql-session.ts')
      return await openMysqlSqlSession(mysqlSettings(config, secrets))
    },
  },
  sqlite: {
    async openReader({ path }) {
      const { openSqliteTableReader } = await import('../adapters/sqlite/table-reader.ts')
      return openSqliteTableReader({ path })
    },
    async openDestination({ path }, { engine, withScratch }) {
      const { openSqliteDestination } = await import('../adapters/sqlite/destination.ts')
      return openSqliteDestination({ path, withScratch, toCsv: async (...rest) => (await engine()).toCsv(...rest) })
    },
    async openSession({ path }) {
      const { openSqliteSqlSession } = await import('../adapters/sqlite/sql-session.ts')
      return await openSqliteSqlSession({ path })
    },
  },
  duckdb: {
    async openReader({ path, memoryLimit }) {
      const { openDuckdbTableReader } = await import('../adapters/duckdb/tables/table-reader.ts')
      return openDuckdbTableReader({ path, memoryLimit })
    },
  },
}

/** Files of any source of files as tables. */
async function openFilesReader(config: SourceConfig, opening: ConnectorOpening): Promise<TableReader> {
  const { openFilesTableReader } = await import('../adapters/files/table-reader.ts')
  const { project, clock, engine, withScratch } = opening
  return openFilesTableReader({
    connector: openSource(config, project, opening),
    root: config.root,
    minimumAge: toMilliseconds(config.minimumAge),
    ...{ clock, engine, withScratch },
  })
}

function connectorOf(config: Connection): Connector {
  return CONNECTORS[config.kind] ?? {}
}

/** Opens the tables of a connection for reading. @throws {DaybreakError} USAGE_INVALID where its kind has none. */
export async function openTableReader(
  name: string,
  config: Connection,
  opening: ConnectorOpening,
): Promise<TableReader> {
  const { openReader } = connectorOf(config)
  if (openReader) return await openReader(config, opening)
  throw new DaybreakError(
    'USAGE_INVALID',
    `the connection ${name} is of the kind ${config.kind}, whose tables are not read`,
  )
}

/** Opens the tables of a connection for writing; null where its kind is opened as a warehouse. */
export async function openTableDestination(config: Connection, opening: ConnectorOpening): Promise<Destination | null> {
  return (await connectorOf(config).openDestination?.(config, opening)) ?? null
}

/** Opens a connection for statements. @throws {DaybreakError} USAGE_INVALID where its kind takes none. */
export async function openSession(name: string, config: Connection, opening: ConnectorOpening): Promise<SqlSession> {
  const { openSession: open } = connectorOf(config)
  if (open) return await open(config, opening)
  const message = `the connection ${name} is of the kind ${config.kind}, which takes no statements; expected postgres, mysql or sqlite`
  throw new DaybreakError('USAGE_INVALID', message)
}

type PostgresConfig = Extract<Connection, { readonly kind: 'postgres' }>

/** Login of a connection to PostgreSQL. */
export async function postgresSettings(config: PostgresConfig, secrets: SecretReader) {
  const { host, port, database, user, password, auth, ca, connections, connectTimeout } = config
  return {
    ...{ host, port, database, user, connections, connectTimeout: toMilliseconds(connectTimeout) },
    password: auth === 'iam' ? await cloudToken() : textOf(password, secrets),
    tls: config.tls ?? defaultTls(host),
    ca: textOf(ca, secrets),
  }
}

type MysqlConfig = Extract<Connection, { readonly kind: 'mysql' }>

/** Login of a connection to MySQL. */
export function mysqlSettings(config: MysqlConfig, secrets: SecretReader) {
  const { host, port, database, user, password, ca, connectTimeout, zeroDates } = config
  return {
    ...{ host, port, database, user, zeroDates, connectTimeout: toMilliseconds(connectTimeout) },
    password: textOf(password, secrets),
    tls: config.tls ?? defaultTls(host),
    ca: textOf(ca, secrets),
  }
}

/** Reads a secret as text when it is asked for; absent where none is named. */
function textOf(reference: string | undefined, secrets: SecretReader) {
  return reference ? async () => Buffer.from(await secrets.read(reference)).toString('utf8') : undefined
}

const defaultTls = (host: string): 'off' | 'verify' => (isThisMachine(host) ? 'off' : 'verify')

async function cloudToken(): Promise<() => Promise<string>> {
  const { createCloudSqlTokens } = await import('../adapters/google-auth/token.ts')
  return createCloudSqlTokens()
}

function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || host.startsWith('127.')
}
