import type { Column, Expression, Scan } from '../tree.ts'

/** Columns that together occur once. The empty set means that there is one row at most. */
export type Key = ReadonlySet<number>

/** Key columns of a table by their names; none where nothing is known. */
export type KeysOfTable = (table: string) => readonly (readonly string[])[]

/** Keys of the rows of a scan, as far as they follow from the keys of the tables. */
export function keysOf(
  scan: Scan,
  known: KeysOfTable,
  withs: ReadonlyMap<string, NamedKeys> = new Map(),
): readonly Key[] {
  const of = (input: Scan) => keysOf(input, known, withs)
  switch (scan.kind) {
    case 'table':
      return known(scan.table).flatMap((names) => named(names, scan.columns))
    case 'single':
      return [new Set()]
    case 'filter':
    case 'order':
    case 'window':
      return of(scan.input)
    case 'limit':
      return of(scan.input)
    case 'project': {
      const renamed = new Map<number, number>()
      for (const { column, expression } of scan.computed)
        if (expression.kind === 'column' && !expression.isCorrelated) renamed.set(expression.column.id, column.id)
      const passed = new Set(scan.columns.map(({ id }) => id))
      return of(scan.input).flatMap((key) => mapped(key, (id) => (passed.has(id) ? id : renamed.get(id))))
    }
    case 'aggregate':
    case 'pivot':
      return [new Set(scan.groupBy.map(({ column }) => column.id))]
    case 'join':
      return keysOfJoin(scan, of(scan.left), of(scan.right))
    case 'array': {
      const { offset } = scan
      if (offset === null) return []
      const inputs = scan.input === null ? [new Set<number>()] : of(scan.input)
      return inputs.map((key) => new Set([...key, offset.id]))
    }
    case 'set':
      return scan.operation === 'UNION_ALL' ? [] : [new Set(scan.columns.map(({ id }) => id))]
    case 'with': {
      const inner = new Map(withs)
      for (const { name, scan: entry } of scan.entries)
        inner.set(name, { columns: entry.columns, keys: keysOf(entry, known, inner) })
      return keysOf(scan.query, known, inner)
    }
    case 'with_reference': {
      const entry = withs.get(scan.name)
      if (!entry) return []
      const places = new Map(entry.columns.map(({ id }, at) => [id, scan.columns[at]?.id]))
      return entry.keys.flatMap((key) => mapped(key, (id) => places.get(id)))
    }
    case 'unpivot':
    case 'unknown':
      return []
  }
}

/** Columns and keys of one name of a WITH. */
interface NamedKeys {
  readonly columns: readonly Column[]
  readonly keys: readonly Key[]
}

function named(names: readonly string[], columns: readonly Column[]): readonly Key[] {
  const ids = names.map((name) => columns.find((column) => column.name.toLowerCase() === name)?.id)
  return ids.some((id) => id === undefined) ? [] : [new Set(ids.flatMap((id) => id ?? []))]
}

function mapped(key: Key, to: (id: number) => number | undefined): readonly Key[] {
  const ids = [...key].map(to)
  return ids.some((id) => id === undefined) ? [] : [new Set(ids.flatMap((id) => id ?? []))]
}

function keysOfJoin(
  scan: Extract<Scan, { kind: 'join' }>,
  left: readonly Key[],
  right: readonly Key[],
): readonly Key[] {
  const equated = equatedColumns(scan.condition)
  // A side whose whole key is equated with the other finds one row at most, so the other side keeps its keys.
  const isSingle = (keys: readonly Key[]) => keys.some((key) => [...key].every((id) => equated.has(id)))
  const keepsLeft = isSingle(right) && (scan.join === 'INNER' || scan.join === 'LEFT')
  const keepsRight = isSingle(left) && (scan.join === 'INNER' || scan.join === 'RIGHT')
  const both = left.flatMap((a) => right.map((b) => new Set([...a, ...b])))
  return [...(keepsLeft ? left : []), ...(keepsRight ? right : []), ...both]
}

function equatedColumns(condition: Expression | null): ReadonlySet<number> {
  if (condition === null) return new Set()
  return new Set(
    conjuncts(condition).flatMap((each) => {
      if (each.kind !== 'call' || each.name !== '$equal') return []
      return each.args.flatMap((arg) => (arg.kind === 'column' ? [arg.column.id] : []))
    }),
  )
}

/** The conditions that all must hold. */
export function conjuncts(condition: Expression): readonly Expression[] {
  return condition.kind === 'call' && condition.name === '$and' ? condition.args.flatMap(conjuncts) : [condition]
}

/** True if no two rows of a scan are equal in the columns. */
export function isTotal(keys: readonly Key[], columns: readonly number[]): boolean {
  const ids = new Set(columns)
  return keys.some((key) => [...key].every((id) => ids.has(id)))
}
