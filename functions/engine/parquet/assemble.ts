import type { MadeChunk } from './column.ts'
import { type ColumnChunk, moveChunk, type RowGroup } from './footer.ts'

/** Bytes to put into the new file, in order: a range of the source, or bytes made here. */
type Block = { readonly offset: number; readonly bytes: number } | { readonly content: Buffer }

/** Bytes and metadata of a row group, from an offset on. */
interface Assembly {
  readonly blocks: readonly Block[]
  readonly rowGroup: RowGroup
  /** The place after it. */
  readonly end: number
}

/**
 * How a row group goes into another file of the same schema and gets columns at its end, without decoding a value: bytes are
 * copied as they are, and only the footer is written again.
 */
export function assemble({ rows, columns }: RowGroup, added: readonly MadeChunk[], start: number): Assembly {
  const blocks: Block[] = []
  let end = start
  const place = (chunk: ColumnChunk, block: Block): ColumnChunk => {
    const moved = moveChunk(chunk, end)
    end += chunk.bytes
    blocks.push(block)
    return moved
  }
  const copied = columns.map((chunk) => place(chunk, { offset: chunk.offset, bytes: chunk.bytes }))
  const made = added.map(({ chunk, bytes }) => place(chunk, { content: bytes }))
  return { blocks: joinRanges(blocks), rowGroup: { rows, columns: [...copied, ...made] }, end }
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
