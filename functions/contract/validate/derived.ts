import { didYouMean } from '../../lib/did-you-mean.ts'
import { DUCKDB } from '../../sql/dialects/duckdb/dialect.ts'
import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import type { Column, ColumnType, Contract, DerivedColumn } from '../contract.ts'
import { type Issue, issueOf } from '../issue.ts'
import { compileDerived } from '../scope.ts'

/** Input and output types of each way of parsing. */
const PARSES = {
  signed_clock_duration: { takes: 'string', gives: 'int64' },
  prose_duration: { takes: 'string', gives: 'int64' },
  utc: { takes: 'datetime', gives: 'timestamp' },
} as const satisfies Record<string, { takes: ColumnType; gives: ColumnType }>

/** Problems of derived columns: either `parse` with its source or an `expression` of the column's type. */
export function validateDerived(contract: Contract): readonly Issue[] {
  return contract.derived.flatMap((derived, index) => {
    const path = ['derived', index]
    if (derived.parse && derived.expression !== undefined)
      return [{ path, message: `\`${derived.name}\` has parse and expression; it can have one` }]
    if (derived.parse) return parseIssues(contract, derived, path)
    if (derived.from !== undefined)
      return [{ path: [...path, 'from'], message: '`from` needs `parse`; an expression names its columns itself' }]
    if (derived.expression === undefined)
      return [{ path, message: `\`${derived.name}\` needs parse or expression: how is it made?` }]
    const writing = { dialect: DUCKDB, sql: (name: string) => quoteIdentifier(name) } as const
    return issueOf([...path, 'expression'], () => compileDerived(contract, derived.name, writing))
  })
}

function parseIssues(contract: Contract, derived: DerivedColumn, path: Issue['path']): readonly Issue[] {
  const { name, parse, from, type } = derived
  if (!parse) return []
  if (from === undefined) return [{ path, message: `\`${name}\` needs \`from\`: the column that is parsed` }]
  const above: readonly (Column | DerivedColumn)[] = [
    ...contract.columns,
    ...contract.derived.slice(0, contract.derived.indexOf(derived)),
  ]
  const source = above.find((column) => column.name === from)
  const at = [...path, 'from']
  const known = above.map((column) => column.name)
  if (!source) return [{ path: at, message: `no column \`${from}\` above it.${didYouMean(from, known)}` }]
  const { takes, gives } = PARSES[parse]
  if (source.type !== takes)
    return [{ path: at, message: `${parse} takes a ${takes}, \`${from}\` is a ${source.type}` }]
  if ('privacy' in source && source.privacy !== 'keep')
    return [{ path: at, message: `\`${from}\` has privacy: ${source.privacy}, so there is nothing left to parse` }]
  return type === gives ? [] : [{ path: [...path, 'type'], message: `${parse} gives a ${gives}, not a ${type}` }]
}
