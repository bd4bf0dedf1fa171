import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recordSpans } from '../../../functions/engine/file/record.ts'
import { CHECKPOINT_EVERY, linesOf } from '../../../functions/engine/file/record-index.ts'
import { createScanner } from '../../../functions/engine/file/scanner.ts'
import { naiveScan } from '../../support/naive-scan.ts'

const csvBytes = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('a', ',', '"', '""', '\n', '\r\n', '\r', ' ', 'é', 'xyz', '","', '"\n') },
      fc.constantFrom(
        '\0',
        '\t',
        '\x1a',
        '\f',
        '\x7f',
        '\x85',
        '\u2028',
        '\ufeff',
        '\u00a0',
        '\u202f',
        '\u3000',
        '’',
        '红',
      ),
    ),
    { maxLength: 120 },
  )
  .map((parts) => Buffer.from(parts.join('')))
const blockSizes = fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 40 })

function scanInBlocks(bytes: Buffer, sizes: readonly number[], pieceBytes = 1e9) {
  const scanner = createScanner({ pieceBytes })
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    scanner.push(bytes.subarray(at, at + size))
    at += size
  }
  return { ...scanner.finish(), cuts: scanner.cuts, index: scanner.index }
}

it('counts what a byte-at-a-time reading counts, however the bytes are cut into blocks', () => {
  fc.assert(
    fc.property(csvBytes, blockSizes, (bytes, sizes) => {
      const { records, openQuote, ...counts } = naiveScan(bytes)
      const scan = scanInBlocks(bytes, sizes)
      expect(scan).toMatchObject({ ...counts, records: records.length, offset: bytes.length })
      expect(scan.openQuoteLine !== null).toBe(openQuote)
    }),
    { numRuns: 3_000 },
  )
})

it('finds each record, its line and its end as a byte-at-a-time reading does', () => {
  fc.assert(
    fc.property(csvBytes, (bytes) => {
      const spans = [...recordSpans(bytes)].map(({ start, end, line }) => ({ start, end, line: line + 1 }))
      expect(spans).toEqual(naiveScan(bytes).records)
    }),
    { numRuns: 3_000 },
  )
})

it('cuts pieces at the same records, however the bytes are cut into blocks', () => {
  fc.assert(
    fc.property(csvBytes, blockSizes, fc.integer({ min: 1, max: 60 }), (bytes, sizes, pieceBytes) => {
      const whole = scanInBlocks(bytes, [bytes.length + 1], pieceBytes)
      const parts = scanInBlocks(bytes, sizes, pieceBytes)
      expect(parts).toEqual(whole)
      const { records } = naiveScan(bytes)
      for (const { offset, records: before } of whole.cuts) {
        expect(records.filter(({ end }) => end < offset)).toHaveLength(before)
        expect(records.every(({ start, end }) => end < offset || start >= offset)).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})

it('knows the line of every record and where every 32nd starts, however the bytes are cut into blocks', () => {
  const parts = fc.constantFrom('a,b\n', '"a\nb",c\r\n', '\n', 'x\n', '"\n\n"\n', '\r\n')
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 200 }), blockSizes, (rows, sizes) => {
      const bytes = Buffer.from(rows.join(''))
      const { records } = naiveScan(bytes)
      const { index } = scanInBlocks(bytes, sizes)
      expect(linesOf(index, [...records.keys()])).toEqual(records.map(({ line }) => line))
      const starts = records.filter((_, record) => record % CHECKPOINT_EVERY === 0).map(({ start }) => start)
      expect(index.offsets.slice(0, starts.length)).toEqual(starts)
    }),
    { numRuns: 500 },
  )
})
