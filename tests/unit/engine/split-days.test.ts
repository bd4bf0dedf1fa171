import { describe, expect, it } from 'vitest'
import { splitByDay } from '../../../functions/engine/file/split-days.ts'
import { contract } from '../../support/download-contract.ts'

const split = (text: string, closeoutHour = 4) =>
  splitByDay(Buffer.from(text), { contract, closeoutHour, name: 'Visits.csv' })
const shown = (text: string, closeoutHour?: number) =>
  Object.fromEntries(split(text, closeoutHour).days.map(({ date, content }) => [date, content().toString()]))

describe('splitByDay', () => {
  it('gives hours before the closeout to the day before', () => {
    const text = 'At,Note\n5/1/21 11:59 PM,a\n5/2/21 3:59 AM,b\n5/2/21 4:00 AM,c\n5/2/21 12:30 PM,d\n'
    expect(split(text).days.map(({ date, rows }) => [date, rows])).toEqual([
      ['2021-05-01', 2],
      ['2021-05-02', 2],
    ])
    expect(split(text, 0).days.map(({ rows }) => rows)).toEqual([1, 3])
  })

  it('keeps the bytes and the line of every row, over quoted line breaks, CR LF and days in any order', () => {
    const text = 'At,Note\r\n5/2/21 1:00 PM,"x\r\ny"\r\n5/1/21 1:00 PM,b\r\n5/2/21 2:00 PM,c\r\n'
    expect(shown(text)).toEqual({
      '2021-05-01': 'At,Note\r\n\r\n\r\n5/1/21 1:00 PM,b\r\n',
      '2021-05-02': 'At,Note\r\n5/2/21 1:00 PM,"x\r\ny"\r\n\r\n5/2/21 2:00 PM,c\r\n',
    })
  })

  it('leaves a row without a date that can be read to the day of the row before it, and counts it', () => {
    const text = 'At,Note\n5/1/21 1:00 PM,a\n2021 05 02,b\n5/3/21 1:00 PM,c\n'
    expect(split(text)).toMatchObject({ rows: 3, undated: 1 })
    expect(shown(text)['2021-05-01']).toContain('2021 05 02,b')
  })

  it('takes a byte order mark, a narrow no-break space and a header of another case', () => {
    expect(Object.keys(shown('\uFEFFat,Note\n5/1/21 1:00\u202FPM,a\n'))).toEqual(['2021-05-01'])
  })

  it.each([
    ['no date column', 'Note\na\n', 'DRIFT_MISSING_REQUIRED', /`At`/],
    ['no date in any row', 'At,Note\n?,a\n', 'FILE_UNREADABLE', /no date that can be read in any of its 1 rows/],
    ['no byte', '', 'FILE_EMPTY', /zero bytes/],
    ['UTF-16', 'A\0t\0\n\0', 'FILE_UNREADABLE', /UTF-16/],
  ])('refuses a file with %s', (_, text, code, message) => {
    expect(() => split(text)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  })
})
