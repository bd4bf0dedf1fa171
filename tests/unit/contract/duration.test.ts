import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DurationGrammar, durationSql } from '../../../functions/contract/duration.ts'
import { parseDuration, parseProse, parseSignedClock } from '../../support/duration.ts'

const connection = await (await DuckDBInstance.create(':memory:')).connect()

/** Values that DuckDB reads from the texts. */
async function inDuckDB(grammar: DurationGrammar, texts: readonly string[]): Promise<readonly (number | null)[]> {
  const rows = texts.map((_, index) => `($${index + 1}::VARCHAR, ${index})`).join(', ')
  const sql = `SELECT ${durationSql(grammar, 't.x')} FROM (VALUES ${rows}) t(x, n) ORDER BY n`
  const result = await connection.runAndReadAll(sql, [...texts])
  return result.getRowsJS().map(([seconds]) => (seconds === null ? null : Number(seconds)))
}

describe('a signed clock duration', () => {
  it.each([
    ['00:42:36', 2_556],
    ['10:09:09', 36_549],
    ['517:56:50', 1_864_610],
    ['-18:-27:-04', -66_424],
    ['00:-28:-25', -1_705],
    ['-113:-26:-45', -408_405],
    ['00:00:-44', -44],
    ['00:00:00', 0],
    ['-00:-00:-00', 0],
    ['1:2:3', 3_723],
    ['', null],
    ['12:34', null],
    ['00:60:00', null],
    ['00:00:60', null],
    ['+1:00:00', null],
    [' 1:00:00', null],
    ['1:00:00 ', null],
    ['1:00:00\n', null],
    ['1:00:00:00', null],
    ['٣:00:00', null],
    ['9999999999:00:00', null],
  ])('%j is %s seconds', async (text, seconds) => {
    expect(parseSignedClock(text)).toBe(seconds)
    expect(await inDuckDB('signed_clock_duration', [text])).toEqual([seconds])
  })
})

describe('a duration in prose', () => {
  it.each([
    ['25 minutes and 39 seconds', 1_539],
    ['1 minute and 49 seconds', 109],
    ['12 seconds', 12],
    ['2 weeks, 1 day, 22 hours, 1 minute and 6 seconds', 1_375_266],
    ['10 minutes', 600],
    ['1 hour, 30 minutes', 5_400],
    ['2 hours, 15 minutes, 30 seconds', 8_130],
    ['1 hour, and 1 second', 3_601],
    ['0 milliseconds', 0],
    ['1 second and 999 milliseconds', 1],
    ['-1 minutes and -30 seconds', -90],
    ['3 Minutes', null],
    ['', null],
    ['seconds', null],
    ['12', null],
    ['12 second s', null],
    ['12 seconds ', null],
    ['12  seconds', null],
    [', 12 seconds', null],
    [' and 12 seconds', null],
    ['12 seconds and ', null],
    ['12 seconds, 1 minute', null],
    ['1 minute, 2 minutes', null],
    ['1.5 minutes', null],
    ['1 month', null],
    ['12 seconds\n', null],
  ])('%j is %s seconds', async (text, seconds) => {
    expect(parseProse(text)).toBe(seconds)
    expect(await inDuckDB('prose_duration', [text])).toEqual([seconds])
  })
})

describe('TypeScript and SQL agree', () => {
  const number = fc.oneof(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -9_999_999_999, max: 9_999_999_999 }))
  const clock = fc
    .array(
      fc.oneof(
        number.map(String),
        number.map((n) => String(n).padStart(2, '0')),
      ),
      { minLength: 2, maxLength: 4 },
    )
    .map((parts) => parts.join(':'))
  const word = fc.constantFrom('week', 'day', 'hour', 'minute', 'second', 'millisecond', 'month', 'Second', '')
  const part = fc.tuple(number, word, fc.constantFrom('', 's', 'S')).map(([n, unit, s]) => `${n} ${unit}${s}`)
  const prose = fc
    .array(fc.tuple(fc.constantFrom(', ', ' and ', ', and ', ',', ' '), part), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.map(([separator, text], index) => (index === 0 ? text : separator + text)).join(''))
  const ordered = fc
    .tuple(
      ...['week', 'day', 'hour', 'minute', 'second', 'millisecond'].map((unit) =>
        fc.tuple(fc.boolean(), fc.nat(999), fc.constant(unit)),
      ),
    )
    .map((units) =>
      units
        .filter(([used]) => used)
        .map(([, n, unit]) => `${n} ${unit}${n === 1 ? '' : 's'}`)
        .join(', '),
    )
  // NUL ends a text inside DuckDB's C API; the reader never hands one on.
  const noise = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0'))

  it.each([
    ['signed_clock_duration', clock],
    ['prose_duration', prose],
    ['prose_duration', ordered],
    ['signed_clock_duration', noise],
    ['prose_duration', noise],
  ] as const)('on generated texts for %s', async (grammar, texts) => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 50 }), async (batch) => {
        expect(await inDuckDB(grammar, batch)).toEqual(batch.map((text) => parseDuration(grammar, text)))
      }),
      { numRuns: 40 },
    )
  })
})
