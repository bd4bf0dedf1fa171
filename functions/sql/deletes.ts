/** A table, the keys that its source has, and the column of rows that are deleted. All members are SQL. */
interface Deleting {
  readonly target: string
  /** Table of the keys, with the columns of the key. */
  readonly stage: string
  readonly key: readonly string[]
  /** Column with the instant of a row's deletion; null where rows are removed. */
  readonly column: string | null
  readonly at: string
}

/** Queries and statements that delete rows whose key a source has no longer. */
interface DeletesSql {
  /** Rows that are not deleted, as it stands after FROM. */
  readonly present: string
  /** Those of them whose key is gone, as it stands after FROM. */
  readonly gone: string
  readonly remove: string
  /** Rows that were deleted and are there again; null where rows are removed. */
  readonly revive: string | null
}

/** Pure: how rows are deleted by their keys. A row without a key stays. */
export function deletesSql({ target, stage, key, column, at }: Deleting): DeletesSql {
  const known = `EXISTS (SELECT 1 FROM ${stage} AS k WHERE ${key.map((name) => `k.${name} = ${target}.${name}`).join(' AND ')})`
  const own = column === null ? null : `${target}.${column}`
  const present = [
    ...key.map((name) => `${target}.${name} IS NOT NULL`),
    ...(own === null ? [] : [`${own} IS NULL`]),
  ].join(' AND ')
  const gone = `${present} AND NOT ${known}`
  return {
    present: `${target} WHERE ${present}`,
    gone: `${target} WHERE ${gone}`,
    remove:
      own === null ? `DELETE FROM ${target} WHERE ${gone}` : `UPDATE ${target} SET ${column} = ${at} WHERE ${gone}`,
    revive: own === null ? null : `UPDATE ${target} SET ${column} = NULL WHERE ${own} IS NOT NULL AND ${known}`,
  }
}
