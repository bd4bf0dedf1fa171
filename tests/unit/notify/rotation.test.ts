import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import type { RotationConfig } from '../../../functions/config/notify-config.ts'
import { type Override, onCall, shiftsIn } from '../../../functions/notify/rotation.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const config = (changes: Partial<RotationConfig> = {}): RotationConfig => ({
  zone: 'America/New_York',
  handoff: 'Mon 09:00',
  every: '1w',
  starts: '2026-01-05',
  people: ['ana', 'ben'],
  ...changes,
})
const named = (changes: Partial<RotationConfig> = {}) => ({ name: 'primary', config: config(changes) })
const HOUR = 3_600_000

describe('a rotation', () => {
  it('hands over at the same time of the wall clock', () => {
    expect(onCall(named(), [], at('2026-01-05T14:00Z'))).toEqual({
      person: 'ana',
      from: at('2026-01-05T14:00Z'),
      until: at('2026-01-12T14:00Z'),
      isOverride: false,
    })
    expect(onCall(named(), [], at('2026-01-05T13:59:59Z')).person).toBe('ben')
    expect(onCall(named(), [], at('2026-01-12T14:00Z')).person).toBe('ben')
  })

  it('has a shift that is an hour shorter in the week in which the clock goes forward, and longer when it goes back', () => {
    const lengths = (from: string) => {
      const shift = onCall(named(), [], at(from))
      return (shift.until - shift.from) / HOUR
    }
    expect(lengths('2026-03-04T12:00Z')).toBe(167)
    expect(lengths('2026-03-11T12:00Z')).toBe(168)
    expect(lengths('2026-10-28T12:00Z')).toBe(169)
  })

  it('may be days', () => {
    const daily = named({ handoff: '07:00', every: '1d', people: ['ana', 'ben', 'cleo'] })
    const days = ['05', '06', '07', '08'].map((day) => onCall(daily, [], at(`2026-01-${day}T18:00Z`)).person)
    expect(days).toEqual(['ana', 'ben', 'cleo', 'ana'])
  })

  it('of one person is one long shift as far as it is looked at', () => {
    const span = { from: at('2026-01-05T14:00Z'), until: at('2026-03-05T14:00Z') }
    expect(shiftsIn(named({ people: ['ana'] }), [], span)).toEqual([{ person: 'ana', ...span, isOverride: false }])
  })

  it('gives an override its time, the newest of two that overlap, and no other rotation', () => {
    const override = (changes: Partial<Override>): Override => ({
      rotation: 'primary',
      person: 'cleo',
      from: at('2026-01-06T00:00Z'),
      until: at('2026-01-07T00:00Z'),
      madeAt: 1,
      ...changes,
    })
    const overrides = [
      override({ person: 'dan', from: at('2026-01-06T12:00Z'), madeAt: 2 }),
      override({}),
      override({ rotation: 'secondary', person: 'eve', madeAt: 3 }),
    ]
    const span = { from: at('2026-01-05T14:00Z'), until: at('2026-01-12T14:00Z') }
    expect(shiftsIn(named(), overrides, span).map(({ person, from }) => [person, from])).toEqual([
      ['ana', span.from],
      ['cleo', at('2026-01-06T00:00Z')],
      ['dan', at('2026-01-06T12:00Z')],
      ['ana', at('2026-01-07T00:00Z')],
    ])
    expect(onCall(named(), overrides, at('2026-01-06T11:59Z'))).toMatchObject({ person: 'cleo', isOverride: true })
  })
})

/** Zones whose clocks change in some year, each with an instant at which one does. */
const CHANGES = Intl.supportedValuesOf('timeZone').flatMap((zone) => {
  const start = Temporal.Instant.from('2025-06-01T00:00Z').toZonedDateTimeISO(zone)
  const next = start.getTimeZoneTransition('next')
  return next && next.epochMilliseconds < at('2027-01-01T00:00Z') ? [{ zone, at: next.epochMilliseconds }] : []
})

const TIMES = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '59'))
const clock = ([hour, minute]: readonly [number, string]) => `${String(hour).padStart(2, '0')}:${minute}`

describe('in every zone that changes its clock', () => {
  it('there are more than a hundred of them', () => expect(CHANGES.length).toBeGreaterThan(100))

  it.each([{ zone: 'Pacific/Apia', at: at('2011-12-30T10:00Z') }, ...CHANGES])(
    '$zone has shifts without gap and overlap, and one person at every instant',
    ({ zone, at: change }) => {
      fc.assert(
        fc.property(
          TIMES,
          fc.constantFrom('1d', '2d', '3d'),
          fc.array(fc.tuple(fc.integer({ min: -90, max: 90 }), fc.integer({ min: 1, max: 60 })), { maxLength: 3 }),
          (time, every, swaps) => {
            const rotation = named({ zone, handoff: clock(time), every, people: ['ana', 'ben', 'cleo'] })
            const overrides = swaps.map(([offset, hours], madeAt): Override => {
              const from = change + offset * HOUR
              return { rotation: 'primary', person: 'dan', from, until: from + hours * HOUR, madeAt }
            })
            const span = { from: change - 60 * HOUR, until: change + 60 * HOUR }
            const shifts = shiftsIn(rotation, overrides, span)
            expect(shifts[0]?.from).toBe(span.from)
            expect(shifts.at(-1)?.until).toBe(span.until)
            for (const [place, shift] of shifts.entries()) {
              expect(shift.until).toBeGreaterThan(shift.from)
              if (place > 0) expect(shift.from).toBe(shifts[place - 1]?.until)
            }
            const during = shifts.find(({ from, until }) => from <= change && change < until)
            const { person, isOverride } = onCall(rotation, overrides, change)
            expect({ person, isOverride }).toEqual({ person: during?.person, isOverride: during?.isOverride })
          },
        ),
        { numRuns: 2 },
      )
    },
  )
})
