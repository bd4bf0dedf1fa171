import { partitionSql, rowsOf, type Table } from './catalog.ts'
import type { Rows } from './database.ts'
import type { Field } from './schema.ts'
import { isSign, isWord, type Token } from './tokens.ts'

/** The least that a query is billed for each table it reads. */
export const LEAST_BILLED = 10 * 1024 * 1024

const SIZES: Readonly<Record<string, number>> = {
  INTEGER: 8,
  FLOAT: 8,
  BOOLEAN: 1,
  NUMERIC: 16,
  DATE: 8,
  DATETIME: 8,
  TIME: 8,
  TIMESTAMP: 8,
}

/**
 * The bytes of the columns that a statement names, in the partitions that it names by a date; as BigQuery counts them, where
 * `partition = date` and `partition >= date` are all that is used.
 */
export async function bytesProcessed(
  tokens: readonly Token[],
  tables: readonly Table[],
  run: (sql: string) => Promise<Rows>,
): Promise<number> {
  if (isWord(tokens[0], 'INSERT') && tokens.some((token) => isWord(token, 'VALUES'))) return 0
  if (isWholePartition(tokens, tables)) return 0
  let bytes = 0
  for (const table of tables) {
    // Its tables are not looked through.
    if (table.view) continue
    const sizes = readFields(tokens, table).map(sizeSql)
    if (sizes.length === 0) continue
    const sql = `SELECT ${sizes.map((size) => `coalesce(sum(${size}), 0)`).join(' + ')} FROM ${rowsOf({ dataset: table.dataset, table: table.name })}`
    const { rows } = await run(`${sql} WHERE ${pruningSql(tokens, table)}`)
    bytes += Number(rows[0]?.[0] ?? 0)
  }
  return bytes
}

/** Billed bytes: at least 10 MB for each table, in whole megabytes. */
export function bytesBilled(processed: number, tables: number): number {
  if (processed === 0) return 0
  const megabytes = Math.ceil(processed / 1_048_576) * 1_048_576
  return Math.max(megabytes, LEAST_BILLED * tables)
}

function readFields(tokens: readonly Token[], table: Table): readonly Field[] {
  const isAll =
    isWord(tokens[0], 'DELETE', 'UPDATE') ||
    tokens.some((token, at) => isSign(token, '*') && !isCounting(tokens, at) && isStar(tokens[at - 1]))
  const named = new Set(
    tokens
      .filter(({ kind }, at) => /word|quoted/.test(kind) && !isWord(tokens[at - 1], 'AS'))
      .map(({ text }) => text.toLowerCase()),
  )
  return table.schema.fields.filter(({ name }) => isAll || named.has(name.toLowerCase()))
}

/** A star that means all columns, and no product. */
function isStar(before: Token | undefined): boolean {
  return isWord(before, 'SELECT', 'DISTINCT', 'ALL') || isSign(before, ',') || isSign(before, '.')
}

function isCounting(tokens: readonly Token[], at: number): boolean {
  return isSign(tokens[at - 1], '(') && isWord(tokens[at - 2], 'COUNT')
}

function sizeSql({ name, type }: Field): string {
  const column = `"${name}"`
  const size = SIZES[type] === undefined ? `2 + strlen(CAST(${column} AS VARCHAR))` : String(SIZES[type])
  return `CASE WHEN ${column} IS NULL THEN 0 ELSE ${size} END`
}

function pruningSql(tokens: readonly Token[], table: Table): string {
  const by = table.timePartitioning?.field
  const at = tokens.findIndex(
    (token, index) =>
      by !== undefined &&
      token.text.toLowerCase() === by.toLowerCase() &&
      /^(=|>=)$/.test(tokens[index + 1]?.text ?? '') &&
      isWord(tokens[index + 2], 'DATE'),
  )
  const date = tokens[at + 3]?.text
  if (at < 0 || date === undefined) return 'TRUE'
  return partitionSql(table, date).replace('=', tokens[at + 1]?.text ?? '=')
}

/** `DELETE FROM t WHERE partition = DATE '...'`: BigQuery drops the partition without a look into it. */
function isWholePartition(tokens: readonly Token[], [table]: readonly Table[]): boolean {
  const where = tokens.findIndex((token) => isWord(token, 'WHERE'))
  const [column, equals, date, value, ...more] = tokens.slice(where + 1)
  const by = table?.timePartitioning?.field
  const isDay = isSign(equals, '=') && isWord(date, 'DATE') && value?.kind === 'string'
  return isWord(tokens[0], 'DELETE') && where >= 0 && column?.text === by && isDay && more.length === 0
}
