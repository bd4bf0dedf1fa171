import { didYouMean } from '../../lib/did-you-mean.ts'
import { carriedColumns } from '../carried.ts'
import { ruleIssues } from '../column-rules.ts'
import { type Column, type Contract, LOAD_COLUMNS } from '../contract.ts'
import { foldHeader, headersOf } from '../drift.ts'
import { parseFormat } from '../format.ts'
import { type Issue, issueOf, under } from '../issue.ts'
import { patternProblem } from '../pattern.ts'
import { CLOSEOUT_HOUR } from '../scope.ts'
import { addedColumns } from '../table.ts'
import { validateChecks } from './checks.ts'
import { validateDerived } from './derived.ts'
import { rowIssues } from './rows.ts'

export type { Issue }

/** Names of columns that every table has by itself. */
function reservedNames(contract: Contract): ReadonlySet<string> {
  return new Set([...[...addedColumns(contract), ...LOAD_COLUMNS].map(({ name }): string => name), CLOSEOUT_HOUR])
}

/** Everything a contract can have wrong beyond its schema: names, headers, formats, types of expressions. No I/O. */
export function validateContract(contract: Contract): readonly Issue[] {
  return [
    ...names(contract),
    ...rowIssues(contract),
    ...carriedIssues(contract),
    ...headers(contract),
    ...contract.columns.flatMap((column, index) => columnIssues(column).map(under(['columns', index]))),
    ...validateDerived(contract),
    ...references(contract),
    ...variantIssues(contract),
    ...datedByIssues(contract),
    ...validateChecks(contract),
  ]
}

function names(contract: Contract): readonly Issue[] {
  const { columns, derived } = contract
  const reserved = reservedNames(contract)
  const all = [
    ...columns.map(({ name }, index) => ({ name, path: ['columns', index, 'name'] })),
    ...derived.map(({ name }, index) => ({ name, path: ['derived', index, 'name'] })),
  ]
  return all.flatMap(({ name, path }, index) => {
    if (reserved.has(name)) return [{ path, message: `\`${name}\` is a column that every table has by itself` }]
    const earlier = all.findIndex((other) => other.name === name)
    return earlier < index ? [{ path, message: `there is a column \`${name}\` already` }] : []
  })
}

/** Carried columns have names of their own, and the partition is a date. */
function carriedIssues(contract: Contract): readonly Issue[] {
  const { carries = {}, columns, derived, table } = contract
  const issues: Issue[] = []
  if (carries.shard !== undefined && carries.shard === carries.window)
    issues.push({ path: ['carries', 'window'], message: `\`${carries.window}\` carries the shard already` })
  if (carries.hour !== undefined && (carries.window ?? carries.shard) === carries.hour)
    issues.push({ path: ['carries', 'hour'], message: `\`${carries.hour}\` is carried already` })
  if (carries.hour !== undefined && carries.window !== undefined)
    issues.push({ path: ['carries', 'hour'], message: 'expected `window` or `hour`: a window is a day or an hour' })
  const by = table.partitionBy
  if (by === undefined) return issues
  const all = [...columns, ...derived, ...carriedColumns(contract)]
  const found = all.find(({ name }) => name === by)
  const path = ['table', 'partition_by']
  const known = all.filter(({ type }) => type === 'date').map(({ name }) => name)
  if (!found) issues.push({ path, message: `no column \`${by}\`.${didYouMean(by, known)}` })
  else if (found.type !== 'date')
    issues.push({ path, message: `\`${by}\` is a ${found.type}; a table is partitioned by a date` })
  return issues
}

function datedByIssues({ columns, datedBy = [] }: Contract): readonly Issue[] {
  const types = datedBy.map((name) => columns.find((column) => column.name === name)?.type ?? 'absent')
  if (datedBy.length === 0 || types.join() === 'datetime' || types.toSorted().join() === 'date,time') return []
  const found = datedBy.map((name, index) => `\`${name}\` (${types[index]})`).join(', ')
  return [{ path: ['dated_by'], message: `expected one datetime column, or a date and a time; found ${found}` }]
}

function headers({ columns }: Contract): readonly Issue[] {
  const all = columns.flatMap((column, index) =>
    headersOf(column).map((header) => ({
      header: foldHeader(header),
      column: column.name,
      path: ['columns', index, 'from'],
    })),
  )
  return all.flatMap(({ header, path }, index) => {
    const earlier = all.slice(0, index).find((other) => other.header === header)
    if (!earlier) return []
    return [
      {
        path,
        message: `the header "${header}" belongs to \`${earlier.column}\` already (case and blanks do not count)`,
      },
    ]
  })
}

function columnIssues(column: Column): readonly Issue[] {
  const { type, privacy, optional, required, values } = column
  const issues: Issue[] = [...formatIssues(column), ...textIssues(column), ...ruleIssues(column)]
  if (optional && required)
    issues.push({ path: ['optional'], message: 'a column cannot be optional and required at once' })
  if (type !== 'string' && (privacy === 'hash' || privacy === 'mask'))
    issues.push({
      path: ['privacy'],
      message: `only a string can be ${privacy}ed, this is a ${type}; use drop or keep`,
    })
  if (values && (type !== 'string' || privacy !== 'keep'))
    issues.push({ path: ['values'], message: 'only a string that is kept can have a list of values' })
  return issues
}

function textIssues({ type, pattern, allow }: Column): readonly Issue[] {
  if (type !== 'string')
    return [
      ...(pattern === undefined
        ? []
        : [{ path: ['pattern'], message: `only a string has a pattern, this is a ${type}` }]),
      ...(allow === undefined ? [] : [{ path: ['allow'], message: `only a string can hold lines, this is a ${type}` }]),
    ]
  if (pattern === undefined) return []
  if (allow !== undefined) return [{ path: ['allow'], message: 'a pattern says already what may stand in the text' }]
  const problem = patternProblem(pattern)
  return problem === null ? [] : [{ path: ['pattern'], message: problem }]
}

function formatIssues({ type, format }: Column): readonly Issue[] {
  const dated = type === 'date' || type === 'time' || type === 'datetime'
  if (!dated)
    return format === undefined
      ? []
      : [{ path: ['format'], message: `a ${type} has no format; date, time and datetime do` }]
  if (format === undefined) return [{ path: ['type'], message: `a ${type} needs a format, such as \`M/d/yy h:mm a\`` }]
  const list = typeof format === 'string' ? [format] : format
  return list.flatMap((pattern, index) => {
    const path = typeof format === 'string' ? ['format'] : ['format', index]
    const invalid = issueOf(path, () => parseFormat(pattern))
    if (invalid.length > 0) return invalid
    const found = parseFormat(pattern).type
    return found === type
      ? []
      : [{ path, message: `\`${pattern}\` is the format of a ${found}, the column is a ${type}` }]
  })
}

function variantIssues({ variants = [], columns }: Contract): readonly Issue[] {
  const known = columns.map(({ name }) => name)
  return variants.flatMap(({ lacks }, variant) =>
    lacks.flatMap((name, index) => {
      const message = `no column \`${name}\` of the file.${didYouMean(name, known)}`
      return known.includes(name) ? [] : [{ path: ['variants', variant, 'lacks', index], message }]
    }),
  )
}

function references(contract: Contract): readonly Issue[] {
  const { key, table, columns, derived } = contract
  const known = [...columns, ...derived, ...addedColumns(contract)].map(({ name }) => name)
  const hidden = new Map(
    columns
      .filter(({ privacy }) => privacy === 'mask' || privacy === 'drop')
      .map((column) => [column.name, column.privacy]),
  )
  const check = (list: readonly string[], path: Issue['path']): readonly Issue[] =>
    list.flatMap((name, index) => {
      const at = [...path, index]
      if (!known.includes(name)) return [{ path: at, message: `no column \`${name}\`.${didYouMean(name, known)}` }]
      if (list.indexOf(name) < index) return [{ path: at, message: `\`${name}\` stands here twice` }]
      const privacy = hidden.get(name)
      return privacy
        ? [{ path: at, message: `\`${name}\` has privacy: ${privacy}, so it tells no rows apart; use hash` }]
        : []
    })
  return [...check(key, ['key']), ...check(table.clusterBy, ['table', 'cluster_by'])]
}
