import type { Database, TableShape } from './database.ts'

/** A pattern that a difference of two schemas calls for. */
export interface Suggestion {
  readonly table: string
  readonly pattern: 'copy_table' | 'add_enum_values' | 'remap_keys'
  readonly reason: string
}

/** Names patterns from the differences between a database as it is and one as it shall be. */
export async function suggest(now: Database, then: Database): Promise<readonly Suggestion[]> {
  const [before, after] = [await tablesOf(now), await tablesOf(then)]
  return [...after].flatMap(([name, table]) => {
    const old = before.get(name)
    return old === undefined ? [] : differences(old, table)
  })
}

async function tablesOf(database: Database): Promise<ReadonlyMap<string, TableShape>> {
  const all = await Array.fromAsync(database.discover())
  return new Map(all.filter(({ name }) => !name.startsWith('_daybreak')).map((table) => [table.name, table]))
}

/** Pure: what differs between a table and what it shall be. */
export function differences(old: TableShape, table: TableShape): readonly Suggestion[] {
  const { name } = table
  const found: Suggestion[] = []
  const others: string[] = []
  for (const column of table.columns) {
    const before = old.columns.find((each) => each.name === column.name)
    if (before === undefined) {
      others.push(`${column.name} is new`)
      continue
    }
    const [had, has] = [labelsOf(before), labelsOf(column)]
    const added = has.filter((label) => !had.includes(label))
    const isGrown = had.length > 0 && had.every((label) => has.includes(label))
    if (isGrown && added.length > 0)
      found.push({ table: name, pattern: 'add_enum_values', reason: `${column.name} gets ${added.join(', ')}` })
    else if (before.native !== column.native || had.join() !== has.join()) {
      if (table.primaryKey.includes(column.name))
        found.push({
          table: name,
          pattern: 'remap_keys',
          reason: `the key ${column.name} is ${before.native}, and shall be ${column.native}`,
        })
      else others.push(`${column.name} is ${before.native}, and shall be ${column.native}`)
    }
  }
  others.push(
    ...old.columns
      .filter((each) => !table.columns.some((column) => column.name === each.name))
      .map((each) => `${each.name} goes`),
  )
  if (others.length > 0) found.push({ table: name, pattern: 'copy_table', reason: others.join('; ') })
  return found
}

function labelsOf({ labels, native }: TableShape['columns'][number]): readonly string[] {
  if (labels !== null && labels !== undefined) return labels
  if (!/^enum\(/i.test(native ?? '')) return []
  return [...(native ?? '').matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) => label)
}
