import { decimalPlaces, numericPrecision } from '../../contract/sql-type.ts'
import type { Table } from '../../pipeline/destination.ts'
import type { BigqueryColumn } from '../../sql/dialects/bigquery/columns.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { tableSql, tableText } from './names.ts'
import { fieldsByName, type StoredField, type StoredTable, typeText } from './stored-table.ts'

/** A table as it should be. */
export interface WantedTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly BigqueryColumn[]
  /** Date column whose days are partitions; null for a table without partitions. */
  readonly partitionBy: string | null
  /** Columns with the types of the contract, which say how many digits a value has. */
  readonly typed: Table['columns']
}

interface Comparison {
  readonly project: string
  readonly location: string
  readonly wanted: WantedTable
  readonly stored: StoredTable
}

/**
 * Each reason for which every load into a stored table would fail, or lose something, with the statement that mends it.
 * A column that is missing is no misfit: the caller adds it.
 */
export function misfits(comparison: Comparison): readonly string[] {
  const layout = layoutMisfit(comparison)
  if (layout !== null) return [layout]
  return [...columnMisfits(comparison), ...foreignMisfits(comparison)]
}

/** The columns that a stored table lacks. */
export function lackingColumns({ columns }: WantedTable, stored: StoredTable): readonly BigqueryColumn[] {
  const fields = fieldsByName(stored)
  return columns.filter(({ name }) => !fields.has(name.toLowerCase()))
}

function layoutMisfit({ project, location, wanted, stored }: Comparison): string | null {
  const name = tableText(project, wanted)
  if (stored.type !== 'TABLE')
    return `${name} is a ${stored.type}, and loads need a table: drop it, or name it otherwise`
  if (stored.location.toLowerCase() !== location.toLowerCase())
    return `table ${name} is in ${stored.location}, and \`warehouse.location\` is ${location}`
  const { type, field = '' } = stored.timePartitioning ?? {}
  const by = wanted.partitionBy
  // A load without a column for its window replaces the table, however that is partitioned.
  if (by === null || (type === 'DAY' && field.toLowerCase() === by)) return null
  const found = `table ${name} is ${partitioningText(stored)}, and not by the day of ${by}`
  return `${found}, so one day of it cannot be replaced. Partitioning cannot be changed: rename the table, let a new one be made, and copy what is to be kept`
}

function partitioningText({ timePartitioning, rangePartitioning }: StoredTable): string {
  if (rangePartitioning) return `partitioned by ranges of ${rangePartitioning.field}`
  if (!timePartitioning) return 'not partitioned'
  const { type, field } = timePartitioning
  return field === undefined ? `partitioned by the ${type} of ingestion` : `partitioned by the ${type} of ${field}`
}

function columnMisfits({ project, wanted, stored }: Comparison): readonly string[] {
  const fields = fieldsByName(stored)
  return wanted.columns.flatMap((column) => {
    const field = fields.get(column.name.toLowerCase())
    const misfit = field && columnMisfit(field, { column, wanted, name: tableText(project, wanted) })
    return misfit ? [mended(misfit, { project, wanted })] : []
  })
}

interface Misfit {
  readonly what: string
  /** The text after `ALTER TABLE name`; without it the statement would not help. */
  readonly alter?: string
}

function columnMisfit(
  field: StoredField,
  { column, wanted, name }: { readonly column: BigqueryColumn; readonly wanted: WantedTable; readonly name: string },
): Misfit | null {
  const quoted = quoteIdentifier(field.name)
  const is = `column ${field.name} of ${name} is`
  if (typeText({ name: field.name, type: field.type, mode: field.mode }) !== column.type)
    return { what: `${is} ${typeText(field)}, and the contract makes it ${column.type}` }
  if (isTooNarrow(field, column.name, wanted))
    return {
      what: `${is} ${typeText(field)}, which does not hold every value of the contract`,
      alter: `ALTER COLUMN ${quoted} SET DATA TYPE ${column.type}`,
    }
  if (field.mode === 'REQUIRED')
    return { what: `${is} REQUIRED, and columns of Parquet never are`, alter: `ALTER COLUMN ${quoted} DROP NOT NULL` }
  if (column.default !== undefined && field.defaultValueExpression === undefined)
    return {
      what: `column ${field.name} of ${name} has no default value, and no load fills it`,
      alter: `ALTER COLUMN ${quoted} SET DEFAULT ${column.default}`,
    }
  return null
}

/** True when BigQuery would round or refuse a value of the contract. */
function isTooNarrow(field: StoredField, name: string, { typed }: WantedTable): boolean {
  if (field.maxLength !== undefined) return true
  if (field.precision === undefined) return false
  const column = typed.find((each) => each.name === name)
  if (column?.type !== 'numeric') return true
  const wanted = decimalPlaces(column)
  const [precision, scale] = [Number(field.precision), Number(field.scale ?? 0)]
  return scale < wanted || precision - scale < numericPrecision(wanted) - wanted
}

/** Columns of others that no load fills, and that may not be empty. */
function foreignMisfits({ project, wanted, stored }: Comparison): readonly string[] {
  const ours = new Set(wanted.columns.map(({ name }) => name.toLowerCase()))
  const required = stored.schema.fields.filter(
    ({ name, mode, defaultValueExpression }) =>
      mode === 'REQUIRED' && defaultValueExpression === undefined && !ours.has(name.toLowerCase()),
  )
  return required.map(({ name }) =>
    mended(
      {
        what: `column ${name} of ${tableText(project, wanted)} is REQUIRED, and no contract fills it`,
        alter: `ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL`,
      },
      { project, wanted },
    ),
  )
}

function mended({ what, alter }: Misfit, { project, wanted }: Pick<Comparison, 'project' | 'wanted'>): string {
  if (alter === undefined) return `${what}: add the column under another name`
  return `${what}: ALTER TABLE ${tableSql(project, wanted)} ${alter}`
}
