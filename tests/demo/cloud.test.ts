import { expect, it } from 'vitest'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { collectedStream } from '../support/cli.ts'
import { ROOT } from '../support/world.ts'
import { martRows, runCloudDemo } from './demo.ts'

it('shows every trigger once, a dead letter and its replay, and ends with every file explained', async () => {
  const stdout = collectedStream()
  let looked = false
  await runCloudDemo({
    ...{ stdout, nights: 1, scale: 0.3 },
    async atEnd({ cloud, rows, call, processes }, { nights, backfill }) {
      const slices = await rows('slices', 'list', 'toast')
      const count = (state: string) => slices.filter((slice) => slice['state'] === state).length
      // Three locations; seven streams and three optional ones, whose files the mock writes every night.
      const expected = 3 * 10 * (nights.length + backfill.length)
      expect([count('loaded') + count('quarantined'), count('missing')]).toEqual([expected - 1, 1])
      expect(count('quarantined')).toBeGreaterThanOrEqual(2)
      const popUp = await rows('slices', 'list', 'inbox')
      expect(popUp.map(({ location, state }) => `${location} ${state}`)).toEqual(Array(10).fill('185004 loaded'))
      const marts = await martRows({ cloud })
      expect([...marts.keys()]).toEqual(Object.keys((await readCompiledModels(ROOT)).models).toSorted())
      expect([...marts].filter(([, count]) => count === 0)).toEqual([])
      expect(await (await call('GET', '/dead-letter')).json()).toEqual({ messages: [] })
      const states = (await rows('runs', 'list')).map(({ trigger, state }) => `${trigger} ${state}`)
      // A run whose message was given up on has ended so, also when its replay succeeds.
      expect(states.filter((state) => /failed|running|queued|timed_out/.test(state))).toEqual(['file failed'])
      expect(states.filter((state) => state.startsWith('schedule'))).toHaveLength(3)
      expect(states.filter((state) => state.startsWith('backfill'))).toEqual(['backfill succeeded'])
      const forwarded = cloud.pubsub.pushes().filter(({ subscription }) => subscription.endsWith('-dead-letter'))
      expect(forwarded.length).toBeGreaterThan(0)
      // Every line is JSON, and none tells the key.
      for (const process of processes) expect(process.written()).not.toMatch(/PRIVATE KEY|Bearer |eyJ/)
      looked = true
    },
  })
  expect(looked).toBe(true)
  const text = stdout.text()
  expect(text).toMatch(/POST \/dead-letter:replay {2}202; dead now: 0/)
  expect(text).toMatch(/0 load jobs, 3 runs as before/)
  expect(text).toMatch(/ anew, of \d+ partitions, after/)
  expect(text).not.toMatch(/USAGE_INVALID|undefined|NaN/)
})
