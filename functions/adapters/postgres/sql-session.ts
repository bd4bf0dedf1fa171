import { DaybreakError } from '../../errors.ts'
import type { SqlSession } from '../../sql/session.ts'
import { rowsOf } from './discover.ts'
import { isBusy } from './errors.ts'
import { connect, messageOf, nameOf, type TableOptions } from './table-client.ts'

/** A login that runs statements. @throws {DaybreakError} WAREHOUSE_DENIED, WAREHOUSE_FAILED; LOAD_REJECTED for a statement that the server refuses. */
export async function openPostgresSqlSession(settings: TableOptions): Promise<SqlSession> {
  const client = await connect(settings, 'destination').catch((error: unknown) => {
    if (!(error instanceof DaybreakError)) throw error
    const code = error.code === 'SOURCE_AUTH_FAILED' ? 'WAREHOUSE_DENIED' : 'WAREHOUSE_FAILED'
    throw new DaybreakError(code, error.message, { cause: error })
  })
  const name = nameOf(settings)
  const fail = (error: unknown): never => {
    const code = isBusy(error) ? 'WAREHOUSE_FAILED' : 'LOAD_REJECTED'
    throw new DaybreakError(code, `${name} refused: ${messageOf(error)}`, { cause: error })
  }
  return {
    system: 'postgres',
    name,
    query: (sql) => rowsOf(client, sql).catch(fail),
    run: async (sql) => void (await client.query(sql).catch(fail)),
    close: () => client.end().catch(() => undefined),
  }
}
