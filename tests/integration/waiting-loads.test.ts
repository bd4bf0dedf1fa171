import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { inPostgres, inSqlite, morning, type Place, STREAMS } from '../support/waiting-morning.ts'

function testMorning(place: () => Promise<Place>): void {
  it.each([
    ['shorter than the longest wait', 1, STREAMS.length],
    ['of several waits', 18, 4 * STREAMS.length],
  ])('takes twice as many statements for twice as many locations, in a morning %s', async (_, minutes, loads) => {
    const small = await morning(await place(), 40, minutes)
    const large = await morning(await place(), 80, minutes)
    expect([small.published.length, large.published.length]).toEqual([expect.any(Number), small.published.length])
    expect(small.published.length).toBeLessThanOrEqual(loads)
    expect([small.waiting.length, large.waiting.length].every((left) => left <= STREAMS.length)).toBe(true)
    expect(large.statements.length).toBeLessThanOrEqual(2 * small.statements.length)
    expect(large.rows).toBeLessThanOrEqual(2 * small.rows)
    await Promise.all([small.db.destroy(), large.db.destroy()])
  })

  it('reads rows of messages by key or by an index of what it asks for, never all that are pending', async () => {
    const here = await place()
    const { db, statements } = await morning(here, 10, 18)
    const reads = statements.filter(
      ({ text }) => /^\s*(select|update)/.test(text) && /messages|open_ingests/.test(text),
    )
    const plans = new Map<string, string>()
    for (const read of reads) plans.set(read.text, await here.plan(db, read))
    expect(plans.size).toBeGreaterThan(3)
    for (const [text, plan] of plans) {
      expect(plan, text).not.toMatch(/SCAN|Seq Scan|messages_by_state/)
      if (/kind = 'load'/.test(text)) expect(plan, text).toMatch(/messages_open_loads|messages_waiting/)
    }
    await db.destroy()
  })
}

describe('loads that wait, in SQLite', () => {
  testMorning(async () => inSqlite())
})

describe.skipIf(!hasPostgres)(hasPostgres ? 'loads that wait, in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  testMorning(async () => inPostgres(await server.createLogin()))
})
