import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

export interface Rows {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  /** Rows that a statement changed. */
  readonly changed: number
}

/** The rows of all tables, and the work over them: one piece at a time. */
export interface Database {
  run(sql: string): Promise<Rows>
  /** All of the work is committed, or nothing; no reader sees it half done. */
  transaction<Result>(
    work: (run: (sql: string) => Promise<Rows>) => Promise<Result>,
    options?: { keep: boolean },
  ): Promise<Result>
  close(): Promise<void>
}

export async function openDatabase(): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' })
  const connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  await connection.run(`SET default_null_order = 'nulls_first_on_asc_last_on_desc'`)
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
  const run = (sql: string) => runOn(connection, sql)
  return {
    run: (sql) => inTurn(() => run(sql)),
    transaction: (work, { keep } = { keep: true }) =>
      inTurn(async () => {
        await connection.run('BEGIN TRANSACTION')
        try {
          const result = await work(run)
          await connection.run(keep ? 'COMMIT' : 'ROLLBACK')
          return result
        } catch (error) {
          await connection.run('ROLLBACK')
          throw error
        }
      }),
    async close() {
      await last
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function runOn(connection: DuckDBConnection, sql: string): Promise<Rows> {
  const result = await connection.runAndReadAll(sql)
  const types = result.columnTypes()
  return {
    columns: result.deduplicatedColumnNames().map((name, at) => ({ name, type: String(types[at]) })),
    rows: result.getRows(),
    changed: result.rowsChanged,
  }
}
