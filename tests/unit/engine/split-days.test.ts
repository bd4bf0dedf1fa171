import { describe, expect, it } from 'vitest'
import { splitByDay } from '../../../functions/engine/file/split-days.ts'
import { contract } from '../../support/download-contract.ts'

/** Splits a text that is read in blocks of so many bytes. */
async function split(text: string, { closeoutHour = 4, block = 7 } = {}) {
  const all = Buffer.from(text)
  const contents = new Map<string, Buffer[]>()
  async function* read() {
    for (let at = 0; at < all.length; at += block) yield all.subarray(at, at + block)
  }
  const found = await splitByDay({
    ...{ contract, closeoutHour, name: 'Visits.csv', bytes: all.length, start: all, read },
    write: async (date, bytes) => void contents.set(date, [...(contents.get(date) ?? []), Buffer.from(bytes)]),
  })
  const days = [...contents].map(([date, pieces]) => [date, Buffer.concat(pieces).toString()])
  return { ...found, shown: Object.fromEntries(days) }
}

describe('splitByDay', () => {
  it('gives hours before the closeout to the day before', async () => {
    const text = 'At,Note\n5/1/21 11:59 PM,a\n5/2/21 3:59 AM,b\n5/2/21 4:00 AM,c\n5/2/21 12:30 PM,d\n'
    expect((await split(text)).days.map(({ date, rows }) => [date, rows])).toEqual([
      ['2021-05-01', 2],
      ['2021-05-02', 2],
    ])
    expect((await split(text, { closeoutHour: 0 })).days.map(({ rows }) => rows)).toEqual([1, 3])
  })

  it('keeps the bytes and the line of every row, over quoted line breaks, CR LF and days in any order', async () => {
    const text = 'At,Note\r\n5/2/21 1:00 PM,"x\r\ny"\r\n5/1/21 1:00 PM,b\r\n5/2/21 2:00 PM,c\r\n'
    for (let block = 1; block < text.length; block++)
      expect((await split(text, { block })).shown).toEqual({
        '2021-05-01': 'At,Note\r\n\r\n\r\n5/1/21 1:00 PM,b\r\n',
        '2021-05-02': 'At,Note\r\n5/2/21 1:00 PM,"x\r\ny"\r\n\r\n5/2/21 2:00 PM,c\r\n',
      })
  })

  it('leaves a row without a date that can be read to the day of the row before it, and counts it', async () => {
    const text = 'At,Note\n5/1/21 1:00 PM,a\n2021 05 02,b\n5/3/21 1:00 PM,c\n'
    expect(await split(text)).toMatchObject({ rows: 3, undated: 1 })
    expect((await split(text)).shown['2021-05-01']).toContain('2021 05 02,b')
  })

  it('takes a byte order mark, a narrow no-break space and a header of another case', async () => {
    const text = '\uFEFFat,Note\n5/1/21 1:00\u202FPM,a\n'
    expect(Object.keys((await split(text)).shown)).toEqual(['2021-05-01'])
  })

  it.each([
    ['no date column', 'Note\na\n', 'DRIFT_MISSING_REQUIRED', /`At`/],
    ['no date in any row', 'At,Note\n?,a\n', 'FILE_UNREADABLE', /no date that can be read in any of its 1 rows/],
    ['no byte', '', 'FILE_EMPTY', /zero bytes/],
    ['UTF-16', 'A\0t\0\n\0', 'FILE_UNREADABLE', /UTF-16/],
  ])('refuses a file with %s', async (_, text, code, message) => {
    await expect(split(text)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  it('gives rows before the first date to the day of that date', async () => {
    const text = 'At,Note\n?,a\n5/2/21 1:00 PM,b\n5/1/21 1:00 PM,c\n'
    expect((await split(text)).days).toEqual([
      { date: '2021-05-01', rows: 1 },
      { date: '2021-05-02', rows: 2 },
    ])
  })

  it('holds no more of a file that is four times as long', async () => {
    const header = Buffer.from('At,Note\n')
    /** Bytes that were read and are not written yet, at most. */
    const mostHeld = async (rows: number) => {
      const lineOf = (n: number) => Buffer.from(`5/${1 + (n % 5)}/21 1:00 PM,${'x'.repeat(n % 90)}\n`)
      let [held, most, bytes] = [0, 0, header.length]
      for (let n = 0; n < rows; n++) bytes += lineOf(n).length
      async function* read() {
        held = 0
        for (let n = 0; n <= rows; n += 100) {
          const lines = Array.from({ length: Math.min(100, rows - n) }, (_, at) => lineOf(n + at))
          const block = Buffer.concat([...(n === 0 ? [header] : []), ...lines])
          held += block.length
          most = Math.max(most, held)
          yield block
        }
      }
      const write = async (_: string, piece: Buffer) => {
        if (piece.includes(44)) held -= piece.length + 1
      }
      const { rows: found } = await splitByDay({
        ...{ contract, closeoutHour: 4, name: 'Visits.csv', bytes, start: header, read, write },
      })
      expect(found).toBe(rows)
      return most
    }
    const [small, large] = [await mostHeld(2_000), await mostHeld(8_000)]
    expect(large).toBeLessThan(small * 1.5)
    expect(small).toBeLessThan(50_000)
  })

  it('refuses a record without end before it fills the memory', async () => {
    const start = Buffer.from('At,Note\n"')
    let blocks = 0
    async function* read() {
      yield start
      for (; blocks < 300; blocks++) yield Buffer.alloc(1 << 20, 'x')
    }
    const splitting = {
      contract,
      closeoutHour: 4,
      name: 'Visits.csv',
      bytes: 1e9,
      start,
      read,
      write: async () => undefined,
    }
    await expect(splitByDay(splitting)).rejects.toThrow(/the record in line 2 has more than 67108864 bytes/)
    expect(blocks).toBeLessThan(70)
  })
})
