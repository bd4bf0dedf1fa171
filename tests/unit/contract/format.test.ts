import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsedSql, parseFormat } from '../../../functions/contract/format.ts'

const connection = await (await DuckDBInstance.create(':memory:')).connect()

async function parsed(patterns: readonly string[], text: string): Promise<string | null> {
  const sql = parsedSql(patterns.map(parseFormat), '$1::VARCHAR')
  const result = await connection.runAndReadAll(`SELECT (${sql})::VARCHAR`, [text])
  const [row] = result.getRowsJS()
  return row?.[0] === null ? null : String(row?.[0])
}

describe('a format', () => {
  it.each([
    ['M/d/yy h:mm a', '2/5/25 9:07 PM', '2025-02-05 21:07:00'],
    ['M/d/yy h:mm a', '02/05/25 09:07 pm', '2025-02-05 21:07:00'],
    ['M/d/yy h:mm a', '12/31/24 12:00 AM', '2024-12-31 00:00:00'],
    ['M/d/yy h:mm a', '12/31/24 12:00 PM', '2024-12-31 12:00:00'],
    ['M/d/yy h:mm a', '2/30/25 9:07 PM', null],
    ['M/d/yy h:mm a', '2/5/2025 9:07 PM', null],
    ['M/d/yy h:mm a', '2/5/5 9:07 PM', null],
    ['M/d/yy h:mm a', '2/5/25 13:07 PM', null],
    ['M/d/yy h:mm a', '2/5/25 0:07 AM', null],
    ['M/d/yy h:mm a', '2/5/25 9:7 PM', null],
    ['M/d/yy h:mm a', ' 2/5/25 9:07 PM', null],
    ['M/d/yy h:mm a', '2/5/25 9:07 PM ', null],
    ['M/d/yy h:mm a', '2/5/25  9:07 PM', null],
    ['M/d/yy h:mm a', '2/5/25 9:07 PM\n', null],
    ['M/d/yy h:mm a', '', null],
    ['M/d/yyyy h:mm a', '2/3/2025 7:14 PM', '2025-02-03 19:14:00'],
    ['M/d/yyyy h:mm a', '2/3/25 7:14 PM', null],
    ['M/d/yy', '2/29/24', '2024-02-29'],
    ['M/d/yy', '2/29/25', null],
    ['h:mm a', '11:16 AM', '11:16:00'],
    ["yyyy-MM-dd'T'HH:mm:ss", '2025-02-05T23:59:59', '2025-02-05 23:59:59'],
    ['yyyy-MM-dd', '2025-2-05', null],
    ['H:mm', '7:30', '07:30:00'],
    ['dd.MM.yyyy', '05x02x2025', null],
  ])('%s reads %j as %s', async (pattern, text, value) => {
    expect(await parsed([pattern], text)).toBe(value)
  })

  it('is the first of a list that fits', async () => {
    const patterns = ['M/d/yy h:mm a', 'M/d/yyyy h:mm a']
    expect(await parsed(patterns, '2/3/2025 7:14 PM')).toBe('2025-02-03 19:14:00')
    expect(await parsed(patterns, '2/3/25 7:14 PM')).toBe('2025-02-03 19:14:00')
    expect(await parsed(patterns, '2025-02-03')).toBeNull()
  })

  it.each([
    ['M/d/yy h:mm a', 'datetime'],
    ['M/d/yy', 'date'],
    ['h:mm a', 'time'],
  ])('%s is a %s', (pattern, type) => {
    expect(parseFormat(pattern).type).toBe(type)
  })

  it.each([
    ['M/d', 'a day needs year, month and day'],
    ['M/d/yy h', 'a time needs hour and minute'],
    ['M/d/yy h:mm', 'h goes with a'],
    ['HH:mm a', 'h goes with a'],
    ['M/d/yy d', 'the day twice'],
    ['MMM d yy', '`MMM` is none of'],
    ['%m', '`%` is none of'],
    ["M/d/yy'); DROP", 'is none of'],
    ['', 'no date letters'],
  ])('%j is refused: %s', (pattern, problem) => {
    expect(() => parseFormat(pattern)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => parseFormat(pattern)).toThrow(problem)
  })

  it('reads back every minute of a century that it writes as Toast does', async () => {
    const minute = fc.date({
      min: new Date('1970-01-01T00:00Z'),
      max: new Date('2068-12-31T23:59Z'),
      noInvalidDate: true,
    })
    await fc.assert(
      fc.asyncProperty(minute, async (date) => {
        const [iso = ''] = date.toISOString().split('.')
        const half = date.getUTCHours() < 12 ? 'AM' : 'PM'
        const hour = date.getUTCHours() % 12 || 12
        const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${iso.slice(2, 4)}`
        const text = `${day} ${hour}:${iso.slice(14, 16)} ${half}`
        expect(await parsed(['M/d/yy h:mm a'], text)).toBe(`${iso.slice(0, 16).replace('T', ' ')}:00`)
      }),
    )
  })
})
