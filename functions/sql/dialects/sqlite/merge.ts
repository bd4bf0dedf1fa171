import { type Merge, type Preference, preferredSql } from '../../write.ts'
import { quoteIdentifier } from './quote.ts'

/** Takes the rows of a staging table into a table, in order: changes rows that have the key, then inserts the others. */
export function mergeSql({ target, stage, strategy, key, columns, stamp }: Merge): readonly string[] {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const into = [...names, ...(stamp === null ? [] : [quoteIdentifier(stamp.column)])].join(', ')
  const values = [...names.map((name) => `s.${name}`), ...(stamp === null ? [] : [stamp.value])].join(', ')
  const same = joinedBy(key)
  const changes = columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name, prefer }) => {
      const own = quoteIdentifier(name)
      return `${own} = ${strategy === 'overwrite' ? `s.${own}` : preferred(prefer, `t.${own}`, `s.${own}`)}`
    })
  const isChanging = (strategy === 'overwrite' || strategy === 'merge') && changes.length > 0
  const isPlain = strategy === 'replace' || strategy === 'append'
  const others = isPlain ? '' : ` WHERE NOT EXISTS (SELECT 1 FROM ${target} AS t WHERE ${same})`
  return [
    ...(isChanging ? [`UPDATE ${target} AS t SET ${changes.join(', ')} FROM ${stage} AS s WHERE ${same}`] : []),
    `INSERT INTO ${target} (${into}) SELECT ${values} FROM ${stage} AS s${others}`,
  ]
}

/** The condition under which a row `t` of a table and a row `s` of its staging table have one key. */
export function joinedBy(key: readonly string[]): string {
  return key.map((name) => `t.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(' AND ')
}

/** Its functions of several values are `max` and `min`, and NULL where one value is. */
function preferred(prefer: Preference, own: string, theirs: string): string {
  if (prefer === 'source' || prefer === 'destination') return preferredSql(prefer, own, theirs)
  return `coalesce(${prefer === 'greatest' ? 'max' : 'min'}(${own}, ${theirs}), ${own}, ${theirs})`
}
