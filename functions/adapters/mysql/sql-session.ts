import type { SqlSession } from '../../sql/session.ts'
import { toWarehouseFailure } from './errors.ts'
import { connect, nameOf, type TableOptions } from './table-client.ts'

/** A login that runs statements. @throws {DaybreakError} WAREHOUSE_DENIED, WAREHOUSE_FAILED; LOAD_REJECTED for a statement that the server refuses. */
export async function openMysqlSqlSession(settings: TableOptions): Promise<SqlSession> {
  const name = nameOf(settings)
  const fail = (error: unknown): never => {
    throw toWarehouseFailure(error, name)
  }
  const client = await connect(settings, 'destination').catch(fail)
  return {
    system: 'mysql',
    name,
    query: (sql) => client.rows(sql).catch(fail),
    run: async (sql) => void (await client.run(sql).catch(fail)),
    close: () => client.end(),
  }
}
