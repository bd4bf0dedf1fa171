import { afterAll, expect, it } from 'vitest'
import { forgetOldEntries } from '../../functions/pipeline/work/retention.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld } from '../support/world.ts'

const DATE = '2025-02-05'
const KEY = { pipeline: 'toast', shard: '185001', window: DATE }
const STREAMS = ['order_details', 'check_details']
const world = await createWorld({ now: at('2025-02-07T12:00:00Z'), streams: STREAMS })
afterAll(() => world.close())

it('a night leaves what people ask for: due and loaded, steps, use, notices, and forgets notices after a day', async () => {
  const night = generateNight({
    ...{ seed: 7, date: DATE, profile: 'small', scale: 0.1, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  for (const { name, bytes } of night.filter(({ name }) => name === 'OrderDetails.csv'))
    await world.write(`185001/20250205/${name}`, bytes)
  const run = await world.run({ scope: { windows: [DATE] } })
  const { people, ports, close } = await world.open()
  const { reads } = people

  const loaded = await people.slice({ ...KEY, stream: 'order_details' })
  const missing = await people.slice({ ...KEY, stream: 'check_details' })
  expect(loaded).toMatchObject({ state: 'loaded', dueAt: missing?.dueAt })
  expect(missing).toMatchObject({ state: 'missing', firstLoadedAt: null })
  expect(loaded?.dueAt).toBeLessThan(world.clock.now())
  expect(loaded?.firstLoadedAt).toBeGreaterThanOrEqual(run.createdAt)
  expect(loaded?.firstLoadedAt).toBeLessThanOrEqual(run.finishedAt ?? 0)

  expect((await reads.runSteps(run.id)).map(({ step, count }) => [step, count])).toEqual([
    ['check', 1],
    ['load', 1],
    ['look', 1],
    ['stage', 1],
    ['transform', 1],
  ])
  const usage = new Map((await reads.runUsage(run.id)).map(({ kind, amount }) => [kind, amount]))
  expect(usage.get('rows')).toBe(loaded?.delivery?.counts.accepted)
  expect(usage.get('bytes_loaded')).toBeGreaterThanOrEqual(loaded?.delivery?.part.bytes ?? Number.NaN)
  expect(await reads.matrix({ pipeline: 'toast', from: DATE, to: DATE, streams: STREAMS })).toMatchObject({
    windows: [{ cells: 'o!', verdicts: 'i' }],
  })

  const { cursor } = await reads.changesAfter(null)
  await people.apply([{ change: 'run', run: { ...run, id: 'other', version: 0 } }])
  expect(await reads.changesAfter(cursor)).toMatchObject({ state: 'ok', changes: [{ topics: ['run/other'] }] })
  await world.clock.sleep(86_400_001)
  await forgetOldEntries(ports)
  expect(await reads.changesAfter(cursor)).toMatchObject({ state: 'reset' })
  await close()
})

it('a second load of a correction keeps the instant of the first one, and a look that finds nothing new adds no time', async () => {
  const { people, close } = await world.open()
  const before = await people.slice({ ...KEY, stream: 'order_details' })
  const quiet = await world.run({ scope: { windows: [DATE] } })
  expect(await people.reads.runSteps(quiet.id)).toEqual([])
  const again = await world.run({ scope: { windows: [DATE], force: true } })
  expect((await people.reads.runSteps(again.id)).map(({ step }) => step)).toContain('load')
  const after = await people.slice({ ...KEY, stream: 'order_details' })
  expect(after?.version).toBeGreaterThan(before?.version ?? 0)
  expect(after).toMatchObject({ firstLoadedAt: before?.firstLoadedAt, dueAt: before?.dueAt })
  await close()
})
