import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ERRORS, type ErrorCode } from '../../functions/errors.ts'
import { SYSTEMS, typesBetween } from '../../functions/sql/fidelity.ts'
import { code, table } from './markdown.ts'
import { nameOfSystem } from './table-types.ts'

interface Connector {
  /** Name in functions/sql/fidelity.ts; null where types are those of the files. */
  readonly system: string | null
  /** Folders below functions/adapters whose errors people meet. */
  readonly folders: readonly string[]
}

const CONNECTORS: Readonly<Record<string, Connector>> = {
  postgres: { system: 'postgres', folders: ['postgres'] },
  mysql: { system: 'mysql', folders: ['mysql'] },
  sqlite: { system: 'sqlite', folders: ['sqlite'] },
  duckdb: { system: 'duckdb', folders: ['duckdb/tables', 'duckdb/warehouse'] },
  files: { system: null, folders: ['files', 'folder', 'sftp', 'gcs', 's3'] },
}

// Those of the ledger, which is no connection of tables.
const NOT_OF_TABLES: readonly string[] = ['LEDGER_BUSY', 'LEDGER_DAMAGED']

// Texts of people are read from this repository, as code is.
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Pages of docs/connectors by their path: texts that are written by hand, with tables of types and errors between their marks. */
export function connectorPages(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(CONNECTORS).map(([name, connector]) => {
      const path = `docs/connectors/${name}.md`
      const text = readFileSync(join(ROOT, path), 'utf8')
      const types = connector.system === null ? '' : typesOf(connector.system)
      return [path, filled(filled(text, 'types', types), 'errors', errorsOf(connector))] as const
    }),
  )
}

/** Replaces the text between the marks of a part. */
function filled(page: string, part: string, text: string): string {
  const mark = new RegExp(`(<!-- generated: ${part} -->\\n)[\\s\\S]*?(<!-- end -->)`)
  return page.replace(mark, (_, before: string, after: string) => `${before}\n${text}\n\n${after}`)
}

function typesOf(system: string): string {
  const others = SYSTEMS.filter((other) => other !== system)
  const columns = others.map((other) => typesBetween(system, other))
  const rows = (columns[0] ?? []).map(({ natives, note }, at) => [
    note === '' ? natives : `${natives} (${note})`,
    ...columns.map((cells) => (cells[at]?.held ?? []).map(heldText).join(' or ')),
  ])
  return `Each type of a source, and what it becomes elsewhere; values that become rejects stand in brackets. Between two of one kind it stays what it is.\n\n${table(['type', ...others.map(nameOfSystem)], rows)}\n\n[Types of tables](../reference/table-types.md) has the way back.`
}

function heldText({ held, rejects }: { readonly held: string; readonly rejects: string }): string {
  return rejects === '' ? code(held) : `${code(held)} (${rejects})`
}

function errorsOf({ folders }: Connector): string {
  const texts = folders.flatMap((folder) => filesBelow(join(ROOT, 'functions/adapters', folder)))
  const words = new Set(texts.flatMap((text) => text.match(/'[A-Z]+(?:_[A-Z]+)+'/g) ?? []))
  const isMet = (name: string) => words.has(`'${name}'`) && !NOT_OF_TABLES.includes(name)
  const rows = Object.entries(ERRORS).flatMap(([name, { meaning, remedy }]) =>
    isMet(name) && isCode(name) ? [[`[${name}](../reference/errors.md#${name.toLowerCase()})`, meaning, remedy]] : [],
  )
  return table(['code', 'means', 'what to do'], rows)
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text)
}

function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return names.toSorted().map((name) => readFileSync(join(folder, name), 'utf8'))
}
