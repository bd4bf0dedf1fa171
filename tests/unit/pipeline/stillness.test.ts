import { describe, expect, it } from 'vitest'
import type { Sighting, SourceFile } from '../../../functions/pipeline/entities.ts'
import { judgeStillness, sight } from '../../../functions/pipeline/steps/decide.ts'
import { at } from '../../support/definition.ts'

const MINUTE = 60_000
const endsAt = at('2025-02-06T09:00:00Z')
const lateAt = at('2025-02-06T12:30:00Z')
const early = at('2025-02-06T09:40:00Z')
const file: SourceFile = { path: '/1/20250205/a.csv', name: 'a.csv', bytes: 100, modifiedAt: early - 20 * MINUTE }

const judge = (
  now: number,
  {
    again = false,
    ...more
  }: { sighting?: Sighting | null; file?: Partial<SourceFile>; force?: boolean; again?: boolean },
) =>
  judgeStillness({
    ...{ sighting: null, force: false, minimumAge: 2 * MINUTE, lateAt, endsAt, window: '2025-02-05' },
    ...more,
    file: { ...file, ...more.file },
    again,
    now,
  })

/** Looks at a file so often; each look finds what `listed` says of its instant. The instant at which it is read, and its mark. */
function readAt(start: number, every: number, listed: (now: number) => Partial<SourceFile>) {
  let sighting: Sighting | null = null
  for (let now = start; now < start + 86_400_000; now += every) {
    const found = judge(now, { sighting, file: listed(now) })
    if (found.read) return { now, mark: found.mark?.code ?? null }
    sighting = found.sighting
  }
  return null
}

describe('a file that is to be read', () => {
  it('is read when two looks, two minutes apart, found the same', () => {
    expect(readAt(early, MINUTE, () => ({}))).toEqual({ now: early + 2 * MINUTE, mark: null })
  })

  it.each([
    ['2099', at('2099-01-01T00:00:00Z')],
    ['1970', 0],
    ['a day before 1970', -86_400_000],
    ['an hour ahead', early + 60 * MINUTE],
    ['local time for UTC, five hours behind', early - 300 * MINUTE],
    ['a clock half an hour behind', early - 30 * MINUTE],
  ])('is read as soon with the time %s', (_, modifiedAt) => {
    expect(readAt(early, MINUTE, () => ({ modifiedAt }))).toEqual({ now: early + 2 * MINUTE, mark: null })
  })

  it('waits while it grows, for any age that the server gives', () => {
    const grown = (now: number) => ({ bytes: Math.min(now, early + 30 * MINUTE), modifiedAt: early - 600 * MINUTE })
    expect(readAt(early, MINUTE, grown)).toEqual({ now: early + 32 * MINUTE, mark: null })
  })

  it('waits while only its time changes', () => {
    const touched = (now: number) => ({ modifiedAt: Math.min(now, early + 30 * MINUTE) })
    expect(readAt(early, MINUTE, touched)).toEqual({ now: early + 32 * MINUTE, mark: null })
  })

  it('is read and marked when the day is late, though it is written anew every minute', () => {
    expect(readAt(early, 15 * MINUTE, (now) => ({ modifiedAt: now }))).toEqual({
      now: early + 180 * MINUTE,
      mark: 'FILE_CHANGED',
    })
  })

  it('is looked at twice within a run that finds it new after the day was late', () => {
    const now = lateAt + MINUTE
    const first = judge(now, { file: { modifiedAt: now } })
    expect(first).toMatchObject({ read: false, until: now + 2 * MINUTE })
    const sighting = first.read ? null : first.sighting
    const changed = { modifiedAt: now + 119_000 }
    expect(judge(now + 119_000, { sighting, file: changed, again: true })).toMatchObject({
      read: true,
      mark: { code: 'FILE_CHANGED' },
    })
  })

  it('is read at once when the day is late and it has been left alone', () => {
    expect(judge(lateAt, {})).toMatchObject({ read: true, mark: null })
  })

  it('is read at once when it is forced', () => {
    expect(judge(early, { force: true, file: { modifiedAt: at('2099-01-01T00:00:00Z') } })).toMatchObject({
      read: true,
    })
  })

  it('begins to wait again after a look by a clock that was ahead', () => {
    const ahead: Sighting = { bytes: 100, modifiedAt: file.modifiedAt, since: early + 900_000_000, waitingSince: early }
    expect(judge(early + 5 * MINUTE, { sighting: ahead })).toMatchObject({ read: false, until: early + 7 * MINUTE })
    expect(sight(file, { ...ahead, since: early }, early + 5)).toMatchObject({ since: early })
  })
})

describe('a time that cannot be right', () => {
  it.each([
    ['later than now', early + 5 * MINUTE, '5 min from now'],
    ['in 2099', at('2099-01-01T00:00:00Z'), 'd from now'],
    ['before the day was over', endsAt - 90 * MINUTE, '90 min before 2025-02-05 ended'],
    ['in 1970', 0, 'd before 2025-02-05 ended'],
    ['out of any calendar', 9e15, 'from now'],
  ])('is named when it is %s', (_, modifiedAt, words) => {
    const found = judge(early, { file: { modifiedAt } })
    expect(found.clock).toMatchObject({ code: 'SOURCE_CLOCK', message: expect.stringContaining(words) })
    expect(found.read ? null : found.reason).toEqual(found.clock)
  })

  it('is not looked for within the tolerance of two clocks, nor where no sender is writing', () => {
    expect(judge(early, { file: { modifiedAt: early + MINUTE } }).clock).toBeNull()
    expect(judge(early, { file: { modifiedAt: endsAt - 59 * MINUTE } }).clock).toBeNull()
    const input = { file: { ...file, modifiedAt: 0 }, sighting: null, force: false, again: false, now: early }
    expect(judgeStillness({ ...input, minimumAge: 0, lateAt, endsAt, window: '2025-02-05' })).toEqual({
      read: true,
      mark: null,
      clock: null,
    })
  })
})
