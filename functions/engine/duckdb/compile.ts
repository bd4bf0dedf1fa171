import type { Constant } from '../../contract/carried.ts'
import type { Column, Contract } from '../../contract/contract.ts'
import { DaybreakError } from '../../errors.ts'
import { duckdbType } from '../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { type Allowed, CHARACTER_PATTERNS } from '../characters.ts'
import { isPublic, protectSql } from '../privacy.ts'
import { quarantineRules, type RowRule } from '../rule.ts'
import { derivedSql, type Place, typedSql } from './column-sql.ts'
import { allowedIn, type FileColumns, foldedFields, LONGEST_KEY, textRuleOf } from './text-column.ts'

export type { FileColumns }

/** Inputs that decide the statement, in addition to the contract and the file's columns. */
export interface CompileOptions {
  /** Null where the slice has no location; a contract that asks for one is refused. */
  readonly place: Place | null
  readonly privacyKey: Uint8Array
}

/** Knowledge about the characters of an input: none is odd, only line breaks in fields are odd, or nothing is known. */
export type Characters = 'plain' | 'lines' | 'unknown'

/** SQL that judges rows. */
interface Conditions {
  readonly accepted: string
  /** SQL text that names the failed rules of a row by their positions in `rules`: `0,17`. */
  readonly failures: string
}

/** A contract as SQL over one arrangement of columns; reused for every slice that has it. */
export interface CompiledContract {
  readonly width: number
  /** Columns and conditions of the accepted rows, to be completed by `copySql`. */
  readonly select: string
  readonly typed: string
  /** Derived columns in levels: those of one level read only columns of the levels before it. */
  readonly derived: readonly string[]
  readonly conditions: Readonly<Record<Characters, Conditions>>
  /** Characters that each field of the file may hold, for folded texts. */
  readonly texts: readonly (Allowed | null)[]
  /** Rules that can reject a row, in the order of the file's columns, then of the contract's checks. */
  readonly rules: readonly RowRule[]
}

/** Values that all rows of one slice share. The last two never enter a statement: they are added to the part afterwards. */
export interface SliceOrigin {
  readonly constants: readonly Constant[]
  readonly sourceFile: string
  readonly rawSha256: string
}

/** A file of records that all end in the same way. */
interface CsvInput {
  readonly path: string
  /** True when the first record is the header. */
  readonly header: boolean
  readonly rowEnd: 'LF' | 'CRLF'
  /** Bytes of the longest record. */
  readonly longestRecord: number
  readonly characters: Characters
}

/** One statement to run. */
interface CopyRequest {
  /** Columns that every row carries; checks of rows may read them. */
  readonly constants: readonly Constant[]
  readonly input: CsvInput
  readonly output: string
  /** Names the connection: it has its own table of rejects, and its own first argument of `daybreak_reject`. */
  readonly lane: number
}

/** The scalar function that the statements call for failing rows alone: lane, row number in the piece, failed rules. */
export const REJECT_FUNCTION = 'daybreak_reject'

/** Rows per row group: a quarter of DuckDB's default, which is a little faster and keeps a lane's memory small. */
const ROW_GROUP_SIZE = 30_720

/** Longest line DuckDB reads unless told otherwise, in bytes. */
const DEFAULT_LINE_LIMIT = 2_000_000

/** DuckDB takes 32 MB for each file otherwise: memory of every lane that is touched for the first time again and again. */
const BUFFER_BYTES = 2 * DEFAULT_LINE_LIMIT

// Columns of the file are called by their position, which no column of a contract can be.
const raw = (position: number): string => `"${position}"`
const ROW = '"#"'

/**
 * Compiles a contract once per arrangement of columns.
 * @throws {DaybreakError} CONFIG_INVALID, EXPRESSION_INVALID.
 */
export function compileContract(
  contract: Contract,
  { width, positions }: FileColumns,
  options: CompileOptions,
): CompiledContract {
  const inFile = contract.columns.map((column) => ({ column, position: positions.get(column.name) ?? null }))
  const columnRules = inFile
    .toSorted((a, b) => (a.position ?? width) - (b.position ?? width))
    .flatMap(({ column, position }) =>
      position === null ? [] : [...columnRule(column, raw(position)), ...textRules(contract, column, raw(position))],
    )
  const rules = [...columnRules, ...quarantineRules(contract, options.place)]
  return {
    width,
    select: [...contract.columns, ...contract.derived].map(({ name }) => quoteIdentifier(name)).join(', '),
    typed: inFile.map(({ column, position }) => typedColumn(column, position, options)).join(', '),
    derived: derivedLevels(contract, options.place),
    conditions: {
      plain: conditions(rules, 'plain'),
      lines: conditions(rules, 'lines'),
      unknown: conditions(rules, 'unknown'),
    },
    texts: foldedFields(contract, { width, positions }),
    rules,
  }
}

function conditions(rules: readonly RowRule[], characters: Characters): Conditions {
  const asked = rules.flatMap((rule, index) => {
    const holds = rule.kind === 'text' && characters !== 'unknown' ? rule.simple[characters] : rule.holds
    return holds === null ? [] : [{ holds, index }]
  })
  if (asked.length === 0) return { accepted: 'true', failures: "''" }
  const failed = asked.map(({ holds, index }) => `CASE WHEN ${holds} THEN NULL ELSE '${index}' END`)
  return {
    accepted: asked.map(({ holds }) => holds).join(' AND '),
    failures: `concat_ws(',', ${failed.join(', ')})`,
  }
}

function derivedLevels(contract: Contract, place: Place | null): readonly string[] {
  const level = new Map<string, number>()
  const levels: string[][] = []
  for (const { name } of contract.derived) {
    const { sql, reads } = derivedSql(contract, name, place)
    const own = Math.max(0, ...[...reads].map((column) => (level.get(column) ?? -1) + 1))
    level.set(name, own)
    levels[own] = [...(levels[own] ?? []), `${sql} AS ${quoteIdentifier(name)}`]
  }
  return levels.map((columns) => columns.join(', '))
}

function typedColumn(column: Column, position: number | null, options: CompileOptions): string {
  const name = quoteIdentifier(column.name)
  if (position === null || column.privacy === 'drop') return `CAST(NULL AS ${duckdbType(column)}) AS ${name}`
  const text = typedSql(column, raw(position))
  if (isPublic(column)) return `${text} AS ${name}`
  if (column.type !== 'string')
    throw new DaybreakError(
      'CONFIG_INVALID',
      `column ${column.name} is a ${column.type} with privacy: ${column.privacy}, which only a string can have; use drop`,
    )
  return `${protectSql(column.privacy, text, options.privacyKey)} AS ${name}`
}

/** Conditions of a value of the file; none for an optional text. Presence is checked on the file, not on the protected value. */
function columnRule(column: Column, text: string): readonly RowRule[] {
  const name = quoteIdentifier(column.name)
  const typed = (column.type !== 'string' || column.pattern !== undefined) && column.privacy !== 'drop'
  if (!typed && !column.required) return []
  const holds = !typed
    ? `${text} IS NOT NULL`
    : column.required
      ? `${name} IS NOT NULL`
      : `(${text} IS NULL OR ${name} IS NOT NULL)`
  return [{ kind: 'column', column, holds }]
}

/** Conditions of a present text: a maximum length for a key, no invisible characters for most columns. */
function textRules(contract: Contract, column: Column, text: string): readonly RowRule[] {
  const rule = textRuleOf(column, contract)
  if (!rule) return []
  const allowed = allowedIn(column)
  const short = rule.bounded ? [`strlen(${text}) <= ${LONGEST_KEY}`] : []
  const lines = rule.plain && allowed === 'nothing' ? [`NOT contains(${text}, chr(10))`] : []
  const plain =
    rule.plain && allowed !== 'control'
      ? [`regexp_full_match(${text}, ${quoteString(CHARACTER_PATTERNS.accepted[allowed])})`]
      : []
  const all = (parts: readonly string[]): string | null =>
    parts.length === 0 ? null : `(${text} IS NULL OR (${parts.join(' AND ')}))`
  const simple = { plain: all(short), lines: all([...short, ...lines]) }
  return [{ kind: 'text', column, rule, simple, holds: all([...short, ...plain]) ?? 'true' }]
}

/**
 * The statement that makes Parquet of one piece. One scan: rows that fail go to the reject function, which a CASE calls for
 * them alone; lines that are not even rows go to DuckDB's table of rejects. The row number keeps the optimizer from pushing
 * the condition below the casts, which would evaluate each of them twice, and says which record a reject is.
 */
export function copySql(compiled: CompiledContract, { constants, input, output, lane }: CopyRequest): string {
  const { width, select, typed, derived } = compiled
  const { accepted, failures } = compiled.conditions[input.characters]
  const given = constants.map((constant) => `, ${constantSql(constant)} AS ${quoteIdentifier(constant.name)}`).join('')
  const numbered = `SELECT *, row_number() OVER () AS ${ROW} FROM (SELECT *, ${typed}${given} FROM ${readSql(width, input, lane)})`
  const complete = derived.reduce((inner, columns) => `SELECT *, ${columns} FROM (${inner})`, numbered)
  const condition = `CASE WHEN ${accepted} THEN true ELSE ${REJECT_FUNCTION}(${lane}, ${ROW}, ${failures}) END`
  return `COPY (SELECT ${select} FROM (${complete}) WHERE ${condition}) TO ${quoteString(output)} (${PARQUET_OPTIONS})`
}

function constantSql({ type, value }: Constant): string {
  if (type === 'string') return quoteString(value)
  return `${type === 'date' ? 'DATE' : 'TIMESTAMP'} ${quoteString(value)}`
}

/** A part on this disk as it stands after FROM. */
export function partSql(path: string): string {
  return `read_parquet(${quoteString(path)})`
}

/** Settings of every Parquet file we write: the codec, and nothing that depends on the machine. */
export const PARQUET_OPTIONS = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_SIZE}, WRITE_BLOOM_FILTER false`

/** Tables in which DuckDB puts what it cannot read, one pair per lane. */
export function rejectTables(lane: number): { readonly rejects: string; readonly scans: string } {
  return { rejects: `rejects_${lane}`, scans: `scans_${lane}` }
}

function readSql(width: number, { path, header, rowEnd, longestRecord }: CsvInput, lane: number): string {
  const columns = Array.from({ length: width }, (_, position) => `'${position}': 'VARCHAR'`).join(', ')
  const { rejects, scans } = rejectTables(lane)
  const long = longestRecord > DEFAULT_LINE_LIMIT / 2
  return [
    `read_csv(${quoteString(path)}, header = ${header}, auto_detect = false, delim = ',', quote = '"', escape = '"'`,
    // Left to itself DuckDB takes the first line break for the rule, even one inside quotes.
    `new_line = '${rowEnd === 'LF' ? '\\n' : '\\r\\n'}'`,
    long ? `max_line_size = ${2 * longestRecord}, buffer_size = ${4 * longestRecord}` : `buffer_size = ${BUFFER_BYTES}`,
    `columns = {${columns}}, store_rejects = true, rejects_table = '${rejects}', rejects_scan = '${scans}')`,
  ].join(', ')
}
