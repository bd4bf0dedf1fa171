import type { Allowed } from '../../../engine/characters.ts'
import { foldFields } from '../../../engine/duckdb/text-column.ts'
import { decode, type Encoding } from '../../../engine/file/encoding.ts'
import { formatRecord, readRecord, recordSpans } from '../../../engine/file/record.ts'
import type { RecordFault } from '../../../engine/rejects/plan.ts'
import { append, readRange, withFile } from '../file.ts'
import type { Piece } from './scan.ts'

const FLUSH_CHARACTERS = 1 << 20

/** Piece of a file, and where its clean records go. */
interface SieveRequest {
  /** The file as it is read: CR-only row ends are LF there. */
  readonly path: string
  readonly piece: Piece
  readonly width: number
  /** Texts that each field may hold, where they are folded. */
  readonly texts: readonly (Allowed | null)[]
  readonly encoding: Encoding
  /** Where the clean records go: UTF-8, LF, no header. */
  readonly output: string
}

/** Records that cannot become rows, by their number in the file, the header being 0. */
export type Refused = readonly { readonly record: number; readonly fault: RecordFault }[]

/**
 * Writes the records of a piece anew so that every reader of CSV must take them the same way, and sets aside those that are
 * none: for files in windows-1252, with mixed row ends, control or invisible characters, stray quotes. Ten times slower than the straight way, and rare.
 */
export function sievePiece({ path, piece, output, ...reading }: SieveRequest): Refused {
  const bytes = readRange(path, piece.from.offset, piece.to.offset)
  const refused: { record: number; fault: RecordFault }[] = []
  withFile(output, 'w', (file) => {
    let record = piece.from.records
    let text = ''
    for (const { start, end } of recordSpans(bytes)) {
      const number = record++
      if (number === 0) continue
      const taken = take(bytes.subarray(start, end), reading)
      if ('fault' in taken) refused.push({ record: number, fault: taken.fault })
      else text += `${taken.text}\n`
      if (text.length < FLUSH_CHARACTERS) continue
      append(file, Buffer.from(text))
      text = ''
    }
    append(file, Buffer.from(text))
  })
  return refused
}

function take(
  bytes: Buffer,
  { width, texts, encoding }: Pick<SieveRequest, 'width' | 'texts' | 'encoding'>,
): { readonly text: string } | { readonly fault: RecordFault } {
  const read = readRecord(decode(bytes, encoding), { width, encoding })
  return 'fault' in read ? read : { text: formatRecord(foldFields(read.fields.slice(0, width), texts)) }
}
