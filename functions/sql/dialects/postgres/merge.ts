import { type Merge, preferredSql, type Strategy } from '../../write.ts'
import { quoteIdentifier } from './quote.ts'

/**
 * Takes the rows of a staging table into a table, and gives one row: how many were inserted, and how many changed. A key that is
 * not unique fails the statement: an index of it must be there.
 */
export function mergeSql({ target, stage, strategy, key, columns, stamp }: Merge): string {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const into = [...names, ...(stamp === null ? [] : [quoteIdentifier(stamp.column)])].join(', ')
  const values = [...names, ...(stamp === null ? [] : [stamp.value])].join(', ')
  const insert = `INSERT INTO ${target} AS t (${into}) SELECT ${values} FROM ${stage}`
  const keys = key.map(quoteIdentifier).join(', ')
  const changes = columns.filter(({ name }) => !key.includes(name)).map((column) => assignment(column, strategy))
  const conflict =
    strategy === 'skip' || ((strategy === 'overwrite' || strategy === 'merge') && changes.length === 0)
      ? ` ON CONFLICT (${keys}) DO NOTHING`
      : strategy === 'overwrite' || strategy === 'merge'
        ? ` ON CONFLICT (${keys}) DO UPDATE SET ${changes.join(', ')}`
        : ''
  return `WITH written AS (${insert}${conflict} RETURNING (t.xmax = 0) AS is_new)
SELECT count(*) FILTER (WHERE is_new)::text AS inserted, count(*) FILTER (WHERE NOT is_new)::text AS updated FROM written`
}

function assignment({ name, prefer }: Merge['columns'][number], strategy: Strategy): string {
  const column = quoteIdentifier(name)
  const [own, theirs] = [`t.${column}`, `EXCLUDED.${column}`]
  if (strategy === 'overwrite') return `${column} = ${theirs}`
  return `${column} = ${preferredSql(prefer, own, theirs)}`
}
