import { closeSync, fstatSync, openSync, rmSync } from 'node:fs'
import { PROVENANCE_COLUMNS } from '../../../contract/contract.ts'
import type { AddedColumn } from '../../../contract/table.ts'
import type { SliceOrigin } from '../../../engine/duckdb/compile.ts'
import { assemble } from '../../../engine/parquet/assemble.ts'
import {
  ascendingChunk,
  constantChunk,
  type MadeChunk,
  plainValue,
  schemaElement,
} from '../../../engine/parquet/column.ts'
import {
  type Footer,
  footerBytes,
  type ListedRowGroup,
  listRowGroup,
  MAGIC,
  readFooter,
  writeFooter,
} from '../../../engine/parquet/footer.ts'
import { append, copyRange, readRange } from '../file.ts'

/** Parquet of the columns of one piece, and the lines of its rows. */
interface PiecePart {
  readonly path: string
  readonly lines: () => BigInt64Array
}

/** A part that is being written. */
interface PartWriter {
  /** Adds the rows of the next piece and removes its file. */
  add(piece: PiecePart): Promise<void>
  /** Completes the part. @throws {TypeError} when there was no piece. */
  finish(): void
  /** Lets go of the file, complete or not. */
  close(): void
}

/**
 * Makes one part of the Parquet of the pieces, in order, without decoding a value: bytes are copied, and the columns that
 * say where a row comes from are added. DuckDB would spend a tenth of its time on writing the same five values again and again.
 */
export function createPart(path: string, origin: SliceOrigin): PartWriter {
  const output = openSync(path, 'w')
  let end = MAGIC.length
  let schema: Footer | null = null
  const rowGroups: ListedRowGroup[] = []
  append(output, MAGIC)
  return {
    async add(piece) {
      const input = openSync(piece.path, 'r')
      try {
        const footer = footerOf(input)
        schema ??= footer
        let lines = piece.lines()
        for (const group of footer.rowGroups) {
          const added = originColumns(origin, lines.subarray(0, group.rows))
          lines = lines.subarray(group.rows)
          const { blocks, rowGroup, end: next } = assemble(group, added, end)
          for (const block of blocks) {
            if ('content' in block) append(output, block.content)
            else await copyRange(input, output, block)
          }
          rowGroups.push(listRowGroup(rowGroup, rowGroups.length))
          end = next
        }
      } finally {
        closeSync(input)
      }
      rmSync(piece.path)
    },
    finish() {
      if (!schema) throw new TypeError('a part needs a piece')
      append(output, writeFooter(schema, { rowGroups, added: addedTo(origin).map(schemaElement) }))
    },
    close: () => closeSync(output),
  }
}

function addedTo({ constants }: SliceOrigin): readonly AddedColumn[] {
  return [...constants, ...PROVENANCE_COLUMNS]
}

/** The columns that no file has, in the order of the part, for the rows that stand in these lines. */
function originColumns(origin: SliceOrigin, lines: BigInt64Array): readonly MadeChunk[] {
  const values = new Map([
    ...origin.constants.map(({ name, value }) => [name, value] as const),
    ['_source_file', origin.sourceFile],
    ['_raw_sha256', origin.rawSha256],
  ])
  return addedTo(origin).map((column) => {
    if (column.type === 'int64') return ascendingChunk(column, lines)
    return constantChunk(column, plainValue(column.type, values.get(column.name) ?? ''), lines.length)
  })
}

function footerOf(file: number): Footer {
  const { size } = fstatSync(file)
  const length = footerBytes(readRange(file, size - 8, size))
  return readFooter(readRange(file, size - 8 - length, size - 8))
}
