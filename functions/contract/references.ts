import { didYouMean } from '../lib/did-you-mean.ts'
import { constraintName, type ForeignKey } from '../sql/relation.ts'
import { partitionColumn, shardColumn } from './carried.ts'
import type { Contract, ExistsCheck, Reference } from './contract.ts'
import type { Issue } from './issue.ts'
import { type RelationPlace, relationOf } from './relation.ts'

/** Contracts by stream. */
export type Streams = ReadonlyMap<string, Contract>

/**
 * References of contracts as checks of their pipeline: each value of the column occurs in the other stream of the same
 * location and day. A file with an orphan is loaded with a warning, or blocked.
 */
export function referenceChecks(streams: Streams): readonly ExistsCheck[] {
  return [...streams.values()].flatMap((contract) =>
    (contract.references ?? []).flatMap((reference): readonly ExistsCheck[] => {
      const [column = ''] = reference.columns
      const [key] = ownKey(streams.get(reference.to))
      if (key === undefined) return []
      return [
        {
          name: nameOf(contract, reference),
          effect: reference.effect === 'warn' ? 'warn' : 'block',
          every: { stream: contract.stream, where: `${column} is not null`, by: column },
          existsIn: { stream: reference.to, by: key },
        },
      ]
    }),
  )
}

/** Name of the check of a reference. */
function nameOf({ stream }: Contract, { columns, to }: Reference): string {
  return constraintName(stream, ...columns, 'in', to)
}

/** Columns of the key that a row does not get from its slice. */
function ownKey(contract: Contract | undefined): readonly string[] {
  if (!contract) return []
  const given = [shardColumn(contract)?.name, partitionColumn(contract)]
  return contract.key.filter((name) => !given.includes(name))
}

/** Foreign keys of a table. One to a stream whose key may be absent is none. */
export function foreignKeysOf(contract: Contract, place: RelationPlace, streams: Streams): readonly ForeignKey[] {
  return (contract.references ?? []).flatMap((reference): readonly ForeignKey[] => {
    const to = streams.get(reference.to)
    if (!to) return []
    const { primaryKey } = relationOf(to, place)
    const given = [...reference.columns]
    const columns = primaryKey.map((name) => {
      if (name === partitionColumn(to)) return partitionColumn(contract)
      if (name === shardColumn(to)?.name) return shardColumn(contract)?.name ?? null
      return given.shift() ?? null
    })
    const complete = columns.filter((name) => name !== null)
    if (complete.length === 0 || complete.length < columns.length) return []
    return [{ columns: complete, to: { ...place, name: to.stream, columns: primaryKey } }]
  })
}

/** Problems of the references of a contract among the streams of its pipeline. */
export function referenceIssues(contract: Contract, streams: Streams): readonly Issue[] {
  const { references = [] } = contract
  return references.flatMap((reference, index) => {
    const path = ['references', index]
    const to = streams.get(reference.to)
    if (!to) {
      const message = `\`${reference.to}\` is no stream of this pipeline.${didYouMean(reference.to, [...streams.keys()])}`
      return [{ path: [...path, 'to'], message }]
    }
    return columnIssues(contract, reference, to).map((message) => ({ path: [...path, 'columns'], message }))
  })
}

function columnIssues(contract: Contract, { columns }: Reference, to: Contract): readonly string[] {
  const [name = ''] = columns
  const column = contract.columns.find((one) => one.name === name)
  if (!column) {
    const known = contract.columns.map((one) => one.name)
    return [`no column \`${name}\` of the file.${didYouMean(name, known)}`]
  }
  const key = ownKey(to)
  const target = to.columns.find((one) => one.name === key[0])
  if (key.length !== 1 || !target)
    return [
      `the key of \`${to.stream}\` is ${to.key.join(', ')}; expected one column in addition to those of shard and window`,
    ]
  if (column.type !== target.type)
    return [`\`${name}\` is a ${column.type}, and \`${target.name}\` of \`${to.stream}\` a ${target.type}`]
  if (column.privacy !== target.privacy || column.privacy === 'mask' || column.privacy === 'drop')
    return [
      `\`${name}\` has privacy: ${column.privacy}, and \`${target.name}\` of \`${to.stream}\` ${target.privacy}; expected keep or hash on both sides`,
    ]
  return []
}

/** Contracts in an order in which each comes after those that it refers to; null when they refer to each other in a circle. */
export function inReferenceOrder(contracts: readonly Contract[]): readonly Contract[] | null {
  const streams = new Set(contracts.map(({ stream }) => stream))
  const ordered: Contract[] = []
  let open = [...contracts]
  while (open.length > 0) {
    const placed = new Set(ordered.map(({ stream }) => stream))
    const ready = open.filter(({ stream, references = [] }) =>
      references.every(({ to }) => to === stream || placed.has(to) || !streams.has(to)),
    )
    if (ready.length === 0) return null
    ordered.push(...ready)
    open = open.filter((contract) => !ready.includes(contract))
  }
  return ordered
}
