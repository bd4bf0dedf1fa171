import type { SqlSession } from '../../sql/session.ts'
import { openTables, rowsOf, toWarehouseFailure } from './table-client.ts'

/** The file of a session. */
export interface SessionOptions {
  readonly path: string
}

/** A file that runs statements. @throws {DaybreakError} WAREHOUSE_FAILED; LOAD_REJECTED for a statement that SQLite refuses. */
export async function openSqliteSqlSession({ path }: SessionOptions): Promise<SqlSession> {
  const guard = <Result>(work: () => Result): Result => {
    try {
      return work()
    } catch (error) {
      throw toWarehouseFailure(error, path)
    }
  }
  const database = await openTables(path, 'destination')
  return {
    system: 'sqlite',
    name: path,
    query: async (sql) => guard(() => rowsOf(database, sql)),
    run: async (sql) => guard(() => database.exec(sql)),
    close: async () => database.close(),
  }
}
