import type { Relation } from '../sql/relation.ts'
import { carriedColumns, shardColumn } from './carried.ts'
import { columnRules } from './column-rules.ts'
import type { Contract } from './contract.ts'
import { tableOf } from './table.ts'

/** Where a table of a contract is to be. */
export interface RelationPlace {
  readonly catalog: string | null
  readonly schema: string
}

/**
 * The table of a contract with what its rows promise: keys, absent values, rules of single columns. A key identifies a row
 * of one load, so the date that a load replaces is part of it.
 */
export function relationOf(contract: Contract, { catalog, schema }: RelationPlace): Relation {
  const { columns, description, clusterBy, partitionColumn: partitionBy } = tableOf(contract, schema)
  const present = presentColumns(contract)
  const key = inLoad(contract.key, partitionBy)
  const isPrimary = key.every((name) => present.has(name))
  return {
    catalog,
    schema,
    name: contract.stream,
    description,
    columns: columns.map((column) => ({
      ...column,
      isRequired: present.has(column.name),
      rules: contract.columns.filter(({ name }) => name === column.name).flatMap(columnRules),
    })),
    primaryKey: isPrimary ? key : [],
    unique: withoutRepeats([...(isPrimary ? [] : [key]), ...uniqueKeys(contract, partitionBy)], isPrimary ? key : []),
    foreignKeys: [],
    partitionBy,
    clusterBy,
  }
}

/** Columns without NULL: carried by every row, or required and kept in some form. */
function presentColumns(contract: Contract): ReadonlySet<string> {
  const required = contract.columns.filter((column) => column.required && column.privacy !== 'drop')
  return new Set([...required, ...carriedColumns(contract)].map(({ name }) => name))
}

const inLoad = (key: readonly string[], partition: string | null): readonly string[] =>
  partition === null || key.includes(partition) ? key : [partition, ...key]

/** Keys whose repetition keeps a row or a file out, so that no table has one twice. A slice is of one shard. */
function uniqueKeys(contract: Contract, partition: string | null): readonly (readonly string[])[] {
  const shard = shardColumn(contract)?.name
  return contract.checks.flatMap((check) => {
    if (!('unique' in check) || check.emptyCounts || (check.effect !== 'quarantine' && check.effect !== 'block'))
      return []
    return [
      inLoad(shard === undefined || check.unique.includes(shard) ? check.unique : [shard, ...check.unique], partition),
    ]
  })
}

function withoutRepeats(
  keys: readonly (readonly string[])[],
  primaryKey: readonly string[],
): readonly (readonly string[])[] {
  const seen = new Set([sorted(primaryKey)])
  return keys.filter((key) => !seen.has(sorted(key)) && seen.add(sorted(key)))
}

const sorted = (key: readonly string[]): string => key.toSorted().join()
