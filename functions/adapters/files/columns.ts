import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import type { ValueColumn } from '../../sql/value.ts'
import type { CopiedFile } from './copies.ts'

/** Path of the file of a row, as a column. */
const FILE = '_file'
/** When the file of a row was written last, as a column: the cursor of files. */
export const MODIFIED_AT = '_modified_at'

/** A column of files. */
export function fileColumn(
  name: string,
  shape: Pick<ValueColumn, 'type' | 'precision' | 'scale'>,
  native: string,
): SourceColumn {
  return { name, ...shape, native, isRequired: false, isGenerated: false, labels: null }
}

/** A column without limits. */
export function plainColumn(name: string, type: ValueColumn['type'], native: string): SourceColumn {
  return fileColumn(name, { type, precision: null, scale: null }, native)
}

/** Facts of each row in addition to its values. */
export const HIDDEN: readonly SourceColumn[] = [
  { ...plainColumn(FILE, 'string', 'path'), isHidden: true },
  { ...plainColumn(MODIFIED_AT, 'timestamp', 'time'), isHidden: true },
]

/** The text of a hidden column for the rows of a file; null for a column that is read from the file. */
export function hiddenText({ name, isHidden }: SourceColumn, { file }: CopiedFile): string | null {
  if (isHidden !== true) return null
  return name === FILE ? file.path : instantText(file.modifiedAt)
}

/** An instant as the text of a cursor. */
export function instantText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '+00')
}

/** The instant of such a text. */
export function instantOf(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z'))
}
