import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../functions/contract/contract.ts'
import { relationOf } from '../../functions/contract/relation.ts'
import type { Alteration } from '../../functions/sql/alter.ts'
import { ddlScript } from '../../functions/sql/ddl.ts'
import { bigqueryColumns } from '../../functions/sql/dialects/bigquery/columns.ts'
import { BIGQUERY_DDL } from '../../functions/sql/dialects/bigquery/ddl.ts'
import type { Relation, RelationColumn } from '../../functions/sql/relation.ts'
import { type CatalogTable, DDL_ENGINES, type DdlEngine } from '../support/ddl-engines.ts'
import { GOOD_ORDER, ITEMS, ORDERS } from '../support/relations.ts'
import { hasZetasql, openZetasql, type Zetasql } from '../support/zetasql.ts'

const FOLDER = 'config/contracts/toast'
const PLACE = { catalog: null, schema: 'toast' }
const shipped = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => Contract.parse(parse(readFileSync(join(FOLDER, file), 'utf8'))))
  .map((contract) => relationOf(contract, PLACE))

/** Types in the words of each catalog, written down a second time. */
const WORDS: Readonly<Record<string, Readonly<Record<RelationColumn['type'], string>>>> = {
  duckdb: {
    string: 'VARCHAR',
    int64: 'BIGINT',
    numeric: 'DECIMAL(p,s)',
    float64: 'DOUBLE',
    bool: 'BOOLEAN',
    date: 'DATE',
    time: 'TIME',
    datetime: 'TIMESTAMP',
    timestamp: 'TIMESTAMP WITH TIME ZONE',
  },
  postgres: {
    string: 'text',
    int64: 'bigint',
    numeric: 'numeric(p,s)',
    float64: 'double precision',
    bool: 'boolean',
    date: 'date',
    time: 'time without time zone',
    datetime: 'timestamp without time zone',
    timestamp: 'timestamp with time zone',
  },
  mysql: {
    string: 'longtext',
    int64: 'bigint(20)',
    numeric: 'decimal(p,s)',
    float64: 'double',
    bool: 'tinyint(1)',
    date: 'date',
    time: 'time(6)',
    datetime: 'datetime(6)',
    timestamp: 'datetime(6)',
  },
}

/** Answer of the catalog about a table. A text in an index of MySQL has a length, and its exact number is no promise. */
function expected(relation: Relation, dialect: string): CatalogTable {
  const { primaryKey, unique, foreignKeys, description } = relation
  return {
    columns: relation.columns
      .map(({ name, type, scale = 9, isRequired, description: comment }) => ({
        name,
        type: (WORDS[dialect]?.[type] ?? '').replace('p,s', scale > 8 ? `38,${scale}` : `18,${scale}`),
        isRequired,
        comment,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    comment: description,
    primaryKey,
    unique: unique.map((key) => key.join()).toSorted(),
    foreignKeys: foreignKeys.map(({ columns, to }) => `${columns} -> ${to.name}(${to.columns})`),
    checks: relation.columns.flatMap(({ name, rules }) => rules.map(() => name)).toSorted(),
  }
}

const plain = (table: CatalogTable): CatalogTable => ({
  ...table,
  columns: table.columns.map((column) => ({ ...column, type: column.type.replace(/^varchar\(\d+\)$/, 'longtext') })),
})

const insert = (table: string, row: Readonly<Record<string, string | null>>): string => {
  const values = Object.values(row).map((text) => {
    if (text === null || text === 'true') return text ?? 'NULL'
    return `'${text.replaceAll("'", "''")}'`
  })
  return `INSERT INTO shop.${table} (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')});`
}

const item = { order_id: GOOD_ORDER.order_id, line: '1', price: '0.333333333', day: GOOD_ORDER.day }

/** Rows that break one constraint each, and what they break. */
const PLANTED: readonly (readonly [
  what: string,
  table: 'orders' | 'items',
  row: Readonly<Record<string, string | null>>,
])[] = [
  ['an order without its id', 'orders', { ...GOOD_ORDER, order_id: null, reference: 'r2' }],
  ['an order without its amount', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', amount: null }],
  ['an order that is there already', 'orders', { ...GOOD_ORDER, reference: 'r2' }],
  ['a reference that is there already', 'orders', { ...GOOD_ORDER, order_id: 'ab2' }],
  ['a status of no list', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', status: 'lost' }],
  ['a status in capitals', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', status: 'OPEN' }],
  ['an id of another shape', 'orders', { ...GOOD_ORDER, order_id: 'ab٣', reference: 'r2' }],
  ['an id with a line break after it', 'orders', { ...GOOD_ORDER, order_id: 'ab1\n', reference: 'r2' }],
  ['an id that is too long', 'orders', { ...GOOD_ORDER, order_id: 'abc123', reference: 'r2' }],
  ['an amount below the least', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', amount: '-5.01' }],
  ['an amount above the most', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', amount: '99.96' }],
  ['no items', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', items: '0' }],
  ['a weight above the most', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', weight: '12.51' }],
  ['a day before the first', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', ordered_on: '2020-02-28' }],
  ['a day after the last', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', ordered_on: '2031-01-01' }],
  ['a text that is too long', 'orders', { ...GOOD_ORDER, order_id: 'ab2', reference: 'r2', note: '👩‍🚀éa' }],
  ['an item of no order', 'items', { ...item, order_id: 'zz9' }],
  ['an item without its order', 'items', { ...item, order_id: null }],
  ['an item that is there already', 'items', item],
]

/** ORDERS with columns changed; `null` drops one. */
function changed(
  columns: Readonly<Record<string, Partial<RelationColumn> | null>>,
  more: Partial<Relation> = {},
): Relation {
  const kept = ORDERS.columns.flatMap((column) => {
    const change = columns[column.name]
    return change === null ? [] : [{ ...column, ...change }]
  })
  const added = Object.entries(columns).flatMap(([name, change]) =>
    change && !ORDERS.columns.some((column) => column.name === name)
      ? [{ name, type: 'string' as const, description: 'New.', isRequired: false, rules: [], ...change }]
      : [],
  )
  return { ...ORDERS, columns: [...kept, ...added], ...more }
}

const NOTE = { name: 'remark', rules: [{ kind: 'length' as const, min: null, max: 4 }] }

interface NamedAlteration {
  readonly what: string
  readonly after: Relation
  readonly renames?: Alteration['renames']
}

const ALTERATIONS: readonly NamedAlteration[] = [
  { what: 'a new column', after: changed({ channel: {} }) },
  {
    what: 'a new column with a rule',
    after: changed({ score: { type: 'int64', rules: [{ kind: 'range', min: '1', max: '5' }] } }),
  },
  { what: 'a wider number', after: changed({ amount: { scale: 4 } }) },
  { what: 'a whole number with decimal places', after: changed({ items: { type: 'numeric', scale: 2 } }) },
  { what: 'a number as a text', after: changed({ items: { type: 'string', rules: [] } }) },
  { what: 'a column that may be absent', after: changed({ amount: { isRequired: false } }) },
  { what: 'a column that is required', after: changed({ status: { isRequired: true } }) },
  { what: 'a column that is gone', after: changed({ note: null }) },
  { what: 'a column of a key that is gone', after: changed({ reference: null }, { unique: [] }) },
  { what: 'a column of another name', after: changed({ note: NOTE }), renames: [{ from: 'note', to: 'remark' }] },
  { what: 'a wider range', after: changed({ amount: { rules: [{ kind: 'range', min: '-5', max: '1000' }] } }) },
  {
    what: 'a longer list',
    after: changed({ status: { rules: [{ kind: 'values', values: ['open', "won't pay", 'new'] }] } }),
  },
  { what: 'a rule that is gone', after: changed({ order_id: { rules: [] } }) },
  {
    what: 'another primary key',
    after: changed({ reference: { isRequired: true } }, { primaryKey: ['day', 'reference'], unique: [] }),
  },
  {
    what: 'other words',
    after: changed({ items: { description: "Items of the order: it's their number." } }, { description: 'Orders.' }),
  },
]

describe.each(DDL_ENGINES.map((kind) => [kind.dialect.name, kind] as const))(
  '%s',
  (name, { dialect, isPresent, start }) => {
    const reason = isPresent ? '' : ' (skipped: not present)'
    describe.skipIf(!isPresent)(`takes the statements${reason}`, () => {
      let engine: DdlEngine
      beforeAll(async () => {
        engine = await start()
      }, 120_000)
      afterAll(() => engine?.close())

      const make = (relations: readonly Relation[], drop = false) => engine.run(ddlScript({ dialect, relations, drop }))

      it('of the shipped contracts, twice, and its catalog says what they say', async () => {
        await make(shipped)
        await make(shipped)
        for (const relation of shipped)
          expect(plain(await engine.catalog('toast', relation.name)), relation.name).toEqual(expected(relation, name))
      }, 120_000)

      it('of every kind of constraint, and its catalog says what they say', async () => {
        await make([ORDERS, ITEMS])
        for (const relation of [ORDERS, ITEMS])
          expect(plain(await engine.catalog('shop', relation.name))).toEqual(expected(relation, name))
      })

      it('and drops the tables in an order that foreign keys allow', async () => {
        await make([ORDERS, ITEMS])
        await engine.run(insert('orders', GOOD_ORDER))
        await engine.run(insert('items', item))
        await make([ORDERS, ITEMS], true)
        expect(await engine.rows('SELECT count(*) FROM shop.orders')).toEqual([['0']])
      })

      describe('whose constraints', () => {
        beforeAll(async () => {
          await make([ORDERS, ITEMS], true)
          await engine.run(insert('orders', GOOD_ORDER))
          await engine.run(insert('items', item))
        })

        it('take rows at their bounds, and NULL where none is required', async () => {
          const absent = Object.fromEntries(
            ORDERS.columns.flatMap((column) => (column.isRequired ? [] : [[column.name, null]])),
          )
          const edge = { ...GOOD_ORDER, ...absent, order_id: 'ab123', amount: '-5' }
          for (const row of [edge, { ...edge, order_id: 'ab12', status: 'back\\slash' }])
            await engine.run(insert('orders', row).replaceAll('\\', name === 'mysql' ? '\\\\' : '\\'))
          expect(await engine.rows('SELECT count(*) FROM shop.orders')).toEqual([['3']])
        })

        it.each(PLANTED)('refuse %s', async (_, table, row) => {
          await expect(engine.run(insert(table, row))).rejects.toThrow(/constraint|null|unique|duplicate|foreign|long/i)
        })
      })

      it.each(ALTERATIONS)('of a change and of its way back: $what', async ({ after, renames = [] }) => {
        await make([ORDERS], true).catch(async () => {
          await engine.run('DROP TABLE IF EXISTS shop.items;')
          await make([ORDERS], true)
        })
        await engine.run(insert('orders', GOOD_ORDER))
        const before = await engine.catalog('shop', 'orders')
        await engine.run(dialect.alterTable({ before: ORDERS, after, renames }).join('\n'))
        const changedTable = await engine.catalog('shop', 'orders')
        await engine.run('DROP TABLE IF EXISTS shop.fresh;')
        await make([{ ...after, name: 'fresh' }])
        expect(changedTable).toEqual(await engine.catalog('shop', 'fresh'))
        expect(plain(changedTable)).toEqual(expected(after, name))

        const back = renames.map(({ from, to }) => ({ from: to, to: from }))
        await engine.run(dialect.alterTable({ before: after, after: ORDERS, renames: back }).join('\n'))
        expect(await engine.catalog('shop', 'orders')).toEqual(before)
        expect(await engine.rows('SELECT count(*) FROM shop.orders')).toEqual([['1']])
      })

      it('keeps the values of a column that changes its name or type', async () => {
        const after = changed({ note: NOTE, amount: { scale: 4 }, items: { type: 'string', rules: [] } })
        await make([ORDERS], true)
        await engine.run(insert('orders', GOOD_ORDER))
        await engine.run(
          dialect.alterTable({ before: ORDERS, after, renames: [{ from: 'note', to: 'remark' }] }).join('\n'),
        )
        expect(await engine.rows('SELECT remark, amount, items FROM shop.orders')).toEqual([
          [GOOD_ORDER.note, '99.9500', '1'],
        ])
      })
    })
  },
)

/** Columns of a table after one statement over it. */
function columnsAfter(sql: string, columns: Relation['columns'], after: Relation): Relation['columns'] {
  const [, step, name = '', other] = /(ADD|DROP|RENAME) COLUMN `(\w+)`(?: TO `(\w+)`)?/.exec(sql) ?? []
  const rest = columns.filter((column) => column.name !== name)
  if (step === 'DROP') return rest
  const fresh = after.columns.find((column) => column.name === (other ?? name.replace(/__new$/, '')))
  return step && fresh ? [...rest, { ...fresh, name: other ?? name }] : columns
}

describe.skipIf(!hasZetasql)('BigQuery (skipped: not present)', () => {
  let zetasql: Zetasql
  beforeAll(async () => {
    zetasql = await openZetasql()
  })
  afterAll(() => zetasql.close())

  const table = ({ name, columns }: Relation) => ({
    name: `shop.${name}`,
    columns: bigqueryColumns(columns).map((column) => ({ name: column.name, type: column.type })),
  })
  const analyze = (sql: string, tables: readonly Relation[] = []) =>
    zetasql.analyze(sql.replace(/;$/, ''), tables.map(table))

  it.each([...shipped, ORDERS, ITEMS].map((relation) => [relation.name, relation] as const))(
    'makes and drops the table %s, by the word of its analyser',
    async (name, relation) => {
      const tables = name === 'items' ? [ORDERS] : []
      for (const sql of [...BIGQUERY_DDL.createSchema(relation), ...BIGQUERY_DDL.createTable(relation)])
        expect(await analyze(sql, tables)).toMatchObject({ kind: 'create' })
      for (const sql of BIGQUERY_DDL.dropTable(relation)) expect(await analyze(sql)).toMatchObject({ kind: 'drop' })
    },
  )

  it('would not pass a foreign key to a column of another type', async () => {
    const other = { ...ORDERS, columns: ORDERS.columns.map((column) => ({ ...column, type: 'int64' as const })) }
    const [sql = ''] = BIGQUERY_DDL.createTable(ITEMS)
    await expect(analyze(sql, [other])).rejects.toThrow(/not compatible/)
  })

  it.each(ALTERATIONS)('takes the statements of a change: $what', async ({ after, renames = [] }) => {
    const statements = BIGQUERY_DDL.alterTable({ before: ORDERS, after, renames })
    let { columns } = ORDERS
    for (const sql of statements.filter((each) => !each.startsWith('--'))) {
      await analyze(sql, [{ ...ORDERS, columns }])
      columns = columnsAfter(sql, columns, after)
    }
    expect(columns.map(({ name }) => name).toSorted()).toEqual(after.columns.map(({ name }) => name).toSorted())
  })
})
