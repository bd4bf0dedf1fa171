import { SYSTEMS, typesBetween } from '../../functions/sql/fidelity.ts'
import { code, page, table } from './markdown.ts'

const NAMES: Readonly<Record<string, string>> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL and MariaDB',
  sqlite: 'SQLite',
  duckdb: 'DuckDB',
}

/** docs/reference/table-types.md: each type of each system, and what it becomes in every other. */
export function tableTypesPage(): string {
  const intro =
    'Types of tables that are copied, from each system to each other one: [tables.md](../tables.md). Between two of one kind each column keeps its type and its text.'
  const sections = SYSTEMS.flatMap((source) =>
    SYSTEMS.filter((other) => other !== source).map((destination) => section(source, destination)),
  )
  return [page('Types of tables', intro, 'functions/sql/fidelity.ts'), sections.join('\n')].join('\n')
}

function section(source: string, destination: string): string {
  const rows = typesBetween(source, destination).map(({ natives, note, held }) => [
    natives,
    held.map((one) => code(one.held)).join(' or '),
    unique([note, ...held.map((one) => one.note)]),
    unique(held.map((one) => one.rejects)),
  ])
  return `## ${nameOfSystem(source)} to ${nameOfSystem(destination)}\n\n${table(['type', 'becomes', 'in another form', 'rejected'], rows)}\n`
}

/** The name of a system, for people. */
export const nameOfSystem = (system: string): string => NAMES[system] ?? system

function unique(texts: readonly string[]): string {
  return [...new Set(texts.filter((text) => text !== ''))].join('; ')
}
