import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { META_COLUMNS } from '../../contract/contract.ts'
import type { SliceConstants } from '../../engine/compile.ts'
import { assemble, type Source } from '../../engine/parquet/assemble.ts'
import { ascendingChunk, constantChunk, plainValue, schemaElement } from '../../engine/parquet/column.ts'
import { type Footer, footerBytes, MAGIC, readFooter, writeFooter } from '../../engine/parquet/footer.ts'
import { copyRange, readRange } from './transformer-scan.ts'

/** Parquet of the columns of one piece, and the lines of its rows. */
export interface PiecePart {
  readonly path: string
  readonly lines: () => BigInt64Array
}

/**
 * Makes one part of the Parquet of the pieces, in order, without decoding a value: bytes are copied, and the columns that
 * say where a row comes from are added. DuckDB would spend a tenth of its time on writing the same five values again and again.
 */
export async function joinPieces(pieces: readonly PiecePart[], origin: SliceConstants, path: string): Promise<void> {
  const [only, ...others] = pieces
  if (only && others.length === 0 && statSync(only.path).size <= SMALL) return joinSmall(only, origin, path)
  await using files = new AsyncDisposableStack()
  const inputs: FileHandle[] = []
  for (const piece of pieces) inputs.push(files.use(await open(piece.path, 'r')))
  const footers = await Promise.all(inputs.map(footerOf))
  const { blocks, rowGroups } = assemble(
    footers.map((footer, index) => ({ footer, added: originColumns(origin, pieces[index]) })),
  )
  const [first] = footers
  if (!first) throw new TypeError('a part needs a piece')
  const output = files.use(await open(path, 'w'))
  await output.write(MAGIC)
  for (const block of blocks) {
    if ('content' in block) await output.write(block.content)
    else await copyRange(inputOf(inputs, block.source), output, block)
  }
  await output.write(writeFooter(first, { rowGroups, added: META_COLUMNS.map(schemaElement) }))
}

/** Up to so many bytes are read, joined and written at once: a night makes hundreds of parts of a few kilobytes. */
const SMALL = 1_048_576

function joinSmall(piece: PiecePart, origin: SliceConstants, path: string): void {
  const content = readFileSync(piece.path)
  const length = footerBytes(content.subarray(-8))
  const footer = readFooter(content.subarray(content.length - 8 - length, content.length - 8))
  const { blocks, rowGroups } = assemble([{ footer, added: originColumns(origin, piece) }])
  const part = Buffer.concat([
    MAGIC,
    ...blocks.map((block) =>
      'content' in block ? block.content : content.subarray(block.offset, block.offset + block.bytes),
    ),
    writeFooter(footer, { rowGroups, added: META_COLUMNS.map(schemaElement) }),
  ])
  writeFileSync(path, part)
}

function inputOf(inputs: readonly FileHandle[], source: number): FileHandle {
  const input = inputs[source]
  if (!input) throw new TypeError('a block of no source')
  return input
}

/** The columns of META_COLUMNS, in their order. */
function originColumns(origin: SliceConstants, piece: PiecePart | undefined): Source['added'] {
  const values: Readonly<Record<(typeof META_COLUMNS)[number]['name'], string | null>> = {
    location_id: origin.location,
    business_date: origin.date,
    _source_file: origin.sourceFile,
    _row_number: null,
    _raw_sha256: origin.rawSha256,
  }
  let lines: BigInt64Array | undefined
  return (first, rows) => {
    lines ??= piece?.lines() ?? new BigInt64Array()
    const own = lines.subarray(first, first + rows)
    // The last row group needs them no more, and the next piece brings its own.
    if (first + rows === lines.length) lines = undefined
    return META_COLUMNS.map((column) => {
      if (column.type === 'int64') return ascendingChunk(column, own)
      return constantChunk(column, plainValue(column.type, values[column.name] ?? ''), rows)
    })
  }
}

async function footerOf(file: FileHandle): Promise<Footer> {
  const { size } = await file.stat()
  const length = footerBytes(await readRange(file, size - 8, size))
  return readFooter(await readRange(file, size - 8 - length, size - 8))
}
