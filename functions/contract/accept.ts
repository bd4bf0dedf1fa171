import { closestTo } from '../lib/did-you-mean.ts'
import type { Column, Contract } from './contract.ts'
import { foldHeader, headersOf } from './drift.ts'

/** One difference between a header and its contract, and the edit that accepts it. */
export type Acceptance =
  | { readonly kind: 'renamed'; readonly column: string; readonly index: number; readonly header: string }
  | { readonly kind: 'removed'; readonly column: string; readonly index: number; readonly header: string }
  | { readonly kind: 'added'; readonly column: string; readonly header: string }

/** A rename that a person names: the old header, or the column, and the new header. */
export interface Rename {
  readonly from: string
  readonly to: string
}

/**
 * Effect of accepting a header, column by column. A required column that is absent is taken for renamed when a new header is
 * close to its name, or a person says so; otherwise it becomes optional. New headers become columns where the contract
 * refuses what it does not know.
 */
export function proposeAcceptance(
  contract: Contract,
  header: readonly string[],
  renames: readonly Rename[] = [],
): readonly Acceptance[] {
  const known = new Set(contract.columns.flatMap(headersOf).map(foldHeader))
  const present = new Set(header.map(foldHeader))
  const unknown = header.filter((name) => !known.has(foldHeader(name)))
  const free = new Set(unknown)
  const absent = contract.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.required && !headersOf(column).some((name) => present.has(foldHeader(name))))
  const changes = absent.map(({ column, index }): Acceptance => {
    const to = renameOf(column, renames) ?? closestTo(headersOf(column)[0] ?? column.name, free)
    if (to === null || !free.has(to))
      return { kind: 'removed', column: column.name, index, header: headersOf(column)[0] ?? column.name }
    free.delete(to)
    return { kind: 'renamed', column: column.name, index, header: to }
  })
  if (contract.drift.newColumn !== 'quarantine') return changes
  return [...changes, ...newColumns(contract, [...free])]
}

function renameOf(column: Column, renames: readonly Rename[]): string | null {
  const names = new Set([column.name, ...headersOf(column)].map(foldHeader))
  return renames.find(({ from }) => names.has(foldHeader(from)))?.to ?? null
}

function newColumns({ columns, derived }: Contract, headers: readonly string[]): readonly Acceptance[] {
  const taken = new Set([...columns, ...derived].map(({ name }) => name))
  return headers.map((header) => {
    const base = columnName(header)
    let name = base
    for (let count = 2; taken.has(name); count++) name = `${base}_${count}`
    taken.add(name)
    return { kind: 'added', column: name, header }
  })
}

/** `Guest E-Mail #2` as a column is called: `guest_e_mail_2`. */
function columnName(header: string): string {
  const words = header
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  return (/^[a-z]/.test(words) ? words : `column_${words}`).slice(0, 60)
}

/** The names that the column answers to once the new header is one of them. */
export function namesWith(column: Column | undefined, header: string): readonly string[] {
  return column ? [...headersOf(column), header] : [header]
}
