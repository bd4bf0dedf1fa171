import { join } from 'node:path'
import { version } from '@duckdb/node-api'
import { PARQUET_OPTIONS } from '../../../engine/duckdb/compile.ts'
import { readValueSql } from '../../../engine/duckdb/read-value.ts'
import { DaybreakError } from '../../../errors.ts'
import type { PartColumn, PartRequest, TableEngine, TablePart } from '../../../pipeline/tables/ports.ts'
import { quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { EXPECTED, refusalSql } from '../../../sql/dialects/duckdb/refusals.ts'
import { textSql } from '../../../sql/dialects/duckdb/values.ts'
import { readRows } from '../connection.ts'
import { type Lane, type LaneOptions, openLanes } from '../transformer/lanes.ts'
import { FAULT, isCast, LINE, placeName, ROW, sumsOfPart, sumsOfRejects, TEXT } from './part-totals.ts'

/** Changes with every change of the code that gives another part for the same raw rows. */
const ENGINE = '2'

// A value may be as long as this; DuckDB reads at least one line at a time.
const LONGEST_LINE = 67_108_864

/** Turns rows of tables into parts with DuckDB in this process. A window of any size takes the memory of a few row groups. */
export async function openTableEngine(options: LaneOptions): Promise<TableEngine> {
  const lanes = await openLanes(options)
  return {
    version: `t${ENGINE}-duckdb-${version().replace(/^v/, '')}`,
    part: (request) => lanes.withLane((lane) => makePart(lane, request)),
    sql: (statement) => lanes.withLane(({ connection }) => readRows(connection, statement)),
    toCsv: (parts, columns, path, nullText = '') =>
      lanes.withLane((lane) => writeCsv(lane, parts, { columns, path, nullText })),
    close: () => lanes.close(),
  }
}

async function makePart({ connection }: Lane, request: PartRequest): Promise<TablePart> {
  const part = join(request.outDir, 'part.parquet')
  const [inserted] = await readRows(
    connection,
    `COPY (${acceptedSql(request)}) TO ${quoteString(part)} (${PARQUET_OPTIONS})`,
  )
  const rows = Number(inserted?.[0] ?? 0)
  const rejected = request.records - rows
  // Where values stay the text of the source, its own sums hold for all rows.
  const isSame = request.asText && rejected === 0 && request.isChanged !== true
  const totals = isSame ? null : await sumsOfPart(connection, request, part)
  const path = join(request.outDir, 'rejects.parquet')
  const found = rejected === 0 ? NO_REJECTS : await writeRejects(connection, request, { part, path })
  if (found.rows !== rejected)
    throw new DaybreakError(
      'NOT_RECONCILED',
      `the source wrote ${request.records} rows of ${request.origin.table}, and ${rows + found.rows} were read of them`,
    )
  const { sql } = judgedSql(request)
  const refusedTotals = rejected === 0 ? {} : await sumsOfRejects(connection, request, { judged: sql, part })
  return {
    part: { path: part, rows },
    rejects: { path, rows: rejected, superseded: found.superseded, totals: refusedTotals },
    totals,
    firstReject: found.first,
  }
}

/** The raw rows as text, each with its number. */
function rawSql({ raw, columns, files }: PartRequest): string {
  const names = columns.map((_, place) => placeName(place))
  const padded = files !== null ? [...names, LINE, FAULT, TEXT] : names.length === 1 ? [...names, 'pad'] : names
  const struct = padded.map((name) => `${quoteString(name)}: 'VARCHAR'`).join(', ')
  return `read_csv(${quoteString(raw)}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', new_line = '\\n', allow_quoted_nulls = false, nullstr = '', null_padding = false, strict_mode = true, max_line_size = ${LONGEST_LINE}, buffer_size = ${2 * LONGEST_LINE}, columns = {${struct}})`
}

interface Judged {
  readonly sql: string
  readonly faults: readonly Fault[]
}

/** A condition that makes a row a reject, and what its reject says. All members but the first are SQL too. */
interface Fault {
  readonly when: string
  readonly column: string
  readonly value: string
  readonly rule: string
  readonly message: string
}

/** Raw rows with the values that they become; a fault is a condition that makes the row a reject. */
function judgedSql(request: PartRequest): Judged {
  const { columns, asText } = request
  const typed = asText ? [] : columns.flatMap((column, place) => (isCast(column) ? [{ column, place }] : []))
  const values = typed.map(({ column, place }) => `${readValueSql(column, placeName(place))} AS v${place}`)
  const odd = oddLine(request)
  const absent = requiredPlaces(request).map((place) =>
    faultOf(request, place, { when: 'IS NULL', rule: 'required', message: 'expected a value' }),
  )
  const misfits = typed.map(({ column, place }) => ({
    ...faultOf(request, place, { when: '', rule: column.type, message: `expected ${describeType(column)}` }),
    when: `(v${place} IS NULL AND ${placeName(place)} IS NOT NULL)`,
  }))
  return {
    sql: `SELECT ${['*', ...values].join(', ')} FROM (SELECT *, row_number() OVER () AS ${ROW} FROM ${rawSql(request)})`,
    faults: [...(request.files === null ? [] : [odd]), ...absent, ...misfits, ...(asText ? [] : refused(request))],
  }
}

/** A line that is no row, or a row that a script of a hook refused. */
function oddLine({ columns, key }: PartRequest): Fault {
  const isHook = `starts_with(${FAULT}, 'hook ')`
  const own = key.map(placeName)
  const keys = own.length === 0 ? TEXT : `coalesce(${TEXT}, concat_ws(', ', ${own.join(', ')}))`
  return {
    when: `${FAULT} IS NOT NULL`,
    column: `CASE WHEN ${isHook} THEN ${quoteString(columns[key[0] ?? -1]?.name ?? '')} ELSE '' END`,
    value: `CASE WHEN ${isHook} THEN ${keys} ELSE ${TEXT} END`,
    rule: `CASE WHEN ${isHook} THEN 'hook' ELSE 'format' END`,
    message: FAULT,
  }
}

/** Values that are right, and that the destination does not have. */
function refused(request: PartRequest): readonly Fault[] {
  return request.columns.flatMap((column, place) =>
    (column.refuses ?? []).map((refusal) => ({
      ...faultOf(request, place, {
        when: '',
        rule: 'destination',
        message: `expected ${EXPECTED[refusal]}: the destination has no other`,
      }),
      when: refusalSql(refusal, isCast(column) ? `v${place}` : placeName(place)),
    })),
  )
}

function faultOf(
  { columns }: Pick<PartRequest, 'columns'>,
  place: number,
  { when, rule, message }: Pick<Fault, 'when' | 'rule' | 'message'>,
): Fault {
  const value = placeName(place)
  const column = quoteString(columns[place]?.name ?? '')
  return { when: `${value} ${when}`, column, value, rule: quoteString(rule), message: quoteString(message) }
}

/** Places of columns that need a value: those of the key, and those that the destination wants. */
function requiredPlaces({ columns, key }: PartRequest): readonly number[] {
  return columns.flatMap(({ isRequired }, place) => (isRequired || key.includes(place) ? [place] : []))
}

function acceptedSql(request: PartRequest): string {
  const { sql, faults } = judgedSql(request)
  const { columns, asText, key, distinctBy } = request
  const values = columns.map((column, place) => {
    const name = placeName(place)
    return asText || !isCast(column) ? name : `v${place} AS ${name}`
  })
  const sound = faults.length === 0 ? '' : ` WHERE NOT (${faults.map(({ when }) => when).join(' OR ')})`
  const newest = distinctBy === 'row' || distinctBy === null ? [] : [`${placeName(distinctBy)} DESC NULLS LAST`]
  const order = [...newest, `${ROW} DESC`].join(', ')
  const partition = key.map(placeName).join(', ')
  const once = distinctBy === null ? '' : ` QUALIFY row_number() OVER (PARTITION BY ${partition} ORDER BY ${order}) = 1`
  return `SELECT ${[...values, ROW].join(', ')} FROM (SELECT * FROM (${sql})${sound}${once})`
}

interface Found {
  readonly rows: number
  readonly superseded: number
  readonly first: string | null
}

const NO_REJECTS: Found = { rows: 0, superseded: 0, first: null }

/** Writes the rows that are not in the part, with the first fault of each. */
async function writeRejects(
  connection: Lane['connection'],
  request: PartRequest,
  { part, path }: { readonly part: string; readonly path: string },
): Promise<Found> {
  const { sql, faults } = judgedSql(request)
  const { columns, key, origin } = request
  const choose = (member: keyof Fault, otherwise: string) =>
    faults.length === 0
      ? otherwise
      : `CASE ${faults.map((fault) => `WHEN ${fault.when} THEN ${fault[member]}`).join(' ')} ELSE ${otherwise} END`
  const nameOf = (place: number) => quoteString(columns[place]?.name ?? '')
  const place = placeOfRow(request)
  const keys = key.length === 0 ? "''" : `concat_ws(', ', ${key.map(placeName).join(', ')})`
  const row = `to_json(struct_pack(${columns.map((column, place) => `${quoted(column.name)} := ${placeName(place)}`).join(', ')}))`
  const select = [
    `${quoteString(origin.window)} AS "window"`,
    `${quoteString(origin.shard)} AS shard`,
    `${quoteString(origin.stream)} AS stream`,
    `${place.file} AS file`,
    `${place.line} AS line`,
    `${place.record} AS record`,
    `${choose('column', key.length > 0 ? nameOf(key[0] ?? 0) : "''")} AS "column"`,
    `${choose('value', keys)} AS value`,
    `${choose('rule', "'superseded'")} AS rule`,
    `${choose('message', "'a later row has the same key'")} AS message`,
    `${request.files === null ? `CAST(${row} AS VARCHAR)` : `coalesce(${TEXT}, CAST(${row} AS VARCHAR))`} AS raw`,
  ]
  const target = quoteString(path)
  await connection.run(
    `COPY (SELECT ${select.join(', ')} FROM (${sql}) ANTI JOIN read_parquet(${quoteString(part)}) USING (${ROW}) ORDER BY ${ROW}) TO ${target} (${PARQUET_OPTIONS})`,
  )
  const [counted = []] = await readRows(
    connection,
    `SELECT count(*), count(*) FILTER (WHERE rule = 'superseded') FROM ${target}`,
  )
  const [first] = await readRows(
    connection,
    `SELECT ${isTable(request.files) ? "'row ' || line" : "file || ', line ' || line"} || ', ' || "column" || ' ' || coalesce('"' || left(value, 60) || '"', 'NULL') || ': ' || message FROM ${target} WHERE rule <> 'superseded' LIMIT 1`,
  )
  return { rows: Number(counted[0] ?? 0), superseded: Number(counted[1] ?? 0), first: first?.[0] ?? null }
}

const isTable = (files: PartRequest['files']): files is null | readonly [] => files === null || files.length === 0

/** Where a row stands, as SQL: in its table, or in one of its files. */
function placeOfRow({ files, origin }: PartRequest): Record<'file' | 'line' | 'record', string> {
  if (isTable(files)) return { file: quoteString(origin.table), line: ROW, record: ROW }
  let before = 0
  const shares = files.map(({ name, rows }) => {
    const share = { name, before, end: before + rows }
    before += rows
    return share
  })
  const choose = (value: (share: (typeof shares)[number]) => string) =>
    `CASE ${shares.map((share) => `WHEN ${ROW} <= ${share.end} THEN ${value(share)}`).join(' ')} END`
  return {
    file: choose(({ name }) => quoteString(name)),
    record: choose((share) => `${ROW} - ${share.before}`),
    line: `CAST(${LINE} AS BIGINT)`,
  }
}

function describeType({ type, precision, scale, conversion }: PartRequest['columns'][number]): string {
  if (conversion?.by === 'format') return `${type} as ${conversion.formats.join(' or ')}`
  if (conversion?.by === 'money')
    return `an amount as 1${conversion.decimal === ',' ? '.' : ','}234${conversion.decimal}56`
  return type === 'numeric' && precision !== null ? `numeric(${precision},${scale ?? 0})` : type
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

interface CsvFile {
  readonly columns: readonly PartColumn[]
  readonly path: string
  readonly nullText: string
}

async function writeCsv(
  { connection }: Lane,
  parts: readonly string[],
  { columns, path, nullText }: CsvFile,
): Promise<void> {
  const values = columns.map(({ place, column, asText }) =>
    asText ? placeName(place) : `${textSql(column, placeName(place))} AS ${placeName(place)}`,
  )
  // An empty text differs from NULL by its quotes alone.
  const forced = columns.map(({ place }) => placeName(place)).join(', ')
  const list = parts.map((part) => quoteString(part)).join(', ')
  await connection.run(
    `COPY (SELECT ${values.join(', ')} FROM read_parquet([${list}])) TO ${quoteString(path)} (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR ${quoteString(nullText)}, FORCE_QUOTE (${forced}))`,
  )
}
