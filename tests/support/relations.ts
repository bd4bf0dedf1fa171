import type { Relation, RelationColumn, TableName } from '../../functions/sql/relation.ts'

const column = (name: string, type: RelationColumn['type'], more: Partial<RelationColumn> = {}): RelationColumn => ({
  name,
  type,
  description: `What ${name} is.`,
  isRequired: false,
  rules: [],
  ...more,
})

const place = { catalog: null, schema: 'shop' } satisfies Omit<TableName, 'name'>

/** Two tables with every kind of column, constraint and rule: orders, and their items. */
export const ORDERS: Relation = {
  ...place,
  name: 'orders',
  description: "A customer's orders, one per row.",
  columns: [
    column('order_id', 'string', {
      isRequired: true,
      rules: [
        { kind: 'pattern', pattern: '[a-z]{2}\\d{1,3}' },
        { kind: 'length', min: 3, max: 5 },
      ],
    }),
    column('status', 'string', { rules: [{ kind: 'values', values: ['open', "won't pay", 'back\\slash', 'é'] }] }),
    column('amount', 'numeric', { scale: 2, isRequired: true, rules: [{ kind: 'range', min: '-5', max: '99.95' }] }),
    column('items', 'int64', { rules: [{ kind: 'range', min: '1', max: null }] }),
    column('weight', 'float64', { rules: [{ kind: 'range', min: null, max: '12.5' }] }),
    column('ordered_on', 'date', { rules: [{ kind: 'range', min: '2020-02-29', max: '2030-12-31' }] }),
    column('ordered_at', 'datetime'),
    column('paid_at', 'timestamp'),
    column('opens', 'time'),
    column('is_gift', 'bool'),
    column('note', 'string', { rules: [{ kind: 'length', min: null, max: 4 }] }),
    column('reference', 'string'),
    column('day', 'date', { isRequired: true }),
  ],
  primaryKey: ['day', 'order_id'],
  unique: [['day', 'reference']],
  foreignKeys: [],
  partitionBy: 'day',
  clusterBy: ['status'],
}

export const ITEMS: Relation = {
  ...place,
  name: 'items',
  description: 'Items of orders.',
  columns: [
    column('order_id', 'string', { isRequired: true }),
    column('line', 'int64', { isRequired: true }),
    column('price', 'numeric', { scale: 9 }),
    column('day', 'date', { isRequired: true }),
  ],
  primaryKey: ['day', 'line'],
  unique: [],
  foreignKeys: [{ columns: ['day', 'order_id'], to: { ...place, name: 'orders', columns: ['day', 'order_id'] } }],
  partitionBy: 'day',
  clusterBy: [],
}

/** A row that every rule of ORDERS takes. */
export const GOOD_ORDER = {
  order_id: 'ab1',
  status: "won't pay",
  amount: '99.95',
  items: '1',
  weight: '12.5',
  ordered_on: '2020-02-29',
  ordered_at: '2026-03-01 10:00:00',
  paid_at: '2026-03-01 10:00:00',
  opens: '10:00:00',
  is_gift: 'true',
  note: '👩‍🚀é',
  reference: 'r1',
  day: '2026-03-01',
} as const satisfies Readonly<Record<string, string>>
