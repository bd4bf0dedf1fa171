import type { Column } from '../../contract/contract.ts'
import { wholeText } from '../../contract/pattern.ts'
import { formatRecord } from '../file/record.ts'
import { isPublic, protectText } from '../privacy.ts'
import { maskPersonal } from './mask-personal.ts'

/** Text that replaces values that must not be read in a reject. */
export const HIDDEN = {
  dropped: '[dropped]',
  private: '[private]',
  unknown: '[not in the contract]',
  line: '[a line with another number of fields]',
} as const

/** True when a value looks as its column says, so that it is what the column says and nothing personal. */
export function isShaped({ pattern }: Pick<Column, 'pattern'>, value: string): boolean {
  return pattern !== undefined && wholeText(pattern).test(value)
}

/**
 * A record in which each private value is replaced by what the table would show, and mail addresses, phone and card numbers
 * in the others by what they are: where fields moved, a private value stands under a public name.
 */
export function shownRecord(
  fields: readonly string[],
  columns: readonly (Column | null)[],
  privacyKey: Uint8Array,
): string {
  const shown = fields.map((field, position) => {
    const column = columns[position]
    if (field === '') return field
    if (!column) return HIDDEN.unknown
    if (!isPublic(column)) return protectText(column.privacy, field, privacyKey) ?? HIDDEN.dropped
    return isShaped(column, field) ? field : maskPersonal(field)
  })
  return formatRecord(shown)
}

/** The lines of a record that is no row, each as the row that it looks like: a quote may have swallowed them. */
export function shownLines(text: string, columns: readonly (Column | null)[]): string {
  const lines = text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => {
      const parts = line.split(',')
      return parts.length === columns.length
        ? parts.map((part, at) => shownPart(part, columns[at])).join(',')
        : HIDDEN.line
    })
  return lines.join('\n')
}

function shownPart(part: string, column: Column | null | undefined): string {
  if (part === '') return part
  if (!column) return HIDDEN.unknown
  if (!isPublic(column)) return HIDDEN.private
  return isShaped(column, part) ? part : maskPersonal(part)
}
