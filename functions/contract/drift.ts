import { DaybreakError } from '../errors.ts'
import { closestTo } from '../lib/did-you-mean.ts'
import { cutText, LONGEST_NAME, MOST_NAMES, quoteName, quoteNames } from '../lib/foreign-text.ts'
import { type Column, type Contract, fileOf } from './contract.ts'

/** How the columns of a contract stand in one header. */
export interface HeaderPlan {
  /** Fields of the header. */
  readonly width: number
  /** Position in the file, from 0, of each column that the file has, by the column's name. */
  readonly positions: ReadonlyMap<string, number>
  /** Headers the contract does not know, in the file's order, long ones cut. Their values are not read. */
  readonly newColumns: readonly string[]
  /** Columns that may be absent and are. */
  readonly missingOptional: readonly string[]
  /** Columns that are neither optional nor required and are absent: a warning. */
  readonly missing: readonly string[]
  /** True when the columns that are there come in another order than in the contract. */
  readonly reordered: boolean
}

/**
 * Finds the columns of a contract in a header, by name and in any order. A name matches exactly; where none does, without
 * regard to case and to blanks around and between words, as the same Toast column is spelled by hand. Of several names in
 * `from`, the first one present is taken. A header that no column takes is new.
 * @throws {DaybreakError} DRIFT_DUPLICATE_COLUMN, DRIFT_MISSING_REQUIRED, or DRIFT_NEW_COLUMN where the contract asks for it.
 */
export function matchHeader(contract: Contract, header: readonly string[]): HeaderPlan {
  refuseDuplicates(contract, header)
  const positions = positionsOf(contract, header)
  const taken = new Set(positions.values())
  const newColumns = header.filter((_, index) => !taken.has(index)).map((name) => cutText(name, LONGEST_NAME))
  const absent = contract.columns.filter(({ name }) => !positions.has(name))
  refuseMissing({ contract, absent: absent.filter(({ required }) => required), newColumns })
  if (contract.drift.newColumn === 'quarantine') refuseNew(contract, newColumns)
  const present = contract.columns.flatMap(({ name }) => positions.get(name) ?? [])
  return {
    width: header.length,
    positions,
    newColumns,
    missingOptional: absent.filter(({ optional }) => optional).map(({ name }) => name),
    missing: lackingIn(contract, absent).map(({ name }) => name),
    reordered: present.some((position, index) => position < (present[index - 1] ?? -1)),
  }
}

/** Absent columns that are not optional, unless a kind of download is known to lack all of them. */
function lackingIn({ variants = [] }: Contract, absent: readonly Column[]): readonly Column[] {
  const lacking = absent.filter(({ optional }) => !optional)
  return variants.some(({ lacks }) => lacking.every(({ name }) => lacks.includes(name))) ? [] : lacking
}

/** The headers a column answers to, the preferred one first. */
export function headersOf({ from }: Column): readonly string[] {
  return typeof from === 'string' ? [from] : from
}

/** A header without regard to case and blanks. Two columns of a contract must not share one. */
export function foldHeader(header: string): string {
  return header.trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

/** Exact names first for all columns, so that a loose match never takes what another column names exactly. */
function positionsOf({ columns }: Contract, header: readonly string[]): ReadonlyMap<string, number> {
  const exact = new Map(header.map((name, index) => [name, index]))
  const found = columns.flatMap((column) => place(column, headersOf(column), exact))
  const taken = new Set(found.map(([, position]) => position))
  const free = header.flatMap((name, index) => (taken.has(index) ? [] : [[foldHeader(name), index] as const]))
  // Reversed, so that of two names that differ in case alone the first one stays in the map.
  const loose = new Map(free.toReversed())
  const named = new Set(found.map(([name]) => name))
  const rest = columns.filter(({ name }) => !named.has(name))
  return new Map([...found, ...rest.flatMap((column) => place(column, headersOf(column).map(foldHeader), loose))])
}

function place(
  { name }: Column,
  headers: readonly string[],
  positions: ReadonlyMap<string, number>,
): readonly (readonly [name: string, position: number])[] {
  const position = headers.map((header) => positions.get(header)).find((found) => found !== undefined)
  return position === undefined ? [] : [[name, position]]
}

function refuseDuplicates({ file, columns }: Contract, header: readonly string[]): void {
  const known = new Set(columns.flatMap(headersOf))
  const first = new Map(header.toReversed().map((name, index) => [name, header.length - 1 - index]))
  const twice = [...new Set(header.filter((name, index) => first.get(name) !== index))]
  if (twice.length === 0) return
  const names = twice
    .slice(0, MOST_NAMES)
    .map((name) => (known.has(name) ? `\`${name}\`` : `${quoteName(name)} (unknown to the contract)`))
  throw new DaybreakError('DRIFT_DUPLICATE_COLUMN', `the header of ${file} has ${names.join(', ')} more than once`, {
    details: { columns: twice.length },
  })
}

interface Missing {
  readonly contract: Contract
  readonly absent: readonly Column[]
  readonly newColumns: readonly string[]
}

function refuseMissing({ contract, absent, newColumns }: Missing): void {
  if (absent.length === 0) return
  const lacking = absent.map((column) => {
    const names = headersOf(column).map((name) => `\`${name}\``)
    const near = closestTo(headersOf(column)[0] ?? column.name, newColumns)
    const hint = near === null ? '' : `, was it renamed to ${quoteName(near)}?`
    return `${names.join(' or ')} (column ${column.name})${hint}`
  })
  const message = `the header of ${fileOf(contract)} lacks ${lacking.join('; ')}${variantHint(contract, absent)}`
  throw new DaybreakError('DRIFT_MISSING_REQUIRED', message, {
    details: { columns: absent.map(({ name }) => name).join(', ') },
  })
}

/** Remedy for a kind of download that is known to lack these columns. */
function variantHint({ variants = [] }: Contract, absent: readonly Column[]): string {
  const variant = variants.find(({ lacks }) => absent.every(({ name }) => lacks.includes(name)))
  if (!variant) return ''
  const names = absent.map((column) => `\`${headersOf(column)[0] ?? column.name}\``)
  return `. This may be ${variant.description}: tick ${names.join(' and ')} among its columns in Toast Web and download it again`
}

function refuseNew({ file }: Contract, newColumns: readonly string[]): void {
  if (newColumns.length === 0) return
  throw new DaybreakError(
    'DRIFT_NEW_COLUMN',
    `the header of ${file} has ${quoteNames(newColumns)}, which the contract does not know`,
  )
}
