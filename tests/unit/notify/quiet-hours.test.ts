import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { quietUntil } from '../../../functions/notify/quiet-hours.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const NIGHT = { from: '22:00', to: '07:00', zone: 'America/New_York' }
const NOON = { from: '12:00', to: '13:30', zone: 'America/New_York' }

describe('quiet hours', () => {
  it.each([
    ['before midnight', NIGHT, '2026-11-29T22:00-05:00', '2026-11-30T07:00-05:00'],
    ['after midnight', NIGHT, '2026-11-30T06:59:59-05:00', '2026-11-30T07:00-05:00'],
    ['by day', NOON, '2026-11-30T12:00-05:00', '2026-11-30T13:30-05:00'],
    ['in the night in which the clock goes forward', NIGHT, '2026-03-08T01:00-05:00', '2026-03-08T07:00-04:00'],
    ['in the night in which it goes back', NIGHT, '2026-10-31T23:00-04:00', '2026-11-01T07:00-05:00'],
  ])('hold until their end: %s', (_, hours, now, end) => {
    expect(quietUntil(hours, at(now))).toBe(at(end))
  })

  it.each([
    ['at their end', NIGHT, '2026-11-30T07:00-05:00'],
    ['a minute before', NIGHT, '2026-11-29T21:59-05:00'],
    ['in the afternoon', NOON, '2026-11-30T13:30-05:00'],
  ])('hold nothing %s', (_, hours, now) => {
    expect(quietUntil(hours, at(now))).toBeNull()
  })

  const ZONES = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Tehran', 'Pacific/Apia', 'UTC']
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)

  it('are what the wall clock says, and are over at the end that they say', () => {
    fc.assert(
      fc.property(
        time,
        time,
        fc.constantFrom(...ZONES),
        fc.integer({ min: at('2026-01-01T00:00Z') / 60_000, max: at('2027-01-01T00:00Z') / 60_000 }),
        (from, to, zone, minute) => {
          fc.pre(from !== to)
          const now = minute * 60_000
          const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone)
          // On the day of a change a time may not exist or exist twice; what holds there is tested above.
          fc.pre(local.hoursInDay === 24 && local.subtract({ days: 1 }).hoursInDay === 24)
          const clock = local.toPlainTime().toString().slice(0, 5)
          const isQuiet = from < to ? from <= clock && clock < to : clock >= from || clock < to
          const until = quietUntil({ from, to, zone }, now)
          expect(until !== null).toBe(isQuiet)
          if (until === null) return
          expect(until).toBeGreaterThan(now)
          expect(quietUntil({ from, to, zone }, until)).toBeNull()
        },
      ),
      { numRuns: 500 },
    )
  })
})
