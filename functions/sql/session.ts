/** Values of a row as the text that its system writes. */
export type SqlRow = Readonly<Record<string, string | null>>

/** Kinds of connections that take statements. */
type SqlSystem = 'postgres' | 'mysql' | 'sqlite'

/** An open connection that runs statements, one after the other. */
export interface SqlSession {
  readonly system: SqlSystem
  /** For people. Never a secret. */
  readonly name: string
  /** The rows of one statement. */
  query(sql: string): Promise<readonly SqlRow[]>
  /** Runs one statement; PostgreSQL and SQLite take several with `;` between them. */
  run(sql: string): Promise<void>
  close(): Promise<void>
}
