import { closeSync, fstatSync, openSync, rmSync } from 'node:fs'
import { META_COLUMNS } from '../../contract/contract.ts'
import type { SliceConstants } from '../../engine/compile.ts'
import { assemble, type Source } from '../../engine/parquet/assemble.ts'
import { ascendingChunk, constantChunk, plainValue, schemaElement } from '../../engine/parquet/column.ts'
import {
  type Footer,
  footerBytes,
  type ListedRowGroup,
  listRowGroup,
  MAGIC,
  readFooter,
  writeFooter,
} from '../../engine/parquet/footer.ts'
import { append, copyRange, readRange } from './file.ts'

/** Parquet of the columns of one piece, and the lines of its rows. */
export interface PiecePart {
  readonly path: string
  readonly lines: () => BigInt64Array
}

/** A part that is being written. */
export interface PartWriter {
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
export function createPart(path: string, origin: SliceConstants): PartWriter {
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
        const assembly = assemble({ footer, added: originColumns(origin, piece) }, end)
        for (const block of assembly.blocks) {
          if ('content' in block) append(output, block.content)
          else await copyRange(input, output, block)
        }
        schema ??= footer
        end = assembly.end
        for (const group of assembly.rowGroups) rowGroups.push(listRowGroup(group, rowGroups.length))
      } finally {
        closeSync(input)
      }
      rmSync(piece.path)
    },
    finish() {
      if (!schema) throw new TypeError('a part needs a piece')
      append(output, writeFooter(schema, { rowGroups, added: META_COLUMNS.map(schemaElement) }))
    },
    close: () => closeSync(output),
  }
}

/** The columns of META_COLUMNS, in their order. */
function originColumns(origin: SliceConstants, piece: PiecePart): Source['added'] {
  const values: Readonly<Record<(typeof META_COLUMNS)[number]['name'], string | null>> = {
    location_id: origin.location,
    business_date: origin.date,
    _source_file: origin.sourceFile,
    _row_number: null,
    _raw_sha256: origin.rawSha256,
  }
  const lines = piece.lines()
  return (first, rows) => {
    const own = lines.subarray(first, first + rows)
    return META_COLUMNS.map((column) => {
      if (column.type === 'int64') return ascendingChunk(column, own)
      return constantChunk(column, plainValue(column.type, values[column.name] ?? ''), rows)
    })
  }
}

function footerOf(file: number): Footer {
  const { size } = fstatSync(file)
  const length = footerBytes(readRange(file, size - 8, size))
  return readFooter(readRange(file, size - 8 - length, size - 8))
}
