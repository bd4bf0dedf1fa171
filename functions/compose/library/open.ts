import type { z } from 'zod'
import { Connection } from '../../config/connections.ts'
import { homeOf } from '../../config/project.ts'
import { readSecret, type SecretReader } from '../../config/secret.ts'
import { DaybreakError } from '../../errors.ts'
import type { Database } from '../../migrations/database.ts'
import type { TableReader } from '../../pipeline/tables/ports.ts'
import { mysqlSettings, postgresSettings } from '../connectors.ts'

type Written = z.input<typeof Connection>

/** A connection as connections.yaml has it, e.g. `{ kind: 'postgres', host, database, user, password: 'secret://crm' }`. */
export type TableConnection = Extract<Written, { readonly kind: 'postgres' | 'mysql' | 'sqlite' }>

/** An open connection: its tables, and a session for statements. */
interface Opened {
  readonly database: Database
  readonly reader: TableReader
}

/** Opens a connection around the work. Secrets are in DAYBREAK_SECRETS_DIR, as for the command line. */
export async function withConnection<Result>(
  connection: TableConnection,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const { reader, session } = await open(connection)
  try {
    const describe = (name: string) => reader.describe(name)
    return await work({ reader, database: { session, describe, discover: () => reader.discover() } })
  } finally {
    await session.close()
    await reader.close()
  }
}

async function open(connection: TableConnection) {
  const parsed = Connection.safeParse(connection)
  if (!parsed.success)
    throw new DaybreakError('CONFIG_INVALID', `the connection is not valid: ${parsed.error.issues[0]?.message}`)
  const config = parsed.data
  if (config.kind === 'postgres') {
    const { openPostgresTableReader } = await import('../../adapters/postgres/table-reader.ts')
    const { openPostgresSqlSession } = await import('../../adapters/postgres/sql-session.ts')
    const settings = await postgresSettings(config, secretsHere())
    return { reader: openPostgresTableReader(settings), session: await openPostgresSqlSession(settings) }
  }
  if (config.kind === 'mysql') {
    const { openMysqlTableReader } = await import('../../adapters/mysql/table-reader.ts')
    const { openMysqlSqlSession } = await import('../../adapters/mysql/sql-session.ts')
    const settings = mysqlSettings(config, secretsHere())
    return { reader: openMysqlTableReader(settings), session: await openMysqlSqlSession(settings) }
  }
  if (config.kind === 'sqlite') {
    const { openSqliteTableReader } = await import('../../adapters/sqlite/table-reader.ts')
    const { openSqliteSqlSession } = await import('../../adapters/sqlite/sql-session.ts')
    return { reader: openSqliteTableReader(config), session: await openSqliteSqlSession(config) }
  }
  throw new DaybreakError(
    'CONFIG_INVALID',
    `a connection of the kind ${config.kind} has no tables here; expected postgres, mysql or sqlite`,
  )
}

function secretsHere(): SecretReader {
  const { DAYBREAK_SECRETS_DIR: folder } = process.env
  const secretsDir = folder || `${homeOf(process.cwd(), process.env)}/secrets`
  const read = (reference: string) => readSecret(reference, { secretsDir })
  return { read, active: async (reference) => [await read(reference)], close: async () => undefined }
}
