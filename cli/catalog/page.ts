/** A piece of a line: text, text in the letters of code, or a link to another page. */
export type Inline = string | { readonly code: string } | { readonly text: string; readonly to: string }

/** A cell of a table. */
export type Cell = readonly Inline[]

/** A part of a page. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly line: readonly Inline[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** A page of the catalog in no form. */
export interface Page {
  /** Below the folder of the catalog, without the ending. */
  readonly path: string
  readonly title: string
  readonly blocks: readonly Block[]
}
