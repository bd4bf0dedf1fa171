import { bytesProcessed } from './bytes.ts'
import {
  type Catalog,
  changeTable,
  createTable,
  fullName,
  rowsOf,
  type Table,
  type TableSettings,
  tableOf,
} from './catalog.ts'
import type { Rows } from './database.ts'
import { notDone, Refusal } from './refusal.ts'
import { Field, restType } from './schema.ts'
import { isSign, isWord, type Token } from './tokens.ts'
import { pathAt, type Scope, toRef, translate } from './translate.ts'

export type StatementType =
  | 'SELECT'
  | 'INSERT'
  | 'UPDATE'
  | 'DELETE'
  | 'CREATE_TABLE'
  | 'CREATE_TABLE_AS_SELECT'
  | 'DROP_TABLE'
  | 'TRUNCATE_TABLE'
  | 'SCRIPT'

/** Effects of a statement, or in a dry run those it would have. */
export interface Outcome {
  readonly type: StatementType
  readonly fields: readonly Field[]
  readonly rows: readonly (readonly unknown[])[]
  readonly affected: number | null
  readonly tables: readonly Table[]
  /** Bytes it read. */
  readonly processed: number
  /** SQL of the database that gives the rows; null unless it is a query. */
  readonly sql: string | null
}

const NOTHING: Omit<Outcome, 'type'> = {
  fields: [],
  rows: [],
  affected: null,
  tables: [],
  processed: 0,
  sql: null,
}

type Run = (sql: string) => Promise<Rows>

/** @throws {Refusal} notImplemented for a statement that this server does not run. */
export function statementType(tokens: readonly Token[]): StatementType {
  const words = tokens.filter(({ kind, text }) => kind === 'word' || text === '(').map(({ text }) => text.toUpperCase())
  const [first = '', second, ...rest] = words.filter((word, at) => word !== '(' || at > 0)
  if (first === 'SELECT' || first === 'WITH' || first === '(') return 'SELECT'
  if (first === 'INSERT' || first === 'UPDATE' || first === 'DELETE') return first
  if (first === 'DROP' && second === 'TABLE') return 'DROP_TABLE'
  if (first === 'TRUNCATE' && second === 'TABLE') return 'TRUNCATE_TABLE'
  const isTable = second === 'TABLE' || (second === 'OR' && rest[1] === 'TABLE')
  if (first === 'CREATE' && isTable) return words.includes('SELECT') ? 'CREATE_TABLE_AS_SELECT' : 'CREATE_TABLE'
  const known =
    /^(ALTER|MERGE|CREATE|DROP|CALL|DECLARE|BEGIN|SET|EXPORT|LOAD|ASSERT|GRANT|REVOKE|EXECUTE|IF|LOOP|WHILE|FOR)$/
  if (known.test(first)) throw notDone(`the statement ${first}${second === undefined ? '' : ` ${second}`}`)
  const at = tokens[0]
  throw new Refusal(
    'invalidQuery',
    `Syntax error: Unexpected ${at?.kind === 'word' ? `identifier "${at.text}"` : `"${at?.text}"`} at [${at?.line}:${at?.column}]`,
    'query',
  )
}

/** Runs one statement in the caller's transaction. */
export async function runStatement(tokens: readonly Token[], scope: Scope, run: Run): Promise<Outcome> {
  const type = statementType(tokens)
  if (type === 'CREATE_TABLE' || type === 'CREATE_TABLE_AS_SELECT') return await create(tokens, { scope, type, run })
  if (type === 'DROP_TABLE') return await drop(tokens, scope, run)
  if (type === 'TRUNCATE_TABLE') return await truncate(tokens, scope, run)
  const { sql, tables } = translate(tokens, scope)
  expectFilter(tokens, tables, scope.catalog)
  // Before anything is changed: what a statement deletes it has read.
  const processed = await bytesProcessed(tokens, tables, run)
  if (type !== 'SELECT') {
    expectWhere(tokens, type)
    const { changed } = await run(sql).catch(throwInvalidQuery)
    return { type, fields: [], rows: [], affected: changed, tables, processed, sql: null }
  }
  const { columns, rows } = await run(sql).catch(throwInvalidQuery)
  return { type, fields: columns.map(toField), rows, affected: null, tables, processed, sql }
}

function toField({ name, type }: Rows['columns'][number], at: number): Field {
  return { name: /^[A-Za-z_]\w*$/.test(name) ? name : `f${at}_`, ...restType(type) }
}

/** A table can be made so that no query scans all of it by accident. */
function expectFilter(tokens: readonly Token[], tables: readonly Table[], catalog: Catalog): void {
  for (const table of tables) {
    const by = table.timePartitioning?.field
    const isNeeded = table.requirePartitionFilter ?? table.timePartitioning?.requirePartitionFilter ?? false
    if (!isNeeded || by === undefined || isWord(tokens[0], 'INSERT')) continue
    const where = tokens.findIndex((token) => isWord(token, 'WHERE', 'ON'))
    const isFiltered = tokens.some(
      (token, at) =>
        where >= 0 && at > where && token.text.toLowerCase() === by.toLowerCase() && isComparison(tokens[at + 1]),
    )
    if (isFiltered) continue
    const name = fullName(catalog, { dataset: table.dataset, table: table.name }).replace(':', '.')
    throw new Refusal(
      'invalidQuery',
      `Cannot query over table '${name}' without a filter over column(s) '${by}' that can be used for partition elimination`,
      'query',
    )
  }
}

function isComparison(token: Token | undefined): boolean {
  return isWord(token, 'BETWEEN', 'IN', 'IS') || ['=', '<', '>', '<=', '>='].some((sign) => isSign(token, sign))
}

function expectWhere(tokens: readonly Token[], type: StatementType): void {
  const needsIt = type === 'UPDATE' || type === 'DELETE'
  if (!needsIt || tokens.some((token) => isWord(token, 'WHERE'))) return
  throw new Refusal('invalidQuery', `Syntax error: ${type} must have a WHERE clause`, 'query')
}

/** DuckDB's words for what is wrong with a query; BigQuery's are others. */
function throwInvalidQuery(error: unknown): never {
  const message = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
  const [, name] = /Referenced column "(.*?)" not found/.exec(message) ?? []
  if (name !== undefined) throw new Refusal('invalidQuery', `Unrecognized name: ${name}`, 'query')
  throw new Refusal('invalidQuery', message.replace(/^Parser Error: /, 'Syntax error: '), 'query')
}

interface Creating {
  readonly scope: Scope
  readonly type: 'CREATE_TABLE' | 'CREATE_TABLE_AS_SELECT'
  readonly run: Run
}

async function create(tokens: readonly Token[], { scope, type, run }: Creating): Promise<Outcome> {
  const { catalog } = scope
  const table = tokens.findIndex((token) => isWord(token, 'TABLE'))
  const isCareful = isWord(tokens[table + 1], 'IF')
  const start = table + (isCareful ? 4 : 1)
  const path = pathAt(tokens, start)
  if (path === null) throw new Refusal('invalidQuery', 'Syntax error: Expected the name of a table', 'query')
  const ref = toRef(path.names, scope)
  const query = tokens.findIndex(
    (token, at) => at > start && isWord(token, 'AS') && isWord(tokens[at + 1], 'SELECT', 'WITH'),
  )
  const head = tokens.slice(start + path.length, query < 0 ? undefined : query)
  const source = query < 0 ? null : await runStatement(tokens.slice(query + 1), scope, run)
  const settings = toSettings(head, source?.fields ?? [])
  const stored = catalog.datasets.get(ref.dataset)?.tables
  const isReplacing = isWord(tokens[1], 'OR')
  if (isCareful && stored?.has(ref.table)) return { ...NOTHING, type, fields: settings.schema.fields }
  if (isReplacing && stored?.delete(ref.table)) await run(`DROP TABLE ${rowsOf(ref)}`)
  const made = await createTable(catalog, ref, settings, run)
  if (source?.sql) await run(`INSERT INTO ${rowsOf(ref)} ${source.sql}`)
  const { tables = [], processed = 0 } = source ?? {}
  return { ...NOTHING, type, fields: made.schema.fields, tables, processed }
}

/** Text between the name of a new table and its query: columns, PARTITION BY, CLUSTER BY, OPTIONS. */
function toSettings(head: readonly Token[], given: readonly Field[]): TableSettings {
  let rest = head
  let fields = given
  const settings: {
    timePartitioning?: TableSettings['timePartitioning']
    clustering?: TableSettings['clustering']
    options?: Readonly<Record<string, unknown>>
  } = {}
  while (rest.length > 0) {
    const [first, second, third] = rest
    if (isSign(first, '(')) {
      const { inside, length } = parenthesis(rest, 0)
      fields = split(inside).map(toColumn)
      rest = rest.slice(length)
    } else if (isWord(first, 'PARTITION') && isWord(second, 'BY')) {
      if (isSign(rest[3], '(')) throw notDone('partitioning by an expression')
      settings.timePartitioning = { type: 'DAY', field: third?.text ?? '' }
      rest = rest.slice(3)
    } else if (isWord(first, 'CLUSTER') && isWord(second, 'BY')) {
      const end = rest.findIndex((token) => isWord(token, 'OPTIONS', 'AS'))
      const names = rest.slice(2, end < 0 ? undefined : end)
      settings.clustering = { fields: names.filter(({ kind }) => kind !== 'sign').map(({ text }) => text) }
      rest = rest.slice(2 + names.length)
    } else if (isWord(first, 'OPTIONS')) {
      const { inside, length } = parenthesis(rest, 1)
      settings.options = toOptions(inside)
      rest = rest.slice(1 + length)
    } else throw notDone(`\`${first?.text}\` in CREATE TABLE`)
  }
  const { options, ...layout } = settings
  return { schema: { fields: [...fields] }, ...options, ...layout }
}

function toColumn(tokens: readonly Token[]): Field {
  const [name, type, ...rest] = tokens
  const required = rest.findIndex((token, at) => isWord(token, 'NOT') && isWord(rest[at + 1], 'NULL')) >= 0
  const preset = rest.findIndex((token) => isWord(token, 'DEFAULT'))
  const options = rest.findIndex((token) => isWord(token, 'OPTIONS'))
  const value = preset < 0 ? null : rest.slice(preset + 1, options < 0 ? undefined : options)
  const description = options < 0 ? undefined : toOptions(parenthesis(rest, options + 1).inside)['description']
  return Field.parse({
    name: name?.text,
    type: type?.text,
    mode: required ? 'REQUIRED' : 'NULLABLE',
    ...(value && {
      defaultValueExpression: value.map(({ kind, text }) => (kind === 'string' ? `'${text}'` : text)).join(''),
    }),
    ...(description !== undefined && { description }),
  })
}

/** Only what tables here can have; anything else is refused. */
function toOptions(tokens: readonly Token[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    split(tokens).map(([name, equals, value]) => {
      const option = name?.text.toLowerCase()
      if (!isSign(equals, '=') || !/^(description|require_partition_filter)$/.test(option ?? ''))
        throw notDone(`the option ${name?.text}`)
      return option === 'description' ? ['description', value?.text] : ['requirePartitionFilter', isWord(value, 'TRUE')]
    }),
  )
}

/** Text inside the parenthesis that opens at a place, and how many tokens it is with both its ends. */
function parenthesis(tokens: readonly Token[], at: number): { inside: readonly Token[]; length: number } {
  let depth = 0
  for (let end = at; end < tokens.length; end++) {
    if (isSign(tokens[end], '(')) depth++
    if (isSign(tokens[end], ')') && --depth === 0) return { inside: tokens.slice(at + 1, end), length: end - at + 1 }
  }
  throw new Refusal('invalidQuery', 'Syntax error: Expected ")" but got end of script', 'query')
}

/** Cut at the commas that are in no parenthesis of their own. */
function split(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (isSign(token, '(')) depth++
    if (isSign(token, ')')) depth--
    if (depth === 0 && isSign(token, ',')) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts.filter((part) => part.length > 0)
}

async function drop(tokens: readonly Token[], scope: Scope, run: Run): Promise<Outcome> {
  const isCareful = isWord(tokens[2], 'IF')
  const path = pathAt(tokens, isCareful ? 4 : 2)
  const ref = toRef(path?.names ?? [], scope)
  const nothing: Outcome = { ...NOTHING, type: 'DROP_TABLE' }
  if (isCareful && !scope.catalog.datasets.get(ref.dataset)?.tables.has(ref.table)) return nothing
  tableOf(scope.catalog, ref)
  scope.catalog.datasets.get(ref.dataset)?.tables.delete(ref.table)
  await run(`DROP TABLE ${rowsOf(ref)}`)
  return nothing
}

async function truncate(tokens: readonly Token[], scope: Scope, run: Run): Promise<Outcome> {
  const ref = toRef(pathAt(tokens, 2)?.names ?? [], scope)
  const table = tableOf(scope.catalog, ref, scope.location)
  const { changed } = await run(`DELETE FROM ${rowsOf(ref)}`)
  await changeTable(scope.catalog, table, {}, run)
  return { ...NOTHING, type: 'TRUNCATE_TABLE', affected: changed }
}
