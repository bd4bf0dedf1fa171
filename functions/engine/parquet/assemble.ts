import type { MadeChunk } from './column.ts'
import { type ColumnChunk, type Footer, moveChunk, type RowGroup } from './footer.ts'

/** Bytes to put into the new file, in order: a range of the source, or bytes made here. */
export type Block = { readonly offset: number; readonly bytes: number } | { readonly content: Buffer }

/** A Parquet file that goes into the new one. */
export interface Source {
  readonly footer: Footer
  /** The columns that each of its row groups gets at its end, for `rows` rows from `first` on. */
  added(first: number, rows: number): readonly MadeChunk[]
}

/** What a source adds to a file, from a place on. */
export interface Assembly {
  readonly blocks: readonly Block[]
  readonly rowGroups: readonly RowGroup[]
  /** The place after it. */
  readonly end: number
}

/**
 * How a file goes into another of the same schema, behind what is there, and gets columns at that, without decoding a value:
 * row groups are copied as they are, and only the footer is written anew. A file without rows adds nothing.
 */
export function assemble({ footer, added }: Source, start: number): Assembly {
  const blocks: Block[] = []
  let end = start
  const place = (chunk: ColumnChunk, block: Block): ColumnChunk => {
    const moved = moveChunk(chunk, end)
    end += chunk.bytes
    blocks.push(block)
    return moved
  }
  let first = 0
  const rowGroups = footer.rowGroups.map(({ rows, columns }): RowGroup => {
    const copied = columns.map((chunk) => place(chunk, { offset: chunk.offset, bytes: chunk.bytes }))
    const made = added(first, rows).map(({ chunk, bytes }) => place(chunk, { content: bytes }))
    first += rows
    return { rows, columns: [...copied, ...made] }
  })
  return { blocks: joinRanges(blocks), rowGroups, end }
}

/** Neighbouring ranges as one, so that a row group is one read. */
function joinRanges(blocks: readonly Block[]): readonly Block[] {
  const joined: Block[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    const continues = 'offset' in block && last && 'offset' in last && last.offset + last.bytes === block.offset
    if (continues) joined[joined.length - 1] = { ...last, bytes: last.bytes + block.bytes }
    else joined.push(block)
  }
  return joined
}
