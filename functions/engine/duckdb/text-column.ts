import type { Column, Contract } from '../../contract/contract.ts'
import { type Allowed, foldText } from '../characters.ts'

/** Where the columns of a contract stand in a file. */
export interface FileColumns {
  /** Fields of the header. */
  readonly width: number
  /** Position from 0 of each column that the file has, by the column's name. */
  readonly positions: ReadonlyMap<string, number>
}

/** Longest value of a key, in bytes: that much of a column BigQuery clusters by, and no id comes near it. */
export const LONGEST_KEY = 1_024

/** Invisible characters that a text of a column may have. */
export function allowedIn({ allow }: Pick<Column, 'allow'>): Allowed {
  return allow ?? 'nothing'
}

/** True for columns whose text is folded and looked at character by character; a dropped one is not read. */
function isText({ type, privacy }: Pick<Column, 'type' | 'privacy'>): boolean {
  return type === 'string' && privacy !== 'drop'
}

/** Conditions of a present text. */
export interface TextRule {
  /** True when it must hold no control character; a pattern says that by itself. */
  readonly plain: boolean
  /** True when it is part of the key, so that its length has a bound. */
  readonly bounded: boolean
}

/** The rule for the text of a column; null when it may be any. */
export function textRuleOf(column: Column, { key }: Pick<Contract, 'key'>): TextRule | null {
  if (!isText(column)) return null
  const rule = { plain: column.pattern === undefined && column.allow !== 'control', bounded: key.includes(column.name) }
  return rule.plain || rule.bounded ? rule : null
}

/** Characters that each field of a file may hold, by position; null for a field that is no text of the contract. */
export function foldedFields(
  { columns }: Pick<Contract, 'columns'>,
  { width, positions }: FileColumns,
): readonly (Allowed | null)[] {
  const at = new Map(columns.map((column) => [positions.get(column.name), column]))
  return Array.from({ length: width }, (_, position) => {
    const column = at.get(position)
    return column && isText(column) ? allowedIn(column) : null
  })
}

/** The fields of a record as their columns hold them. */
export function foldFields(fields: readonly string[], texts: readonly (Allowed | null)[]): readonly string[] {
  return fields.map((field, position) => {
    const allowed = texts[position]
    return allowed ? foldText(field, allowed) : field
  })
}
