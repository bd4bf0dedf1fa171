import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_TOPICS } from '../../../functions/api/contract/live-messages.ts'
import { mayHear, topicsFor } from '../../../functions/live/topics.ts'

const everyone = { shards: null, topics: ['*'] }

describe('topics of a hearer', () => {
  it.each([
    ['*', 'run/1', true],
    ['slice/toast/2026-11-29/1', 'slice/toast/2026-11-29/1', true],
    ['slice/toast/2026-11-29/1', 'slice/toast/2026-11-29/10', false],
    ['slice/toast/2026-11-29/1', 'slices/toast/2026-11-29', true],
    ['slice/toast/2026-11-29/1', 'slices/toast', true],
    ['slice/toast/2026-11-29/1', 'slices/toast/2026-11-30', false],
    ['slices/toast/*', 'slice/toast/2026-11-29/1', true],
    ['slices/toast', 'slices/toast/2026-11-29', true],
    ['slices/toast/*', 'slices/other/2026-11-29', false],
    ['slices/toast/*', '*', true],
    ['run/1', 'run/2', false],
    ['run', 'run/2', true],
    ['incidents', 'incidents', true],
    ['settings/*', 'settings/rules', true],
    ['settings/rules', 'settings', false],
  ])('%s hears of %s: %s', (pattern, topic, isTold) => {
    expect(topicsFor([topic], { shards: null, topics: [pattern] })).toEqual(isTold ? [topic] : [])
  })

  it('leave out slices of other shards, also with a slash in a shard', () => {
    const caller = { shards: ['1', 'a/b'], topics: ['*'] }
    const topics = ['slice/p/w/1', 'slice/p/w/2', 'slice/p/w/a/b', 'slice/p/w/a', 'slices/p/w2', 'run/2']
    expect(topicsFor(topics, caller)).toEqual(['slice/p/w/1', 'slice/p/w/a/b', 'slices/p/w2', 'run/2'])
    expect(topicsFor(['slice/p/w/2'], { shards: [], topics: ['*'] })).toEqual([])
  })

  it('name the window of many slices, the pipeline of many windows, and everything of still more', () => {
    const many = (topic: (at: number) => string) => Array.from({ length: MOST_TOPICS + 1 }, (_, at) => topic(at))
    expect(
      topicsFor(
        many((at) => `slice/p/w/${at}`),
        everyone,
      ),
    ).toEqual(['slices/p/w'])
    expect(topicsFor([...many((at) => `slice/p/${at}/1`), 'run/1'], everyone)).toEqual(['slices/p', 'run/1'])
    expect(
      topicsFor(
        many((at) => `run/${at}`),
        everyone,
      ),
    ).toEqual(['*'])
    // Slices of other shards make nothing broader.
    const caller = { shards: ['3'], topics: ['*'] }
    expect(
      topicsFor(
        many((at) => `slice/p/w/${at}`),
        caller,
      ),
    ).toEqual(['slice/p/w/3'])
  })
})

const word = fc.constantFrom('a', 'b', 'c', '1', '2')
const shard = fc.oneof(word, fc.integer({ min: 0, max: 70 }).map(String))
const topic = fc.oneof(
  fc.tuple(word, shard, shard).map(([pipeline, window, id]) => `slice/${pipeline}/${window}/${id}`),
  fc.tuple(word, shard).map(([pipeline, window]) => `slices/${pipeline}/${window}`),
  word.map((pipeline) => `slices/${pipeline}`),
  shard.map((id) => `run/${id}`),
  fc.constantFrom('*', 'incidents', 'settings/rules', 'partition/a/b/1'),
)
const topics = fc.array(topic, { maxLength: 200 })
const pattern = fc.constantFrom('*', 'slices/a/*', 'slice/b/2/1', 'run', 'incidents', 'slices/c/40')
const hearer = fc.record({
  shards: fc.option(fc.uniqueArray(shard, { maxLength: 5 })),
  topics: fc.uniqueArray(pattern, { minLength: 1 }),
})
const heardBy = (one: string, who: typeof hearer extends fc.Arbitrary<infer Hearer> ? Hearer : never) =>
  topicsFor([one], who).length > 0

describe('topics told together', () => {
  it('tell of everything that each would have told of', () => {
    fc.assert(
      fc.property(topics, hearer, (all, who) => {
        const told = topicsFor(all, who)
        for (const one of all)
          if (heardBy(one, who)) expect(topicsFor(told, { shards: null, topics: [one] }), one).not.toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('are few, each once, and none is of a shard that the caller may not see', () => {
    fc.assert(
      fc.property(topics, hearer, (all, who) => {
        const told = topicsFor(all, who)
        expect(told.length).toBeLessThanOrEqual(MOST_TOPICS)
        expect(new Set(told).size).toBe(told.length)
        expect(told.filter((one) => !mayHear(who, one))).toEqual([])
        if (told.length > 0) expect(all.some((one) => heardBy(one, who))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('lose nothing when some of them were told together before', () => {
    fc.assert(
      fc.property(topics, topics, (some, others) => {
        const atOnce = topicsFor([...some, ...others], everyone)
        const inTurns = topicsFor([...topicsFor(some, everyone), ...topicsFor(others, everyone)], everyone)
        for (const one of atOnce) expect(topicsFor(inTurns, { shards: null, topics: [one] }), one).not.toEqual([])
      }),
    )
  })
})
