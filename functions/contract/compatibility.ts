import { duckdbType } from '../sql/dialects/duckdb/column-type.ts'
import { columnRules } from './column-rules.ts'
import type { Column, Contract, DerivedColumn } from './contract.ts'
import { headersOf } from './drift.ts'

/**
 * Work that a change needs when it is deployed. `compatible`: none; old and new parts share the table. `migration`: the
 * table changes or old partitions must be made again from raw to agree with new ones. `breaking`: queries that worked fail
 * or mean something else.
 */
type Compatibility = 'compatible' | 'migration' | 'breaking'

/** One difference between two contracts of a stream. */
export interface ContractChange {
  readonly compatibility: Compatibility
  /** The changed part: `column amount`, `key`, `check total_adds_up`. */
  readonly subject: string
  readonly message: string
}

type TableColumn = Column | DerivedColumn

/** Every difference that matters between a contract and its successor; descriptions, units and legacy names do not. */
export function compareContracts(before: Contract, after: Contract): readonly ContractChange[] {
  return [...wholeChanges(before, after), ...columnChanges(before, after), ...checkChanges(before, after)]
}

/** The most demanding of the changes; `compatible` when there are none. */
export function overallCompatibility(changes: readonly ContractChange[]): Compatibility {
  const has = (wanted: Compatibility): boolean => changes.some(({ compatibility }) => compatibility === wanted)
  return has('breaking') ? 'breaking' : has('migration') ? 'migration' : 'compatible'
}

function wholeChanges(before: Contract, after: Contract): readonly ContractChange[] {
  const facts = [
    ['stream', 'breaking', before.stream, after.stream],
    ['file', 'compatible', before.file, after.file],
    ['format', 'migration', before.format ?? 'csv', after.format ?? 'csv'],
    ['rows', 'migration', JSON.stringify(before.rows ?? []), JSON.stringify(after.rows ?? [])],
    ['key', 'breaking', before.key.join(', '), after.key.join(', ')],
    ['cluster_by', 'migration', before.table.clusterBy.join(', '), after.table.clusterBy.join(', ')],
    ['drift', 'compatible', Object.values(before.drift).join(', '), Object.values(after.drift).join(', ')],
    ['references', 'compatible', referencesOf(before), referencesOf(after)],
    ['reject_budget', 'compatible', String(before.rejectBudget), String(after.rejectBudget)],
  ] as const
  return facts.flatMap(([subject, compatibility, old, fresh]) =>
    old === fresh ? [] : [{ compatibility, subject, message: `was ${old || 'empty'}, is ${fresh || 'empty'}` }],
  )
}

const referencesOf = ({ references = [] }: Contract): string =>
  references.map(({ columns, to, effect }) => `${columns} to ${to} (${effect})`).join(', ')

function columnChanges(before: Contract, after: Contract): readonly ContractChange[] {
  const old = byName(before)
  const fresh = byName(after)
  const added = [...fresh.values()].filter(({ name }) => !old.has(name)).map(addition)
  const gone = [...old.keys()]
    .filter((name) => !fresh.has(name))
    .map((name) => change('breaking', name, 'is gone: the table keeps it, and new rows leave it empty'))
  const kept = [...old.values()].flatMap((column) => {
    const successor = fresh.get(column.name)
    return successor ? differences(column, successor) : []
  })
  return [...added, ...gone, ...kept]
}

const byName = ({ columns, derived }: Contract): ReadonlyMap<string, TableColumn> =>
  new Map([...columns, ...derived].map((column) => [column.name, column]))

function change(compatibility: Compatibility, column: string, message: string): ContractChange {
  return { compatibility, subject: `column ${column}`, message }
}

function addition(column: TableColumn): ContractChange {
  const required = 'required' in column && column.required
  const files = required ? '; files without it are held back from now on' : ''
  return change(
    'migration',
    column.name,
    `is new: old partitions have it empty until they are made again from raw${files}`,
  )
}

function differences(old: TableColumn, fresh: TableColumn): readonly ContractChange[] {
  const { name } = old
  const types = [duckdbType(old), duckdbType(fresh)]
  if (types[0] !== types[1])
    return [change('breaking', name, `was ${types[0]}, is ${types[1]}: the table must be made again`)]
  if ('privacy' in old && 'privacy' in fresh) return fileColumnDifferences(old, fresh)
  return making(old) === making(fresh)
    ? []
    : [change('migration', name, 'is made in another way: old partitions keep what they have')]
}

/** How the values of a column come about, as one text to compare. */
function making(column: TableColumn): string {
  if ('privacy' in column) return JSON.stringify(['file', column.privacy])
  return JSON.stringify([column.parse ?? null, column.from ?? null, column.expression ?? null])
}

function fileColumnDifferences(old: Column, fresh: Column): readonly ContractChange[] {
  const { name } = old
  const changes: ContractChange[] = []
  if (old.privacy !== fresh.privacy)
    changes.push(
      change('breaking', name, `privacy was ${old.privacy}, is ${fresh.privacy}: old and new values do not compare`),
    )
  const lost = headersOf(old).filter((header) => !headersOf(fresh).includes(header))
  if (lost.length > 0)
    changes.push(change('breaking', name, `no longer answers to ${lost.map(quote).join(', ')}: old files lose it`))
  const gained = headersOf(fresh).filter((header) => !headersOf(old).includes(header))
  if (gained.length > 0) changes.push(change('compatible', name, `also answers to ${gained.map(quote).join(', ')}`))
  if (!old.required && fresh.required)
    changes.push(change('breaking', name, 'is required now: rows without it become rejects'))
  if (old.required && !fresh.required) changes.push(change('compatible', name, 'is no longer required'))
  if (JSON.stringify(old.format) !== JSON.stringify(fresh.format))
    changes.push(
      change(
        'migration',
        name,
        `the format was ${formatOf(old)}, is ${formatOf(fresh)}: old files may read differently`,
      ),
    )
  const shape = [old, fresh].map(({ pattern, allow }) => `${pattern ?? 'any text'}${allow ? ` with ${allow}` : ''}`)
  if (shape[0] !== shape[1])
    changes.push(change('migration', name, `was ${shape[0]}, is ${shape[1]}: old partitions keep what they have`))
  const rules = [old, fresh].map((column) => JSON.stringify(columnRules({ ...column, pattern: undefined })))
  if (rules[0] !== rules[1])
    changes.push(change('migration', name, 'has other rules for its values: old partitions keep what they have'))
  return changes
}

const quote = (header: string): string => JSON.stringify(header)
const formatOf = ({ format }: Column): string => [format ?? 'none'].flat().join(' or ')

function checkChanges(before: Contract, after: Contract): readonly ContractChange[] {
  const old = new Map(before.checks.map((check) => [check.name, rule(check)]))
  const fresh = new Map(after.checks.map((check) => [check.name, rule(check)]))
  const strict = new Set(after.checks.filter(({ effect }) => effect !== 'warn').map(({ name }) => name))
  const names = [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name))
  return names.map((name) => ({
    // A rule that rejects or blocks decides what is in the table, so old and new partitions differ by it.
    compatibility: strict.has(name) ? 'migration' : 'compatible',
    subject: `check ${name}`,
    message: !fresh.has(name) ? 'is gone' : old.has(name) ? 'changed' : 'is new',
  }))
}

function rule(check: Contract['checks'][number]): string {
  return JSON.stringify({ ...check, description: undefined, rule: undefined })
}
