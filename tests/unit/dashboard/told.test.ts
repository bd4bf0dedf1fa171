import { describe, expect, it } from 'vitest'
import { csvOf } from '../../../dashboard/src/data/csv.ts'
import { piecesOf, toldText } from '../../../dashboard/src/data/told.ts'

const names = { word: 'location', byId: new Map([['185001', 'Harbor Street']]) }

describe('a text of the server, for people', () => {
  it('says days and names', () => {
    expect(toldText('the files of location 185001, 2026-10-28, disagree', names)).toBe(
      'the files of Harbor Street, Wed 28 Oct, disagree',
    )
  })

  it('keeps paths, instants and unknown ids as they are', () => {
    const text = 'location 7 wrote 7/2026-10-28/a.csv at 2026-10-28T04:00:00Z'
    expect(toldText(text, names)).toBe(text)
  })

  it('tells what one types from prose, and leaves its dates alone', () => {
    expect(piecesOf('run `daybreak status --from 2026-10-28` now', names)).toEqual([
      { kind: 'prose', text: 'run ' },
      { kind: 'code', text: 'daybreak status --from 2026-10-28' },
      { kind: 'prose', text: ' now' },
    ])
  })
})

describe('CSV that a person opens in a spreadsheet', () => {
  it('holds no formula, and keeps negative numbers', () => {
    expect(csvOf([['=cmd()', '-5.00', '@x', '-1+1', 'a,"b"']])).toBe(`'=cmd(),-5.00,'@x,'-1+1,"a,""b"""\r\n`)
  })
})
