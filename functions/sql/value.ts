/** Types that a value keeps on its way from any system to any other. Each system maps them to its own. */
export const VALUE_TYPES = [
  'string',
  'int64',
  'numeric',
  'float64',
  'bool',
  'date',
  'time',
  'datetime',
  'timestamp',
  'bytes',
  'json',
  'uuid',
] as const

/** Type of a value between systems. `datetime` is local wall clock, `timestamp` an instant. */
export type ValueType = (typeof VALUE_TYPES)[number]

/** Values of a type that a destination does not have: a row with one is a reject. */
export type Refusal = 'infinite' | 'not a number' | 'years' | 'nul'

/** How a text of a file becomes a value of its column. */
export type Conversion =
  /** An amount with marks of a currency and of thousands, and its decimal mark. */
  | { readonly by: 'money'; readonly decimal: '.' | ',' }
  /** A day or a time by the first pattern that it has. */
  | { readonly by: 'format'; readonly formats: readonly string[] }

/** A column between systems. */
export interface ValueColumn {
  /** Name at the destination. */
  readonly name: string
  readonly type: ValueType
  /** Digits of a numeric in all, and after the point. Null for a numeric without limits. */
  readonly precision: number | null
  readonly scale: number | null
  /** The type as the source writes it, e.g. `numeric(38,10)`; null where the source has no such text. */
  readonly native: string | null
  readonly isRequired: boolean
  /** Values that the destination does not have. Absent: it has all. */
  readonly refuses?: readonly Refusal[]
  /** Absent: the text is that of a value already. */
  readonly conversion?: Conversion
}

/** Sum of a column by which two systems are compared. Each type has one, the same in every system. */
export type Measure = 'sum' | 'microseconds' | 'days' | 'bytes' | 'trues' | 'none'

/**
 * The measure of a column: exact sums of numbers, microseconds of times, bytes of texts, flags that are true. A float has no exact
 * sum, and a numeric without limits is compared by the bytes of its text.
 */
export function measureOf({ type, precision }: Pick<ValueColumn, 'type' | 'precision'>): Measure {
  switch (type) {
    case 'int64':
      return 'sum'
    case 'numeric':
      return precision !== null && precision <= 38 ? 'sum' : 'bytes'
    case 'date':
      return 'days'
    case 'time':
    case 'datetime':
    case 'timestamp':
      return 'microseconds'
    case 'bool':
      return 'trues'
    case 'float64':
      return 'none'
    case 'uuid':
    case 'string':
    case 'bytes':
    case 'json':
      return 'bytes'
  }
}

/** How thoroughly two systems are compared: rows; exact sums of numbers; sums of every column; a hash of every row. */
export const LEVELS = ['count', 'sums', 'totals', 'content'] as const
/** A level of comparison. */
export type Level = (typeof LEVELS)[number]

/** A sum to compare: its name in a list of totals, and the column and measure it is made of. */
export interface Total {
  readonly name: string
  readonly column: ValueColumn
  readonly measure: Exclude<Measure, 'none'> | 'values'
}

/** The sums that a level compares, in the order of the columns. */
export function totalsOf(columns: readonly ValueColumn[], level: Level): readonly Total[] {
  if (level === 'count') return []
  return columns.flatMap((column): readonly Total[] => {
    const measure = measureOf(column)
    if (level === 'sums') return measure === 'sum' ? [{ name: column.name, column, measure }] : []
    const values = { name: `${column.name}:values`, column, measure: 'values' } as const
    return measure === 'none' ? [values] : [{ name: column.name, column, measure }, values]
  })
}
