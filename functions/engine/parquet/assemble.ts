import type { MadeChunk } from './column.ts'
import { type ColumnChunk, type Footer, moveChunk, type RowGroup } from './footer.ts'

/** Bytes to put into the new file, in order: a range of a source, or bytes made here. */
export type Block =
  | { readonly source: number; readonly offset: number; readonly bytes: number }
  | { readonly content: Buffer }

/** One Parquet file that goes into the new one. */
export interface Source {
  readonly footer: Footer
  /** The columns that each of its row groups gets at its end, for `rows` rows from `first` on. */
  added(first: number, rows: number): readonly MadeChunk[]
}

/** Where everything goes in a file that begins with the four bytes of the magic. */
export interface Assembly {
  readonly blocks: readonly Block[]
  readonly rowGroups: readonly RowGroup[]
}

/**
 * How to join files of one schema into one, and to add columns to it, without decoding a value: row groups are copied as
 * they are, and only the footer is written anew. Files without rows add nothing.
 */
export function assemble(sources: readonly Source[]): Assembly {
  const blocks: Block[] = []
  let position = 4
  const place = (chunk: ColumnChunk, block: Block): ColumnChunk => {
    const moved = moveChunk(chunk, position)
    position += chunk.bytes
    blocks.push(block)
    return moved
  }
  const rowGroups = sources.flatMap(({ footer, added }, source) => {
    let first = 0
    return footer.rowGroups.map(({ rows, columns }): RowGroup => {
      const copied = columns.map((chunk) => place(chunk, { source, offset: chunk.offset, bytes: chunk.bytes }))
      const made = added(first, rows).map(({ chunk, bytes }) => place(chunk, { content: bytes }))
      first += rows
      return { rows, columns: [...copied, ...made] }
    })
  })
  return { blocks: joinRanges(blocks), rowGroups }
}

/** Neighbouring ranges of one source as one, so that a row group is one read. */
function joinRanges(blocks: readonly Block[]): readonly Block[] {
  const joined: Block[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    const continues =
      'source' in block &&
      last &&
      'source' in last &&
      last.source === block.source &&
      last.offset + last.bytes === block.offset
    if (continues) joined[joined.length - 1] = { ...last, bytes: last.bytes + block.bytes }
    else joined.push(block)
  }
  return joined
}
