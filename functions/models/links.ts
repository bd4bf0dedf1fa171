import type { Lineage } from './compiled.ts'
import { type Expression, inputsOf, type Query, type Scan, tableScansOf } from './tree.ts'

/**
 * Columns of tables that equal an output column in every row that takes part: by the column itself, by an equality in ON or WHERE,
 * or by a group. Only where all places that read the table agree. It narrows the rows that a row of the result can be made of.
 */
export function linksOf({ output, scan }: Pick<Query, 'output' | 'scan'>): NonNullable<Lineage['links']> {
  const classes = new Map<number, number>()
  equate(scan, classes)
  const tables = Map.groupBy(tableScansOf(scan), ({ table }) => table)
  const linked = output.map(({ name, column }) => {
    const own = classOf(classes, column.id)
    const found = [...tables].flatMap(([table, scans]) => {
      const names = scans.map(({ columns }) =>
        columns.filter(({ id }) => classOf(classes, id) === own).map((each) => each.name),
      )
      const [first = [], ...others] = names
      return first
        .filter((each) => others.every((more) => more.includes(each)))
        .map((each) => ({ table, column: each }))
    })
    return [name, found] as const
  })
  return Object.fromEntries(linked.filter(([, found]) => found.length > 0))
}

/** Puts columns that are equal in every row of the scan into one class. Subqueries of expressions and WITH stay apart. */
function equate(scan: Scan, classes: Map<number, number>): void {
  for (const input of inputsOf(scan)) equate(input, classes)
  if (scan.kind === 'project') for (const one of scan.computed) same(one.column.id, one.expression, classes)
  if (scan.kind === 'aggregate') for (const one of scan.groupBy) same(one.column.id, one.expression, classes)
  if (scan.kind === 'filter') conditions(scan.condition, classes)
  if (scan.kind === 'join' && scan.condition !== null) conditions(scan.condition, classes)
}

function conditions(expression: Expression, classes: Map<number, number>): void {
  if (expression.kind !== 'call') return
  if (expression.name === '$and') for (const each of expression.args) conditions(each, classes)
  const [left, right] = expression.args
  if (expression.name === '$equal' && left?.kind === 'column' && right) same(left.column.id, right, classes)
}

function same(id: number, expression: Expression, classes: Map<number, number>): void {
  if (expression.kind !== 'column' || expression.isCorrelated) return
  const [to, from] = [classOf(classes, id), classOf(classes, expression.column.id)]
  if (to !== from) classes.set(from, to)
}

function classOf(classes: ReadonlyMap<number, number>, id: number): number {
  const above = classes.get(id)
  return above === undefined ? id : classOf(classes, above)
}
