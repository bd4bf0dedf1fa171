import { describe, expect, it } from 'vitest'
import { planNewTable } from '../../../functions/adapters/duckdb/warehouse/table-load.ts'
import {
  createdType as createdInMysql,
  toValueType as readInMysql,
} from '../../../functions/adapters/mysql/value-types.ts'
import { createdType, toValueType } from '../../../functions/adapters/postgres/value-types.ts'
import { ColumnType } from '../../../functions/contract/contract.ts'
import type { Table, WrittenColumn } from '../../../functions/pipeline/destination.ts'
import { DDL_DIALECT_NAMES, DDL_DIALECTS } from '../../../functions/sql/dialects/all.ts'
import { BIGQUERY } from '../../../functions/sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../../../functions/sql/dialects/duckdb/dialect.ts'
import type { Relation } from '../../../functions/sql/relation.ts'
import { VALUE_TYPES, type ValueColumn, type ValueType } from '../../../functions/sql/value.ts'

/** Types of contracts in the words of each system. A numeric without a scale has nine decimal places. */
const CONTRACT_TYPES: Readonly<Record<keyof typeof DDL_DIALECTS, Readonly<Record<ColumnType, string>>>> = {
  duckdb: {
    string: 'VARCHAR',
    int64: 'BIGINT',
    numeric: 'DECIMAL(38,9)',
    float64: 'DOUBLE',
    bool: 'BOOLEAN',
    date: 'DATE',
    time: 'TIME',
    datetime: 'TIMESTAMP',
    timestamp: 'TIMESTAMP WITH TIME ZONE',
  },
  bigquery: {
    string: 'STRING',
    int64: 'INT64',
    numeric: 'NUMERIC',
    float64: 'FLOAT64',
    bool: 'BOOL',
    date: 'DATE',
    time: 'TIME',
    datetime: 'DATETIME',
    timestamp: 'TIMESTAMP',
  },
  postgres: {
    string: 'text',
    int64: 'bigint',
    numeric: 'numeric(38,9)',
    float64: 'double precision',
    bool: 'boolean',
    date: 'date',
    time: 'time',
    datetime: 'timestamp',
    timestamp: 'timestamptz',
  },
  mysql: {
    string: 'LONGTEXT',
    int64: 'BIGINT',
    numeric: 'DECIMAL(38,9)',
    float64: 'DOUBLE',
    bool: 'BOOLEAN',
    date: 'DATE',
    time: 'TIME(6)',
    datetime: 'DATETIME(6)',
    // Its TIMESTAMP ends in 2038.
    timestamp: 'DATETIME(6)',
  },
  snowflake: {
    string: 'VARCHAR',
    int64: 'NUMBER(19,0)',
    numeric: 'NUMBER(38,9)',
    float64: 'FLOAT',
    bool: 'BOOLEAN',
    date: 'DATE',
    time: 'TIME',
    datetime: 'TIMESTAMP_NTZ',
    timestamp: 'TIMESTAMP_TZ',
  },
  databricks: {
    string: 'STRING',
    int64: 'BIGINT',
    numeric: 'DECIMAL(38,9)',
    float64: 'DOUBLE',
    bool: 'BOOLEAN',
    date: 'DATE',
    // It has no time of day.
    time: 'STRING',
    datetime: 'TIMESTAMP_NTZ',
    timestamp: 'TIMESTAMP',
  },
}

/** Types of values between systems in the words of each system that tables are copied into. A numeric has no limits. */
const COPIED_TYPES: Readonly<Record<'duckdb' | 'mysql' | 'postgres', Readonly<Record<ValueType, string>>>> = {
  duckdb: {
    string: 'VARCHAR',
    int64: 'BIGINT',
    numeric: 'VARCHAR',
    float64: 'DOUBLE',
    bool: 'BOOLEAN',
    date: 'DATE',
    time: 'TIME',
    datetime: 'TIMESTAMP',
    timestamp: 'TIMESTAMP WITH TIME ZONE',
    bytes: 'BLOB',
    json: 'JSON',
    uuid: 'UUID',
  },
  postgres: {
    string: 'text',
    int64: 'bigint',
    numeric: 'numeric',
    float64: 'double precision',
    bool: 'boolean',
    date: 'date',
    time: 'time',
    datetime: 'timestamp',
    timestamp: 'timestamptz',
    bytes: 'bytea',
    json: 'json',
    uuid: 'uuid',
  },
  mysql: {
    string: 'LONGTEXT',
    int64: 'BIGINT',
    numeric: 'LONGTEXT',
    float64: 'DOUBLE',
    bool: 'BOOLEAN',
    date: 'DATE',
    time: 'TIME(6)',
    datetime: 'DATETIME(6)',
    timestamp: 'DATETIME(6)',
    bytes: 'LONGBLOB',
    json: 'LONGTEXT CHECK (JSON_VALID(`any`))',
    uuid: 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin',
  },
}

const table = (columns: Relation['columns']): Relation => ({
  ...{ catalog: null, schema: 'shop', name: 'orders', description: 'Orders.', columns },
  ...{ primaryKey: [], unique: [], foreignKeys: [], partitionBy: null, clusterBy: [] },
})

const column = (type: ColumnType, scale?: number): Relation['columns'][number] => ({
  ...{ name: 'any', type, description: 'Any.', isRequired: false, rules: [] },
  ...(scale !== undefined && { scale }),
})

/** The type in the line of the column, such as `"any" DATE COMMENT 'Any.'`, of the statement that makes the table. */
function declaredType(dialect: keyof typeof DDL_DIALECTS, one: Relation['columns'][number]): string {
  const [statement = ''] = DDL_DIALECTS[dialect].createTable(table([one]))
  return /^\s+["`]any["`] (.*?)(?: (?:NULL|COMMENT|OPTIONS)\b.*)?$/im.exec(statement)?.[1] ?? statement
}

const value = (type: ValueType, limits: Partial<ValueColumn> = {}): WrittenColumn => ({
  ...{
    name: 'any',
    type,
    precision: null,
    scale: null,
    native: null,
    isRequired: false,
    prefer: 'source',
    labels: null,
  },
  ...limits,
})

const COPIED: Table = {
  ...{ schema: 'shop', name: 'orders', description: 'Orders.', columns: [], clusterBy: [], totals: [] },
  ...{ rawColumn: null, shardColumn: null, partitionColumn: null },
}

/** The type with which DuckDB makes the table. */
function createdInDuckdb(one: WrittenColumn): string {
  const [type = ''] = planNewTable(COPIED, {
    ...{ pipeline: 'shop', stream: 'orders', number: 1, strategy: 'append', key: [], columns: [one] },
    ...{ asText: false, totals: [], create: { table: true, columns: false }, stamp: null },
  }).types
  return type
}

const CREATED: Readonly<Record<keyof typeof COPIED_TYPES, (one: WrittenColumn) => string>> = {
  duckdb: createdInDuckdb,
  postgres: (one) => createdType(one, false),
  mysql: (one) => createdInMysql(one, { asText: false, key: [] }),
}

describe('a type of a contract', () => {
  it.each(DDL_DIALECT_NAMES.flatMap((name) => ColumnType.options.map((type) => ({ type, name }))))(
    '$type has its type in $name',
    ({ type, name }) => {
      expect(declaredType(name, column(type))).toBe(CONTRACT_TYPES[name][type])
    },
  )

  it.each(ColumnType.options)('%s is loaded and computed as the type that is declared', (type) => {
    expect(DUCKDB.type({ type })).toBe(CONTRACT_TYPES.duckdb[type])
    expect(BIGQUERY.type({ type })).toBe(CONTRACT_TYPES.bigquery[type])
  })

  it('holds a numeric of eight decimal places or fewer in 18 digits', () => {
    for (const name of ['duckdb', 'postgres', 'mysql', 'snowflake', 'databricks'] as const) {
      expect(declaredType(name, column('numeric', 8)), name).toContain('(18,8)')
      expect(declaredType(name, column('numeric', 9)), name).toContain('(38,9)')
    }
  })
})

describe('a type between systems', () => {
  it.each(VALUE_TYPES)('%s has a type in every system that tables are copied into', (type) => {
    expect(CREATED.duckdb(value(type))).toBe(COPIED_TYPES.duckdb[type])
    expect(CREATED.postgres(value(type))).toBe(COPIED_TYPES.postgres[type])
    expect(CREATED.mysql(value(type))).toBe(COPIED_TYPES.mysql[type])
  })

  it('keeps the digits of a numeric as far as a system can', () => {
    const numeric = (precision: number) => value('numeric', { precision, scale: 10 })
    expect(CREATED.duckdb(numeric(38))).toBe('DECIMAL(38,10)')
    expect(CREATED.duckdb(numeric(39))).toBe('VARCHAR')
    expect(CREATED.postgres(numeric(39))).toBe('numeric(39,10)')
  })

  it.each(VALUE_TYPES)('%s is the same type when PostgreSQL describes the column that was made for it', (type) => {
    const native = CREATED.postgres(value(type))
    expect(toValueType(DESCRIBED.get(native) ?? native, false).type).toBe(type)
  })
})

/** Types that `format_type` of PostgreSQL writes in other words than those that made them. */
const DESCRIBED: ReadonlyMap<string, string> = new Map([
  ['time', 'time without time zone'],
  ['timestamp', 'timestamp without time zone'],
  ['timestamptz', 'timestamp with time zone'],
])

describe('a type of MySQL', () => {
  it.each([
    ['bigint(20) unsigned', { type: 'numeric', precision: 20, scale: 0 }],
    ['int(10) unsigned zerofill', { type: 'int64', precision: null, scale: null }],
    ['decimal(65,30)', { type: 'numeric', precision: 65, scale: 30 }],
    ['bit(64)', { type: 'numeric', precision: 20, scale: 0 }],
    ['bit(8)', { type: 'int64', precision: null, scale: null }],
    ['time(6)', { type: 'string', precision: null, scale: null }],
    ["enum('a','b')", { type: 'string', precision: null, scale: null }],
    ['varbinary(16)', { type: 'bytes', precision: null, scale: null }],
    ['timestamp(6)', { type: 'timestamp', precision: null, scale: null }],
    ['datetime', { type: 'datetime', precision: null, scale: null }],
  ] as const)('%s is read as a type that holds each of its values', (native, shape) => {
    expect(readInMysql(native)).toEqual(shape)
  })

  it('has a length where it is in a key, and a limit where a decimal has too many places', () => {
    const inKey = { asText: false, key: ['any', 'other'] }
    expect(createdInMysql(value('string'), inKey)).toBe('VARCHAR(350)')
    expect(createdInMysql(value('numeric', { precision: 38, scale: 31 }), { asText: false, key: [] })).toBe('LONGTEXT')
    expect(createdInMysql(value('numeric', { precision: 38, scale: 10 }), { asText: false, key: [] })).toBe(
      'DECIMAL(38,10)',
    )
    expect(createdInMysql(value('string', { native: "enum('a')" }), { asText: true, key: [] })).toBe("enum('a')")
  })
})
