import { createHash } from 'node:crypto'
import type { CompiledCheck, CompiledModel, QueryText, Reference } from '../../functions/models/compiled.ts'
import type { Models } from '../../functions/models/order.ts'

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex')

type ColumnType = CompiledModel['columns'][number]['type']

interface Sketch {
  readonly kind?: 'partition' | 'view' | 'whole' | 'seed'
  readonly columns: Readonly<Record<string, ColumnType>>
  readonly references?: readonly Reference[]
  /** The same text for both engines, or one for each. */
  readonly sql: string | { readonly bigquery: string; readonly duckdb: string }
  readonly needs?: readonly string[]
  readonly checks?: readonly CompiledCheck[]
  readonly partitionBy?: string | null
}

const both = (sql: Sketch['sql']) => (typeof sql === 'string' ? { bigquery: sql, duckdb: sql } : sql)

/** A reference to a table with partitions; of the same date unless told. */
export function reads(
  hole: number,
  table: string,
  more: { from?: number; to?: number; columns?: string[] } = {},
): Reference {
  const { from = 0, to = from, columns = [] } = more
  const [dateColumn, locationColumn] = ['business_date', 'location_id']
  return {
    hole,
    table,
    alias: `t${hole}`,
    columns,
    dates: { from, to },
    isPartitioned: true,
    dateColumn,
    locationColumn,
  }
}

export function aCheck(
  name: string,
  effect: 'block' | 'warn',
  references: Reference[],
  sql: Sketch['sql'],
): CompiledCheck {
  return { name, effect, references, sql: both(sql) }
}

/** A compiled model as an author's compiler would make it, from little. */
export function aModel(name: string, sketch: Sketch): CompiledModel {
  const { kind = 'partition', columns, references = [], sql, needs = [], checks = [] } = sketch
  const partitionBy = sketch.partitionBy === undefined ? 'business_date' : sketch.partitionBy
  const names = Object.keys(columns)
  return {
    kind,
    description: `The model ${name}.`,
    source: `${name}.sql`,
    digest: hash(sql),
    fingerprint: hash([columns, references, sql]),
    rows: hash([references.map(({ table }) => table)]),
    columnFingerprints: Object.fromEntries(names.map((column) => [column, hash([column, sql])])),
    columns: names.map((column) => ({
      ...{ name: column, type: columns[column]!, isAdditive: true, of: [], description: `The ${column}.` },
    })),
    key: ['location_id', 'business_date'],
    partitionBy,
    clusterBy: partitionBy === null ? [] : ['location_id'],
    needs: [...needs],
    references: [...references],
    checks: [...checks],
    lineage: { columns: {}, rows: [] },
    sql: both(sql),
  }
}

/** All queries of models, and of their checks. */
export function queriesOf(models: Iterable<CompiledModel>): readonly QueryText[] {
  return [...models].flatMap((model) => {
    const own = model.kind === 'script' ? [] : [model.sql]
    return [...own, ...model.checks.map(({ sql }) => sql)]
  })
}

const KEY = { location_id: 'string', business_date: 'date' } as const

/** Net sales of a location by its orders, by its items, and both next to the week before. */
export const SALES: Models = new Map(
  Object.entries({
    orders_daily: aModel('orders_daily', {
      columns: { ...KEY, net: 'numeric', orders: 'int64' },
      references: [reads(0, 'toast.order_details', { columns: ['amount'] })],
      needs: ['order_details', 'item_selection_details'],
      sql: {
        bigquery:
          'SELECT o.location_id, o.business_date, CAST(SUM(o.amount) AS NUMERIC) AS net, COUNT(*) AS orders FROM {0} AS o GROUP BY 1, 2',
        duckdb:
          'SELECT o.location_id, o.business_date, CAST(SUM(o.amount) AS DECIMAL(38,9)) AS net, COUNT(*) AS orders FROM {0} AS o GROUP BY 1, 2',
      },
    }),
    items_daily: aModel('items_daily', {
      columns: { ...KEY, net: 'numeric' },
      references: [reads(0, 'toast.item_selection_details', { columns: ['net_price', 'is_void'] })],
      needs: ['item_selection_details'],
      sql: {
        bigquery:
          'SELECT i.location_id, i.business_date, CAST(SUM(IF(i.is_void, NULL, i.net_price)) AS NUMERIC) AS net FROM {0} AS i GROUP BY 1, 2',
        duckdb:
          'SELECT i.location_id, i.business_date, CAST(SUM(CASE WHEN i.is_void THEN NULL ELSE i.net_price END) AS DECIMAL(38,9)) AS net FROM {0} AS i GROUP BY 1, 2',
      },
    }),
    location_daily: aModel('location_daily', {
      columns: { ...KEY, net: 'numeric', net_before: 'numeric' },
      references: [
        reads(0, 'models.orders_daily', { columns: ['net'] }),
        reads(1, 'models.orders_daily', { from: -7, columns: ['net'] }),
      ],
      sql: {
        bigquery:
          'SELECT c.location_id, c.business_date, c.net, p.net AS net_before FROM {0} AS c LEFT JOIN {1} AS p ON p.location_id = c.location_id AND p.business_date = DATE_SUB(c.business_date, INTERVAL 7 DAY)',
        duckdb:
          'SELECT c.location_id, c.business_date, c.net, p.net AS net_before FROM {0} AS c LEFT JOIN {1} AS p ON p.location_id = c.location_id AND p.business_date = c.business_date - 7',
      },
      checks: [
        aCheck(
          'equals_items',
          'block',
          [reads(0, 'models.location_daily'), reads(1, 'models.items_daily')],
          'SELECT l.location_id FROM {0} AS l JOIN {1} AS i ON i.location_id = l.location_id WHERE ABS(l.net - i.net) > 1000000',
        ),
      ],
    }),
  }),
)
