import type { DaybreakError, ErrorCode } from '../../errors.ts'
import type { Digest, DigestDialect } from '../../sql/digest.ts'
import type { Total, ValueColumn } from '../../sql/value.ts'
import type { Totals } from '../entities.ts'

/** A table at a source, as people write it: `public.orders`, or `orders` in the first schema that has one. */
export interface SourceTable {
  readonly schema: string
  readonly name: string
}

/** A column as its source describes it. */
export interface SourceColumn extends ValueColumn {
  /** True where the server computes the value: it is read, and never written. */
  readonly isGenerated: boolean
  /** Labels of an enumeration, in its order; null for another type. */
  readonly labels: readonly string[] | null
  /** True for a fact that a source knows of a row in addition to its values, such as the path of its file: copied only where a pipeline names it. */
  readonly isHidden?: true
}

/** A table as its source describes it. */
export interface DiscoveredTable extends SourceTable {
  readonly columns: readonly SourceColumn[]
  /** Columns of the primary key, in its order; empty where the table has none. */
  readonly primaryKey: readonly string[]
  /** Columns of each further unique index over columns that are never NULL. */
  readonly uniqueKeys: readonly (readonly string[])[]
  /** Columns that an index begins with. */
  readonly indexed: readonly string[]
  /** An estimate by the statistics of the server; null where it has none. */
  readonly estimatedRows: number | null
  readonly estimatedBytes: number | null
  /** Changes with the rows; absent where a source cannot say it without reading them. */
  readonly fingerprint?: string
}

/** The table as messages call it. */
export function sourceText({ schema, name }: SourceTable): string {
  return schema === '' ? name : `${schema}.${name}`
}

/** Version and rights that a connection was found to have. */
interface ConnectionReport {
  readonly name: string
  readonly version: string
  readonly isEncrypted: boolean
  readonly milliseconds: number
  /** True when the login may change data. A source needs no such right. */
  readonly mayWrite: boolean
}

/** Result of a test of a connection. */
export type ConnectionTest =
  | ({ readonly ok: true } & ConnectionReport)
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly remedy: string }

/** A half-open range of a cursor: greater than `low`, at most `high`. Values are the server's own text. */
export interface CursorRange {
  readonly column: string
  /** Null for a first window, which has no beginning. */
  readonly low: string | null
  readonly high: string
  /** True where rows without a cursor belong to every window. */
  readonly withNulls: boolean
}

/** Rows of a table, and how their values are read. */
type RowsAsk = Pick<WindowAsk, 'table' | 'where' | 'columns' | 'from' | 'asText'> & {
  /** Absent: all rows. */
  readonly range?: CursorRange
}

/** The rows of a window. */
export interface WindowAsk {
  readonly table: SourceTable
  readonly columns: readonly ValueColumn[]
  /** The columns as the source described them, in the order of `columns`. */
  readonly from: readonly SourceColumn[]
  /** True where the destination is of the same kind: each value is the text that the server itself writes and reads. */
  readonly asText: boolean
  /** In the server's own SQL; null for all rows. */
  readonly where: string | null
  readonly range: CursorRange | null
  /** Most shards that are read at a time. */
  readonly workers: number
}

/** A share of a window: a half-open range of a key, or all of it. */
export interface KeyRange {
  readonly id: string
  /** Null for the only shard of a window. */
  readonly column: string | null
  /** Whole numbers as text. Null: no limit. */
  readonly from: string | null
  readonly to: string | null
}

/** The first and the last value of a cursor, and the rows that have none. */
export interface Bounds {
  readonly high: string | null
  readonly rows: bigint
  readonly nulls: bigint
}

/** A file of a shard, and its records. */
export interface FileRows {
  readonly name: string
  readonly rows: number
}

/** Rows of a shard as they come, and their number, which is known once they have ended. */
interface ShardRows extends AsyncIterable<Uint8Array> {
  readonly rows: () => number
  /**
   * Set where rows come from files: the files in the order of the rows. Each row then has three more columns: its line, what keeps
   * the line from being a row, and the text of such a line. None: the rows are those of a table, and have these columns too.
   */
  readonly files?: () => readonly FileRows[]
}

/** Rows of one window, all as they were at one instant. */
export interface WindowView {
  /** True where all shards are read from one snapshot of the server. */
  readonly isShared: boolean
  /**
   * The rows of a shard as CSV without a header, in the order of the columns that were asked for: nothing for NULL, `""` for an
   * empty text, bytes in hexadecimal unless values stay the text of the server.
   */
  read(shard: KeyRange): ShardRows
  /** Rows of a shard, and the sums that were asked for. */
  totals(shard: KeyRange, totals: readonly Total[]): Promise<{ readonly rows: number; readonly totals: Totals }>
  /** Limits between ranges of a whole number, ascending. None where there are no rows. */
  limits(column: string, parts: number): Promise<readonly string[]>
  close(): Promise<void>
}

/** One of two tables that are compared. */
export interface Side {
  readonly digest: Digest
  readonly dialect: DigestDialect
  /** Runs a query that only reads; values as text. */
  readonly query: (sql: string) => Promise<readonly (readonly (string | null)[])[]>
}

/** Reads tables of one connection. */
export interface TableReader {
  /** For people. Never a secret. */
  readonly name: string
  /** Kind of the connection. Two of one kind understand each other's types. */
  readonly system: string
  /** Set where each value has a type of its own: its text for a destination of the same kind begins with a letter for that type. */
  readonly isMarked?: true
  test(): Promise<ConnectionReport>
  /** Tables whose name matches a pattern with `*`; all where there is none. One that cannot be described is skipped with `skip`, and fails the call without. */
  discover(pattern?: string, skip?: (table: string, failure: DaybreakError) => void): AsyncIterable<DiscoveredTable>
  /** One table; null where there is none of that name. */
  describe(name: string): Promise<DiscoveredTable | null>
  /** Bounds of a cursor; `high` is at most `lag` milliseconds before the server's own clock where the cursor is a time. */
  bounds(
    ask: Pick<WindowAsk, 'table' | 'where'>,
    cursor: { readonly column: string; readonly lag: number },
  ): Promise<Bounds>
  /** A value of the cursor so many milliseconds earlier, or the same where it is no time. */
  earlier(
    cursor: { readonly table: SourceTable; readonly column: string },
    value: string,
    milliseconds: number,
  ): Promise<string>
  /** The rows of a table for a comparison; `key` has names of `columns`. */
  side(ask: RowsAsk, key: readonly string[]): Side
  /** Opens one consistent view. @throws {DaybreakError} SOURCE_UNREACHABLE, SOURCE_READ_FAILED. */
  open(ask: WindowAsk, signal?: AbortSignal): Promise<WindowView>
  close(): Promise<void>
}

/** Raw rows of a shard, and what they become. */
export interface PartRequest {
  readonly raw: string
  /** Rows that the source said it wrote. */
  readonly records: number
  readonly columns: readonly ValueColumn[]
  /** True where both systems are of one kind: values stay the text that the server wrote. */
  readonly asText: boolean
  /** True where such a text begins with the letter of its own type. */
  readonly isMarked?: boolean
  /** Places of the key's columns. A row without one of them is a reject. */
  readonly key: readonly number[]
  /** Place of the column whose largest value stays where a key is there twice; null where the source has each key once. */
  readonly distinctBy: number | 'row' | null
  readonly totals: readonly Total[]
  /** Slice and table of the rows, for rejects. */
  readonly origin: { readonly stream: string; readonly shard: string; readonly window: string; readonly table: string }
  /** As `ShardRows` has them; null where raw rows have no columns of lines. */
  readonly files: readonly FileRows[] | null
  /** True where scripts changed the rows: the sums of the source are not theirs. */
  readonly isChanged?: boolean
  readonly outDir: string
}

/** Files and counts of a part. */
export interface TablePart {
  readonly part: { readonly path: string; readonly rows: number }
  /** `superseded` of them are earlier rows of a key that is there twice: no faults. */
  readonly rejects: {
    readonly path: string
    readonly rows: number
    readonly superseded: number
    /** Of the rejected rows; without those that only the source can say. */
    readonly totals: Totals
  }
  /** Of the accepted rows; null where they are those of the source. */
  readonly totals: Totals | null
  /** The first reject in words; null where there is none. */
  readonly firstReject: string | null
}

/** Turns raw rows of tables into parts, and parts into what destinations take. */
export interface TableEngine {
  /** Changes whenever the same raw rows would give another part. */
  readonly version: string
  part(request: PartRequest): Promise<TablePart>
  /** Writes the rows of parts as CSV, as `WindowView.read` gives them; columns by their places. NULL is `nullText`; nothing by default. */
  toCsv(parts: readonly string[], columns: readonly PartColumn[], path: string, nullText?: string): Promise<void>
  /** Runs a statement of DuckDB over files of this disk, and gives its rows as text. */
  sql(statement: string): Promise<readonly (readonly (string | null)[])[]>
  close(): Promise<void>
}

/** A column of a part, by its place. */
export interface PartColumn {
  readonly place: number
  readonly column: ValueColumn
  readonly asText: boolean
}

/** A place that files are put into. Paths are relative to it. */
export interface FileSink {
  /** For people. Never a secret. */
  readonly name: string
  /** Puts a file of this disk in a place: readers see the file that was there, or all of the new one. */
  put(path: string, from: string): Promise<void>
  /** Makes a small file, only if there is none of that name; false where there is one. */
  create(path: string, text: string): Promise<boolean>
  /** The text of a small file; null where there is none. */
  get(path: string): Promise<string | null>
  /** Names of the files directly in a folder, sorted; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>
}
