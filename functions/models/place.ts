import type { Span } from './tree.ts'

/** A text with the name that a person knows it by. */
export interface Source {
  /** Relative to the project. */
  readonly file: string
  readonly text: string
}

/** `file:line:column` of a line and column, both from 1. */
export function placeAt(
  { file }: Source,
  { line, column }: { readonly line: number; readonly column: number },
): string {
  return `${file}:${line}:${column}`
}

/** `file:line:column` of the first byte of a span; of the first line where a node has none. */
export function placeOf(source: Source, span: Span): string {
  const before = Buffer.from(source.text)
    .subarray(0, span?.start ?? 0)
    .toString('utf8')
  const lines = before.split('\n')
  return placeAt(source, { line: lines.length, column: (lines.at(-1) ?? '').length + 1 })
}
