import type { TableConfig } from '../../config/table-pipeline.ts'
import { DaybreakError } from '../../errors.ts'
import { decimalMark } from '../../lib/decimal-mark.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import type { WrittenColumn } from '../destination.ts'
import { type DiscoveredTable, type SourceColumn, sourceText } from './ports.ts'

/** A column of a table, from the source to the destination. */
export interface MappedColumn {
  readonly from: SourceColumn
  readonly to: WrittenColumn
}

type Mapping = Pick<TableConfig, 'columns' | 'only' | 'ignore' | 'cursor'>

/**
 * Pure: which column of the source becomes which of the destination. Columns that the pipeline names come first in their order;
 * every other one keeps its name. @throws {DaybreakError} DRIFT_MISSING_REQUIRED, CONFIG_INVALID.
 */
export function mapColumns(
  { columns = {}, only, ignore, cursor }: Mapping,
  table: DiscoveredTable,
): readonly MappedColumn[] {
  const named = Object.entries(columns).map(([name, config]) => ({
    name,
    config,
    from: findColumn(name, config.from, table),
  }))
  const taken = new Set([...named.map(({ from }) => from.name), ...ignore])
  const rest = only
    ? []
    : table.columns.filter(({ name, isHidden }) => !taken.has(name) && (isHidden !== true || name === cursor?.column))
  const mapped = [
    ...named.map(({ name, config, from }) => ({ from, to: toWritten(name, from, config) })),
    ...rest.map((from) => ({ from, to: toWritten(from.name, from, {}) })),
  ]
  // In the order of the source, so that a table that is made looks like it.
  const order = new Map(table.columns.map(({ name }, at) => [name, at]))
  expectOnce(mapped, table)
  return mapped.toSorted((a, b) => (order.get(a.from.name) ?? 0) - (order.get(b.from.name) ?? 0))
}

type ColumnConfig = NonNullable<TableConfig['columns']>[string]

function findColumn(name: string, from: ColumnConfig['from'], table: DiscoveredTable): SourceColumn {
  const names = from === undefined ? [name] : Array.isArray(from) ? from : [from]
  const found = names.flatMap((one) => matching(one, table))
  if (found[0]) return found[0]
  const all = table.columns.map((column) => column.name)
  throw new DaybreakError(
    'DRIFT_MISSING_REQUIRED',
    `${sourceText(table)} has no column ${names.map((one) => JSON.stringify(one)).join(' or ')} for ${JSON.stringify(name)}.${didYouMean(names[0] ?? name, all)}`,
  )
}

/** The column of that name, else the only one that differs in case, blanks, underscores and accents. Two of those are an error. */
function matching(name: string, table: DiscoveredTable): readonly SourceColumn[] {
  const exact = table.columns.find((column) => column.name === name)
  if (exact) return [exact]
  const alike = table.columns.filter((column) => folded(column.name) === folded(name))
  if (alike.length < 2) return alike
  const names = alike.map((column) => JSON.stringify(column.name)).join(' and ')
  throw new DaybreakError(
    'CONFIG_INVALID',
    `${sourceText(table)} has ${names}, and either may be meant by ${JSON.stringify(name)}; say \`from\``,
  )
}

/** A name without what people write in different ways. */
export function folded(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/[\p{M}\s_-]/gu, '')
    .toLowerCase()
}

function toWritten(name: string, from: SourceColumn, config: Partial<ColumnConfig>): WrittenColumn {
  const {
    type = from.type,
    precision = from.precision,
    scale = from.scale,
    required = from.isRequired,
    prefer = 'source',
  } = config
  const isSame = type === from.type && precision === from.precision && scale === from.scale
  return {
    name,
    type,
    ...(type === 'numeric'
      ? { precision, scale: scale ?? (precision === null ? null : 0) }
      : { precision: null, scale: null }),
    native: isSame ? from.native : null,
    isRequired: required,
    prefer,
    labels: isSame ? from.labels : null,
    ...conversionOf(config),
  }
}

function conversionOf({ parse, locale = 'en-US', format }: Partial<ColumnConfig>): Pick<WrittenColumn, 'conversion'> {
  if (parse === 'money') return { conversion: { by: 'money', decimal: decimalMark(locale) } }
  if (format === undefined) return {}
  return { conversion: { by: 'format', formats: typeof format === 'string' ? [format] : format } }
}

function expectOnce(mapped: readonly MappedColumn[], table: DiscoveredTable): void {
  const names = mapped.map(({ to }) => to.name)
  const twice = names.find((one, at) => names.indexOf(one) !== at)
  if (twice === undefined) return
  throw new DaybreakError(
    'CONFIG_INVALID',
    `two columns of ${sourceText(table)} become ${JSON.stringify(twice)}; give one of them another name in \`columns\`, or list it in \`ignore\``,
  )
}
