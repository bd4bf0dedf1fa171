import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api'
import { DaybreakError } from '../../errors.ts'

// Semicolons behind a statement, in its comments too, that are taken off.
const CUTS = 20

/**
 * Accepts one statement that reads: SELECT, WITH, VALUES, FROM, DESCRIBE, SHOW, SUMMARIZE, PIVOT, or EXPLAIN of one of them. DuckDB's
 * own parser decides. A `PIVOT` over the values of a column counts as one although DuckDB makes two statements of it.
 * @throws {DaybreakError} USAGE_INVALID.
 */
export async function expectReading(connection: DuckDBConnection, sql: string): Promise<void> {
  const count = await countStatements(connection, sql)
  if (count === 0) throw invalid('expected one SQL statement, found none')
  if (count === 2 && (await isSubquery(connection, sql, 2))) return
  if (count !== 1) throw invalid(`expected one SQL statement, found ${count}`)
  const type = await typeOf(connection, sql)
  if (type === StatementType.EXPLAIN) return await expectReading(connection, explained(sql))
  // `PRAGMA` and `CALL` may pass for a SELECT; what can stand in parentheses after FROM reads and does nothing else.
  if (type === StatementType.SELECT && (await isSubquery(connection, sql, 1))) return
  const found = type === StatementType.SELECT ? 'one that does more' : StatementType[type]
  throw invalid(`expected a statement that reads, such as SELECT, found ${found}`)
}

/**
 * The one statement that reads, planned: to plan a query a second time takes as long as to run it. Null for any other text, also for
 * one that `expectReading` accepts. The caller destroys it.
 */
export async function prepareReading(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement | null> {
  if ((await countStatements(connection, sql)) !== 1 || !(await isSubquery(connection, sql, 1))) return null
  const statement = await (await connection.extractStatements(sql)).prepare(0)
  if (statement.statementType === StatementType.SELECT) return statement
  statement.destroySync()
  return null
}

async function countStatements(connection: DuckDBConnection, sql: string): Promise<number> {
  // DuckDB fails without a word on a text of comments alone.
  if (/^(\s|;|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*$/.test(sql)) return 0
  return (await connection.extractStatements(sql)).count
}

async function typeOf(connection: DuckDBConnection, sql: string): Promise<StatementType> {
  const statements = await connection.extractStatements(sql)
  const statement = await statements.prepare(0)
  const { statementType } = statement
  statement.destroySync()
  return statementType
}

async function isSubquery(connection: DuckDBConnection, sql: string, count: number): Promise<boolean> {
  return (await asSubquery(connection, sql, count)) !== null
}

/** The statement as it can stand in parentheses: without the semicolon at its end. Null for one that cannot. */
export async function asSubquery(connection: DuckDBConnection, sql: string, count = 1): Promise<string | null> {
  for (let text = sql, cuts = 0; cuts <= CUTS; cuts++) {
    // The line end ends a comment.
    const found = await connection.extractStatements(`FROM (\n${text}\n)`).catch(() => null)
    if (found?.count === count) return text
    const end = text.lastIndexOf(';')
    if (end < 0) return null
    text = text.slice(0, end)
  }
  return null
}

/** The statement that an EXPLAIN explains. The parser has read the whole; the part behind the keyword is judged as a statement of its own. */
function explained(sql: string): string {
  const found =
    /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*EXPLAIN\b(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:ANALYZE\b)?(?:\s*\(\s*(?:ANALYZE|FORMAT)\b[^()]*\))?/i.exec(
      sql,
    )
  if (found === null) throw invalid('expected EXPLAIN of a statement that reads')
  return sql.slice(found[0].length)
}

function invalid(message: string): DaybreakError {
  return new DaybreakError('USAGE_INVALID', message)
}
