/** Value of a cell. Instants and money are text that the caller has formatted. */
export type Cell =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly Cell[]
  | { readonly [key: string]: Cell }

/** Row of a table, by the key of its columns. */
export type Row = Readonly<Record<string, Cell>>

/** Column of a table. */
export interface Column {
  /** Member of the row. */
  readonly key: string
  /** Head of the column for people; the key if absent. */
  readonly head?: string
  readonly align?: 'left' | 'right'
  /** Colour of a cell by its value, on a terminal. */
  readonly tone?: (value: Cell) => Tone | null
}

/** Meaning of a cell, shown as a colour on a terminal. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim'

/** Integers beyond 2^53 become text, so that no reader rounds them. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member), indent)
}
