import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadContract } from '../../functions/config/project.ts'
import { carriedColumns } from '../../functions/contract/carried.ts'
import { type Contract, fileOf, LOAD_COLUMNS, PROVENANCE_COLUMNS } from '../../functions/contract/contract.ts'
import { duckdbType } from '../../functions/sql/dialects/duckdb/column-type.ts'
import { code, page, table } from './markdown.ts'

const INTRO =
  'One table per stream, one partition per business date. Types are those of DuckDB; `daybreak contract ddl STREAM --dialect bigquery` prints the others.'

/** docs/reference/streams.md: every table and column, from the contracts. */
export async function streamsPage(root: string): Promise<string> {
  const folder = join(root, 'config', 'contracts')
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yaml')).toSorted()
  const contracts = await Promise.all(names.map((name) => loadContract(join(folder, name), {})))
  return [page('Streams', INTRO, 'config/contracts'), ...contracts.map(stream), ownColumns()].join('\n')
}

function stream(contract: Contract): string {
  const { stream, description, key, columns, derived, checks } = contract
  const { clusterBy } = contract.table
  const fromFile = columns.map(({ name, from, description: meaning, privacy, required, ...column }) => [
    code(name),
    duckdbType(column),
    [from].flat().map(code).join(' or '),
    [required ? 'required' : '', privacy === 'keep' ? '' : privacy].filter(Boolean).join(', '),
    meaning,
  ])
  const made = derived.map(({ name, description: meaning, ...column }) => [
    code(name),
    duckdbType(column),
    code(column.expression ?? `${column.parse}(${column.from})`),
    'derived',
    meaning,
  ])
  const rules = checks.map((check) => [code(check.name), check.rule ?? '', check.effect, check.description ?? ''])
  return [
    `## ${stream}\n\n${description}\n`,
    `File ${code(fileOf(contract))}. Key: ${key.map(code).join(', ')}. Clustered by ${clusterBy.map(code).join(', ') || 'nothing'}.\n`,
    table(['column', 'type', 'from', '', 'meaning'], [...fromFile, ...made]),
    rules.length > 0 ? `\n${table(['check', 'rule', 'effect', 'meaning'], rules)}\n` : '',
  ].join('\n')
}

function ownColumns(): string {
  const rows = [...carriedColumns({}), ...PROVENANCE_COLUMNS, ...LOAD_COLUMNS].map(({ name, type, description }) => [
    code(name),
    duckdbType({ type }),
    description,
  ])
  return `## Columns of every table\n\n${table(['column', 'type', 'meaning'], rows)}\n`
}
