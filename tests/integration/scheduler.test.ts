import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { nextTime, parseCron } from '../emulators/scheduler/cron.ts'
import { createScheduler, type Job } from '../emulators/scheduler/scheduler.ts'

const at = (text: string) => Date.parse(text)
const times = (schedule: string, after: string, timeZone = 'Etc/UTC', count = 3) => {
  const found: string[] = []
  for (let instant = at(after); found.length < count; found.push(new Date(instant).toISOString().slice(0, 16)))
    instant = nextTime(parseCron(schedule), instant, timeZone)
  return found
}

describe('a cron expression', () => {
  it.each([
    ['30 4 * * *', '2025-02-06T04:30:00Z', ['2025-02-07T04:30', '2025-02-08T04:30', '2025-02-09T04:30']],
    ['*/15 * * * *', '2025-02-06T04:31:00Z', ['2025-02-06T04:45', '2025-02-06T05:00', '2025-02-06T05:15']],
    ['0 */6 * * *', '2025-02-06T19:00:00Z', ['2025-02-07T00:00', '2025-02-07T06:00', '2025-02-07T12:00']],
    ['5 0 29 2 *', '2025-02-06T00:00:00Z', ['2028-02-29T00:05', '2032-02-29T00:05', '2036-02-29T00:05']],
    ['0 9 * * 1-5', '2025-02-07T10:00:00Z', ['2025-02-10T09:00', '2025-02-11T09:00', '2025-02-12T09:00']],
    ['10,50 23 * * 7', '2025-02-06T00:00:00Z', ['2025-02-09T23:10', '2025-02-09T23:50', '2025-02-16T23:10']],
  ])('%s after %s', (schedule, after, expected) => {
    expect(times(schedule, after)).toEqual(expected)
  })

  it('follows the clock of its zone through the change of its offset (fault 57)', () => {
    expect(times('30 4 * * *', '2025-03-08T00:00:00Z', 'America/New_York')).toEqual([
      '2025-03-08T09:30',
      '2025-03-09T08:30',
      '2025-03-10T08:30',
    ])
  })

  it.each(['30 4 * *', '60 4 * * *', '30 25 * * *', '30 4 1 * 1', '@daily', '5-1 4 * * *', '*/0 * * * *', 'every 5 m'])(
    'refuses %s',
    (schedule) => {
      expect(() => parseCron(schedule)).toThrow()
    },
  )
})

describe('the scheduler', () => {
  const job = (name: string, timeZone: string): Job => {
    return { name, timeZone, schedule: '30 4 * * *', topic: 'projects/p/topics/tick', data: Buffer.from(name) }
  }
  const start = (failures = 0) => {
    const clock = createVirtualClock({ now: at('2025-02-06T00:00:00Z') })
    const published: string[] = []
    let left = failures
    const scheduler = createScheduler({
      jobs: [job('west', 'America/Los_Angeles'), job('east', 'America/New_York')],
      now: clock.now,
      moveTo: clock.set,
      async publish({ name }) {
        if (left-- > 0) throw new Error('away')
        published.push(`${name} ${new Date(clock.now()).toISOString().slice(0, 16)}`)
      },
    })
    return { scheduler, published, clock }
  }
  const DAY = at('2025-02-07T00:00:00Z')

  it('fires every job once a day, at the time of its zone', async () => {
    const { scheduler, published, clock } = start()
    await scheduler.runUntil(DAY)
    expect(published).toEqual(['east 2025-02-06T09:30', 'west 2025-02-06T12:30'])
    expect(clock.now()).toBe(DAY)
  })

  it('fires twice, never or late when it is told to (fault 56)', async () => {
    const { scheduler, published } = start()
    scheduler.misbehave({ east: { times: 2, late: 7_200_000 }, west: { times: 0 } })
    const firings = await scheduler.runUntil(DAY)
    expect(published).toEqual(['east 2025-02-06T11:30', 'east 2025-02-06T11:30'])
    expect(firings[0]).toEqual({ job: 'east', dueAt: at('2025-02-06T09:30Z'), at: at('2025-02-06T11:30Z') })
  })

  it('tries a publication again', async () => {
    const { scheduler, published } = start(5)
    await scheduler.runUntil(DAY)
    expect(published).toHaveLength(2)
    await expect(start(6).scheduler.runUntil(DAY)).rejects.toThrow('away')
  })
})
