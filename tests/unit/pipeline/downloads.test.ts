import { describe, expect, it } from 'vitest'
import { candidatesOf, chooseDays, readDownloadName } from '../../../functions/pipeline/work/downloads.ts'
import { contract } from '../../support/download-contract.ts'

const longer = { ...contract, stream: 'visits_extra', file: 'VisitsExtra.csv' }
const range = (from: string, to = from) => ({ from, to })

describe('readDownloadName', () => {
  it.each([
    ['Visits.csv', 'visits', null],
    ['Visits_2021_05_01-2021_05_31.csv', 'visits', range('2021-05-01', '2021-05-31')],
    ['/a/2020/Visits_2021_05_01-2021_05_31 (1).csv', 'visits', range('2021-05-01', '2021-05-31')],
    ['Copy of visits-20210501.CSV', 'visits', range('2021-05-01')],
    ['Visits 2021-05-31 2021-05-01 - Copy (2).csv', 'visits', range('2021-05-01', '2021-05-31')],
    ['Visits Extra_2021.05.01.csv', 'visits_extra', range('2021-05-01')],
    ['Visits_2021_13_01.csv', 'visits', null],
    ['Sales.csv', null, null],
  ])('%s', (name, stream, days) => {
    const found = readDownloadName(name, [contract, longer])
    expect([found.contract?.stream ?? null, found.range]).toEqual([stream, days])
  })
})

const place = { local: '/scratch/day', bytes: 0 }
const download = (file: string, days: readonly [string, number][], more = {}) => ({
  ...{ file, stream: 'visits', range: null, modifiedAt: 1, empty: place, hadEnded: () => true },
  days: days.map(([date, rows]) => ({ date, rows, ...place })),
  ...more,
})

describe('candidatesOf', () => {
  it('takes days without rows between the first and the last as closed, and has the edges in part', () => {
    const { taken } = candidatesOf(
      download('a', [
        ['2021-05-01', 2],
        ['2021-05-03', 1],
      ]),
    )
    expect(taken.map(({ date, rows, isWhole }) => [date, rows, isWhole])).toEqual([
      ['2021-05-01', 2, false],
      ['2021-05-02', 0, true],
      ['2021-05-03', 1, false],
    ])
  })

  it('has every day of a range whole, and leaves days outside of it or not ended', () => {
    const named = range('2021-05-02', '2021-05-04')
    const days: [string, number][] = [
      ['2021-05-01', 1],
      ['2021-05-02', 2],
      ['2021-05-04', 3],
    ]
    const { taken, left } = candidatesOf(
      download('a', days, { range: named, hadEnded: (date: string) => date < '2021-05-04' }),
    )
    expect(taken.map(({ date, isWhole }) => [date, isWhole])).toEqual([
      ['2021-05-02', true],
      ['2021-05-03', true],
    ])
    expect(left.map(({ date }) => date)).toEqual(['2021-05-01', '2021-05-04'])
  })
})

describe('chooseDays', () => {
  const day = (file: string, more: { isWhole?: boolean; modifiedAt?: number; rows?: number } = {}) => ({
    ...{ file, stream: 'visits', date: '2021-05-01', rows: 1, isWhole: true, modifiedAt: 1, ...place },
    ...more,
  })

  it('prefers a whole day to a part, and the newer of two whole ones', () => {
    const all = [day('part', { isWhole: false, modifiedAt: 9, rows: 9 }), day('old'), day('new', { modifiedAt: 2 })]
    const { chosen, left } = chooseDays(all, () => true)
    expect(chosen.map(({ file }) => file)).toEqual(['new'])
    expect(left.map(({ file }) => file).toSorted()).toEqual(['old', 'part'])
  })

  it('takes a part only of a day that is not loaded', () => {
    const part = [day('part', { isWhole: false })]
    expect(chooseDays(part, () => false).chosen).toHaveLength(1)
    expect(chooseDays(part, () => true)).toMatchObject({ chosen: [], left: [{ file: 'part' }] })
  })
})
