import { type Merge, type Preference, preferredSql } from '../../write.ts'
import { quoteIdentifier } from './quote.ts'

/**
 * Takes the rows of a staging table into a table, in order: changes rows that have the key, then inserts the others. No statement uses
 * `ON DUPLICATE KEY`, which changes a row that meets any unique index, whether it is the key or not.
 */
export function mergeSql({ target, stage, strategy, key, columns, stamp }: Merge): readonly string[] {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const into = [...names, ...(stamp === null ? [] : [quoteIdentifier(stamp.column)])].join(', ')
  const values = [...names.map((name) => `s.${name}`), ...(stamp === null ? [] : [stamp.value])].join(', ')
  const same = joinedBy(key)
  const changes = columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name, prefer }) => {
      const [own, theirs] = [`t.${quoteIdentifier(name)}`, `s.${quoteIdentifier(name)}`]
      return `${own} = ${strategy === 'overwrite' ? theirs : preferred(prefer, own, theirs)}`
    })
  const isChanging = (strategy === 'overwrite' || strategy === 'merge') && changes.length > 0
  const isPlain = strategy === 'replace' || strategy === 'append'
  const others = isPlain ? '' : ` WHERE NOT EXISTS (SELECT 1 FROM ${target} AS t WHERE ${same})`
  return [
    ...(isChanging ? [`UPDATE ${target} AS t JOIN ${stage} AS s ON ${same} SET ${changes.join(', ')}`] : []),
    `INSERT INTO ${target} (${into}) SELECT ${values} FROM ${stage} AS s${others}`,
  ]
}

/** The condition under which a row `t` of a table and a row `s` of its staging table have one key. */
export function joinedBy(key: readonly string[]): string {
  return key.map((name) => `t.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(' AND ')
}

/** Its GREATEST and LEAST are NULL where one value is. */
function preferred(prefer: Preference, own: string, theirs: string): string {
  const value = preferredSql(prefer, own, theirs)
  return prefer === 'greatest' || prefer === 'least' ? `coalesce(${value}, ${own}, ${theirs})` : value
}
