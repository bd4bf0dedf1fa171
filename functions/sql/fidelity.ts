import type { Refusal, ValueColumn, ValueType } from './value.ts'

/** Types of one system, as it writes them, that are read as one type between systems. */
interface ReadType {
  /** For people: `smallint`, `integer`. */
  readonly natives: string
  readonly matches: RegExp
  readonly type: ValueType
  /** Set for a numeric alone: all of such columns have limits, or none has. */
  readonly limits?: 'limited' | 'unlimited'
  /** The form in which such values are read, where it is not their own; else empty. */
  readonly note: string
}

/** The type in which one system holds a type between systems. */
interface HeldType {
  readonly type: ValueType
  /** Set for a numeric alone: with at most 38 digits, or without limits. */
  readonly limits?: 'limited' | 'unlimited'
  /** As the system writes it. */
  readonly held: string
  /** The form in which values are held, where it is another one; else empty. */
  readonly note: string
  /** Values that become rejects; empty where there are none. */
  readonly rejects: string
  /** The same for the engine, where the type of the part holds more than that of the destination. */
  readonly refuses?: readonly Refusal[]
}

const TEXT = 'as the text that the server writes'
const OUTSIDE_YEARS = { rejects: 'years before 1 and after 9999, infinity', refuses: ['years'] } as const

/** Types of every system whose tables are read. The first match counts. */
const READ_TYPES: Readonly<Record<string, readonly ReadType[]>> = {
  postgres: [
    { natives: 'arrays and row types', matches: /\[\]$/, type: 'json', note: 'as JSON' },
    {
      natives: '`smallint`, `integer`, `bigint`, `oid`',
      matches: /^(smallint|integer|bigint|oid)$/,
      type: 'int64',
      note: '',
    },
    { natives: '`numeric(p,s)`', matches: /^numeric\(\d+,\d+\)$/, type: 'numeric', limits: 'limited', note: '' },
    { natives: '`numeric`', matches: /^numeric/, type: 'numeric', limits: 'unlimited', note: '' },
    { natives: '`money`', matches: /^money$/, type: 'numeric', limits: 'limited', note: 'as `numeric(19,2)`' },
    { natives: '`real`, `double precision`', matches: /^(real|double precision)$/, type: 'float64', note: '' },
    { natives: '`boolean`', matches: /^boolean$/, type: 'bool', note: '' },
    { natives: '`date`', matches: /^date$/, type: 'date', note: '' },
    { natives: '`time`', matches: /^time(\(\d\))? without time zone$/, type: 'time', note: '' },
    { natives: '`timestamp`', matches: /^timestamp(\(\d\))? without time zone$/, type: 'datetime', note: '' },
    { natives: '`timestamptz`', matches: /^timestamp(\(\d\))? with time zone$/, type: 'timestamp', note: '' },
    { natives: '`bytea`', matches: /^bytea$/, type: 'bytes', note: '' },
    { natives: '`json`, `jsonb`', matches: /^jsonb?$/, type: 'json', note: '' },
    { natives: '`uuid`', matches: /^uuid$/, type: 'uuid', note: '' },
    {
      natives: '`text`, `varchar`, `char`',
      matches: /^(text|character|character varying|"char")(\(\d+\))?$/,
      type: 'string',
      note: '',
    },
    { natives: '`interval`, ranges, enumerations, `timetz` and the rest', matches: /./, type: 'string', note: TEXT },
  ],
  mysql: [
    {
      natives: '`bigint unsigned`, `bit(64)`',
      matches: /^(bigint.*unsigned|bit\(64\))/,
      type: 'numeric',
      limits: 'limited',
      note: 'as `numeric(20,0)`',
    },
    {
      natives: 'other whole numbers, `year`',
      matches: /^(tinyint|smallint|mediumint|int|bigint|year)\b/,
      type: 'int64',
      note: '',
    },
    { natives: '`bit(n)`', matches: /^bit/, type: 'int64', note: 'as a number' },
    { natives: '`decimal(p,s)`', matches: /^decimal/, type: 'numeric', note: '' },
    { natives: '`float`, `double`', matches: /^(float|double)/, type: 'float64', note: '' },
    { natives: '`date`', matches: /^date$/, type: 'date', note: 'zeros by `zero_dates`' },
    { natives: '`datetime`', matches: /^datetime/, type: 'datetime', note: 'zeros by `zero_dates`' },
    { natives: '`timestamp`', matches: /^timestamp/, type: 'timestamp', note: 'zeros by `zero_dates`' },
    { natives: '`time`', matches: /^time\b/, type: 'string', note: 'as text: it holds up to 838:59:59' },
    { natives: '`json`', matches: /^json$/, type: 'json', note: '' },
    { natives: '`uuid` of MariaDB', matches: /^uuid$/, type: 'uuid', note: '' },
    { natives: '`binary`, `varbinary`, `blob`', matches: /(binary|blob)/, type: 'bytes', note: '' },
    { natives: '`char`, `varchar`, `text`', matches: /^(char|varchar|\w*text)\b/, type: 'string', note: '' },
    { natives: '`enum`, `set`, spatial types and the rest', matches: /./, type: 'string', note: TEXT },
  ],
  sqlite: [
    { natives: '`NUMERIC(p,s)`, `DECIMAL(p,s)`', matches: /^(numeric|decimal)/i, type: 'numeric', note: '' },
    { natives: '`BOOLEAN`', matches: /^bool/i, type: 'bool', note: '' },
    { natives: '`DATE`', matches: /^date$/i, type: 'date', note: '' },
    { natives: '`TIME`', matches: /^time$/i, type: 'time', note: '' },
    { natives: '`TIMESTAMPTZ`', matches: /^(timestamptz|timestamp with)/i, type: 'timestamp', note: '' },
    { natives: '`DATETIME`, `TIMESTAMP`', matches: /^(datetime|timestamp)/i, type: 'datetime', note: '' },
    { natives: 'types with `JSON` first', matches: /^json/i, type: 'json', note: '' },
    { natives: 'types with `UUID` first', matches: /^uuid/i, type: 'uuid', note: '' },
    { natives: 'types with `INT`', matches: /int/i, type: 'int64', note: '' },
    { natives: 'types with `CHAR`, `CLOB` or `TEXT`', matches: /char|clob|text/i, type: 'string', note: '' },
    { natives: '`BLOB`', matches: /blob/i, type: 'bytes', note: '' },
    { natives: 'types with `REAL`, `FLOA` or `DOUB`', matches: /real|floa|doub/i, type: 'float64', note: '' },
    { natives: 'other types, and columns without one', matches: /^/, type: 'string', note: 'as text' },
  ],
  duckdb: [
    {
      natives: 'lists, `STRUCT`, `MAP`, `UNION`',
      matches: /(\]$)|^(STRUCT|MAP|UNION)\(/,
      type: 'json',
      note: 'as JSON',
    },
    { natives: '`UBIGINT`', matches: /^UBIGINT$/, type: 'numeric', limits: 'limited', note: 'as `numeric(20,0)`' },
    { natives: '`HUGEINT`, `UHUGEINT`', matches: /HUGEINT$/, type: 'numeric', limits: 'unlimited', note: '' },
    { natives: 'other whole numbers', matches: /INT(EGER)?$/, type: 'int64', note: '' },
    { natives: '`DECIMAL(p,s)`', matches: /^DECIMAL/, type: 'numeric', limits: 'limited', note: '' },
    { natives: '`FLOAT`, `DOUBLE`', matches: /^(FLOAT|DOUBLE)$/, type: 'float64', note: '' },
    { natives: '`BOOLEAN`', matches: /^BOOLEAN$/, type: 'bool', note: '' },
    { natives: '`DATE`', matches: /^DATE$/, type: 'date', note: '' },
    { natives: '`TIME`', matches: /^TIME$/, type: 'time', note: '' },
    { natives: '`TIMESTAMP`', matches: /^TIMESTAMP(_S|_MS)?$/, type: 'datetime', note: '' },
    { natives: '`TIMESTAMP WITH TIME ZONE`', matches: /^TIMESTAMP WITH/, type: 'timestamp', note: '' },
    { natives: '`BLOB`', matches: /^BLOB$/, type: 'bytes', note: '' },
    { natives: '`JSON`', matches: /^JSON$/, type: 'json', note: '' },
    { natives: '`UUID`', matches: /^UUID$/, type: 'uuid', note: '' },
    { natives: '`VARCHAR`', matches: /^VARCHAR$/, type: 'string', note: '' },
    { natives: '`INTERVAL`, `ENUM`, `BIT`, `TIMESTAMP_NS` and the rest', matches: /^/, type: 'string', note: TEXT },
  ],
}

/** Types that a destination holds, in the order in which `held()` takes their names. */
const HELD = [
  ...(['string', 'int64', 'limited', 'unlimited', 'float64', 'bool', 'date', 'time'] as const),
  ...(['datetime', 'timestamp', 'bytes', 'json', 'uuid'] as const),
]

type Remarks = Readonly<Partial<Record<(typeof HELD)[number], Partial<HeldType>>>>

/** Types of a destination by their names, with what is to be said of some. */
function held(names: string, remarks: Remarks): readonly HeldType[] {
  return names.split(', ').map((name, at) => {
    const key = HELD[at] ?? 'string'
    const isNumeric = key === 'limited' || key === 'unlimited'
    const type = isNumeric ? ({ type: 'numeric', limits: key } as const) : { type: key }
    return { ...type, held: name, note: '', rejects: '', ...remarks[key] }
  })
}

/** Types in which every system holds values of another one. */
const HELD_TYPES: Readonly<Record<string, readonly HeldType[]>> = {
  duckdb: held(
    'VARCHAR, BIGINT, DECIMAL(p,s), VARCHAR, DOUBLE, BOOLEAN, DATE, TIME, TIMESTAMP, TIMESTAMP WITH TIME ZONE, BLOB, JSON, UUID',
    {
      limited: { rejects: '`NaN` and infinity' },
      unlimited: { note: 'the digits as text' },
      datetime: { rejects: 'years after 294246' },
      timestamp: { rejects: 'years after 294246' },
      json: { note: 'the text of `json` stays as it is' },
    },
  ),
  postgres: held(
    'text, bigint, numeric(p,s), numeric, double precision, boolean, date, time, timestamp, timestamptz, bytea, json, uuid',
    {
      string: { rejects: 'the character NUL', refuses: ['nul'] },
      json: { rejects: 'the character NUL', refuses: ['nul'] },
    },
  ),
  mysql: held(
    'LONGTEXT, BIGINT, DECIMAL(p,s), LONGTEXT, DOUBLE, BOOLEAN, DATE, TIME(6), DATETIME(6), DATETIME(6), LONGBLOB, LONGTEXT, CHAR(36)',
    {
      unlimited: { note: 'the digits as text' },
      float64: { rejects: '`NaN` and infinity', refuses: ['infinite', 'not a number'] },
      date: OUTSIDE_YEARS,
      datetime: OUTSIDE_YEARS,
      timestamp: { note: 'the time in UTC', ...OUTSIDE_YEARS },
      json: { note: 'the text as it is, with a check' },
    },
  ),
  sqlite: held(
    'TEXT, INTEGER, NUMERIC(p,s), NUMERIC_TEXT, REAL, BOOLEAN, DATE, TIME, DATETIME, TIMESTAMPTZ, BLOB, JSON_TEXT, UUID_TEXT',
    {
      limited: { note: 'above 15 digits `NUMERIC_TEXT(p,s)`, which is a text' },
      unlimited: { note: 'the digits as text' },
      float64: { rejects: '`NaN`', refuses: ['not a number'] },
      date: { note: 'as text', ...OUTSIDE_YEARS },
      time: { note: 'as text' },
      datetime: { note: 'as text', ...OUTSIDE_YEARS },
      timestamp: { note: 'as text with `+00`', ...OUTSIDE_YEARS },
    },
  ),
}

/** Two systems and a column that goes from one to the other. */
interface Passage {
  readonly source: string
  readonly destination: string
  readonly native: string | null
  readonly to: Pick<ValueColumn, 'type' | 'precision'>
}

/** Values of a column that are not the same behind, for people; empty where all are. Between two of one system nothing is lost. */
export function lossOf({ source, destination, native, to }: Passage): string {
  if (source === destination) return ''
  const read = READ_TYPES[source]?.find(({ matches }) => matches.test(native ?? ''))
  const held = heldType(destination, to)
  const rejects = held?.rejects ? `rejects ${held.rejects}` : ''
  return [read?.note, held?.note, rejects].filter((text) => text !== undefined && text !== '').join('; ')
}

function heldType(system: string, { type, precision }: Pick<ValueColumn, 'type' | 'precision'>): HeldType | undefined {
  const limits = precision !== null && precision <= 38 ? 'limited' : 'unlimited'
  return HELD_TYPES[system]?.find((one) => one.type === type && (one.limits ?? limits) === limits)
}

/** Values of a column that a destination does not have, and the engine would let through. */
export function refusalsOf(system: string, column: Pick<ValueColumn, 'type' | 'precision'>): readonly Refusal[] {
  return heldType(system, column)?.refuses ?? []
}

/** A cell of the matrix: types of one system, and what they become in another. */
interface Cell {
  readonly natives: string
  readonly note: string
  readonly held: readonly Pick<HeldType, 'held' | 'note' | 'rejects'>[]
}

/** Systems whose tables are read, and those that hold them. */
export const SYSTEMS: readonly string[] = Object.keys(READ_TYPES)

/** The types of one system, each with what it becomes in another. Between two of one kind each type stays what it is. */
export function typesBetween(source: string, destination: string): readonly Cell[] {
  return (READ_TYPES[source] ?? []).map(({ natives, note, type, limits }) => ({
    ...{ natives, note },
    held: (HELD_TYPES[destination] ?? []).filter((one) => one.type === type && (limits ?? one.limits) === one.limits),
  }))
}
