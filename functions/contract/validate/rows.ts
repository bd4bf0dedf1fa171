import { didYouMean } from '../../lib/did-you-mean.ts'
import type { Contract } from '../contract.ts'
import { headersOf } from '../drift.ts'
import type { Issue } from '../issue.ts'

/** Issues with members that `format: json` requires, and with members that only it allows. */
export function rowIssues(contract: Contract): readonly Issue[] {
  const { format = 'csv', rows } = contract
  if (format !== 'json') return otherIssues(contract)
  if (rows === undefined)
    return [{ path: ['format'], message: 'json needs `rows`: the lists that lead to the objects that become rows' }]
  const split = contract.datedBy ? [{ path: ['dated_by'], message: 'a JSON file is one day; it cannot be split' }] : []
  return [...split, ...stepIssues(rows), ...pathIssues(contract, rows)]
}

/** A file in another format than JSON has no lists, and only CSV can be split by day. */
function otherIssues({ format = 'csv', rows, datedBy }: Contract): readonly Issue[] {
  return [
    ...(rows === undefined ? [] : [{ path: ['rows'], message: 'only a file with `format: json` has rows to find' }]),
    ...(format === 'csv' || datedBy === undefined
      ? []
      : [{ path: ['dated_by'], message: `a file with \`format: ${format}\` is one day; it cannot be split` }]),
  ]
}

type Rows = NonNullable<Contract['rows']>

function stepIssues(rows: Rows): readonly Issue[] {
  return rows.flatMap(({ list, as, nested }, at): readonly Issue[] => {
    const isEdge = at === 0 || at === rows.length - 1
    return [
      ...(list === undefined && at > 0
        ? [{ path: ['rows', at], message: 'only the first step may leave out `list`' }]
        : []),
      ...(nested && isEdge
        ? [{ path: ['rows', at, 'nested'], message: 'the first and the last step cannot be nested' }]
        : []),
      ...(as === 'parent'
        ? [{ path: ['rows', at, 'as'], message: '`parent` names the nearest object around a row already' }]
        : []),
      ...(as !== undefined && at === rows.length - 1
        ? [{ path: ['rows', at, 'as'], message: 'the last step finds the rows, whose keys need no name' }]
        : []),
    ]
  })
}

function pathIssues({ columns }: Contract, rows: Rows): readonly Issue[] {
  const names = ['parent', ...rows.flatMap(({ as }) => as ?? [])]
  return columns.flatMap((column, index) =>
    headersOf(column).flatMap((from): readonly Issue[] => {
      const [first = '', ...keys] = from.split('.')
      if ([first, ...keys].some((key) => key === ''))
        return [{ path: ['columns', index, 'from'], message: `"${from}" has a key without a name` }]
      if (names.includes(first) && keys.length === 0)
        return [{ path: ['columns', index, 'from'], message: `"${from}" is an object; say which key of it` }]
      const meant = keys.length > 0 ? didYouMean(first, names) : ''
      // A path may lead through objects of the row itself, so a name that is only similar is a mistake.
      return meant === '' || names.includes(first)
        ? []
        : [{ path: ['columns', index, 'from'], message: `no step has the name \`${first}\`.${meant}` }]
    }),
  )
}
