import { createHash, randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { constantsOf } from '../../../contract/carried.ts'
import { type Contract, fileOf, isHistoryCheck } from '../../../contract/contract.ts'
import { headersOf, matchHeader } from '../../../contract/drift.ts'
import { partColumns } from '../../../contract/table.ts'
import { checkScope, type Place } from '../../../engine/duckdb/column-sql.ts'
import { compileContract, copySql } from '../../../engine/duckdb/compile.ts'
import { profileQuestions, profileSql } from '../../../engine/duckdb/profile.ts'
import { questionsOf, summarySql, unknownValuesSql } from '../../../engine/duckdb/summary.ts'
import { comparisonsSql, duplicatesSql } from '../../../engine/duckdb/term-sql.ts'
import { readHeader } from '../../../engine/file/header.ts'
import { formatRecord } from '../../../engine/file/record.ts'
import { DaybreakError } from '../../../errors.ts'
import { duckdbType } from '../../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier } from '../../../sql/dialects/duckdb/quote.ts'
import { isComparison } from './checks.ts'
import type { Lane } from './lanes.ts'

const PLACE: Place = { timeZone: 'America/New_York', closeoutHour: 4, date: '2025-01-01' }
const SLICE = { shard: '0', window: PLACE.date }

/** Contracts that are proven, by a hash of what their statements are made of. */
export type Bound = Set<string>

/**
 * Proves that a contract compiles: DuckDB plans every statement that a file of it needs, and runs none of them. What was
 * compiled is forgotten again, so the memory of a project does not grow with its streams. Streams that differ in their names
 * alone are proven once.
 * @throws {DaybreakError} CONFIG_INVALID, EXPRESSION_INVALID.
 */
export async function bindContract(
  { connection, number }: Lane,
  contract: Contract,
  { tempDir, bound }: { readonly tempDir: string; readonly bound: Bound },
): Promise<void> {
  const identity = identityOf(contract)
  if (bound.has(identity)) return
  // DuckDB plans no reading of a file that does not exist.
  const path = join(tempDir, `bind-${randomUUID()}`)
  try {
    await writeFile(path, '')
    // Names, types and patterns are proven without it, and it takes a third of the time.
    await connection.run('PRAGMA disable_optimizer')
    await prepare(connection, fileStatement(contract, { lane: number, path }))
    for (const sql of partStatements(contract)) await prepare(connection, sql)
    bound.add(identity)
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    const problem = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new DaybreakError('CONFIG_INVALID', `the contract of ${contract.stream} does not bind: ${problem}`, {
      cause: error,
    })
  } finally {
    await rm(path, { force: true })
    await connection.run('PRAGMA enable_optimizer')
  }
}

/** A hash of a contract without its names: no statement has them. */
function identityOf({ stream: _, file: __, description: ___, ...rest }: Contract): string {
  return createHash('sha256').update(JSON.stringify(rest)).digest('base64')
}

interface Input {
  readonly lane: number
  readonly path: string
}

/**
 * The statement that makes a part of a file with all columns. Rules about characters are left out: they are the same in every
 * contract, and their patterns take a third of the time.
 */
function fileStatement(contract: Contract, { lane, path }: Input): string {
  const header = formatRecord(contract.columns.map((column) => headersOf(column)[0] ?? column.name))
  const plan = matchHeader(contract, readHeader(header, fileOf(contract)).names)
  const compiled = compileContract(contract, plan, { place: PLACE, privacyKey: Buffer.from('bind') })
  const input = { path, header: false, rowEnd: 'LF', characters: 'lines', longestRecord: 0 } as const
  return copySql(compiled, { constants: constantsOf(contract, SLICE), input, output: `${path}.parquet`, lane })
}

/** A part without rows, as it stands after FROM: a table would have to be made and dropped. */
function emptyPart(contract: Contract): string {
  const columns = partColumns(contract).map(
    (column) => `CAST(NULL AS ${duckdbType(column)}) AS ${quoteIdentifier(column.name)}`,
  )
  return `(SELECT ${columns.join(', ')} WHERE false)`
}

/** Statements that ask a part: its summary, its comparisons, and what is looked at when one of them finds something. */
function partStatements(contract: Contract): readonly string[] {
  const { checks } = contract
  const part = emptyPart(contract)
  const scope = checkScope(contract, PLACE)
  const compared = checks.filter((check) => !isHistoryCheck(check)).filter(isComparison)
  const questions = questionsOf(contract, PLACE)
  return [
    summarySql([...questions.map(({ sql }) => sql), ...profileSql(profileQuestions(contract, 1))], part),
    ...(compared.length > 0 ? [comparisonsSql(compared, () => ({ from: part, scope }))] : []),
    ...checks.flatMap((check) => ('unique' in check ? duplicatesSql(check, contract, part) : [])),
    ...questions.flatMap((question) => (question.kind === 'values' ? unknownValuesSql(question.column, part) : [])),
  ]
}

async function prepare(connection: DuckDBConnection, sql: string): Promise<void> {
  const prepared = await connection.prepare(sql)
  prepared.destroySync()
}
