import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { LocationsConfig } from '../../../functions/config/config.ts'
import type { RuleConfig } from '../../../functions/config/notify-config.ts'
import { METRICS, type MetricName } from '../../../functions/config/notify-metrics.ts'
import type { Facts, RunFact, SliceFact } from '../../../functions/notify/facts.ts'
import { measure } from '../../../functions/notify/metrics.ts'
import { NEW_RULE, type RuleState, stepRule, tryRule, wordsOf } from '../../../functions/notify/rules.ts'
import { withoutTagsOfRule } from '../../../functions/watch/read-config.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]
const ZONES = new Map([
  ['7', 'America/Chicago'],
  ['19', 'America/New_York'],
])

const rule = (changes: Partial<RuleConfig>): RuleConfig => ({
  id: 'r',
  when: 'completeness < 100',
  for: '0s',
  severity: 'page',
  policy: 'night',
  ...changes,
})

/** A slice of 29 November that is due at 04:30 in New York and loaded two minutes later. */
function slice(changes: Partial<SliceFact> = {}): SliceFact {
  const dueAt = at('2026-11-30T09:30Z')
  return {
    pipeline: 'toast',
    shard: '19',
    stream: 'orders',
    window: '2026-11-29',
    dueAt,
    lateAt: dueAt + 3 * HOUR,
    goneAt: dueAt + 7 * DAY,
    lookedAt: dueAt,
    landedAt: dueAt + MINUTE,
    loadedAt: dueAt + 2 * MINUTE,
    heldAt: null,
    isWaived: false,
    rows: { accepted: 1000, rejected: 0 },
    ...changes,
  }
}

const absent = (changes: Partial<SliceFact> = {}) => slice({ landedAt: null, loadedAt: null, rows: null, ...changes })
const facts = (slices: readonly SliceFact[], runs: readonly RunFact[] = []): Facts => ({
  slices,
  runs,
  noun: { one: 'location', many: 'locations' },
})
const run = (changes: Partial<RunFact>): RunFact => ({
  id: 'r1',
  pipeline: 'toast',
  state: 'running',
  createdAt: at('2026-11-30T09:30Z'),
  finishedAt: null,
  leaseUntil: 0,
  ...changes,
})

const NOON = at('2026-11-30T17:00Z')

describe('a metric', () => {
  const cases: readonly [MetricName, Facts, readonly (readonly [string, number])[]][] = [
    [
      'completeness',
      facts([slice(), absent({ stream: 'payments' }), slice({ shard: '7' })]),
      [
        ['19', 50],
        ['7', 100],
      ],
    ],
    ['completeness', facts([absent({ isWaived: true })]), [['19', 100]]],
    ['completeness', facts([absent({ dueAt: NOON + 1 })]), []],
    [
      'hours_until_gone',
      facts([absent({ goneAt: NOON + 90 * MINUTE }), absent({ stream: 'p', goneAt: NOON + 90 * MINUTE })]),
      [['19', 1.5]],
    ],
    ['hours_until_gone', facts([slice(), absent({ isWaived: true }), absent({ goneAt: NOON })]), []],
    [
      'hours_since_load',
      facts([slice({ loadedAt: NOON - HOUR }), slice({ loadedAt: NOON - 3 * HOUR })]),
      [['orders', 1]],
    ],
    ['hours_since_load', facts([absent()]), []],
    [
      'rejected_per_thousand',
      facts([slice({ rows: { accepted: 999, rejected: 1 } }), slice({ shard: '7' })]),
      [['orders', 0.5]],
    ],
    ['rejected_per_thousand', facts([absent()]), []],
    ['held_slices', facts([slice({ heldAt: NOON - 1 }), slice()]), [['toast', 1]]],
    [
      'failed_runs',
      facts(
        [slice()],
        [
          run({ state: 'failed', finishedAt: NOON - HOUR }),
          run({ state: 'timed_out', finishedAt: NOON - 25 * HOUR }),
          run({ state: 'succeeded', finishedAt: NOON - HOUR }),
        ],
      ),
      [['toast', 1]],
    ],
    ['run_minutes', facts([slice()], [run({}), run({ createdAt: NOON - HOUR })]), [['toast', 450]]],
    ['run_minutes', facts([slice()], [run({ state: 'succeeded', finishedAt: NOON - 1 })]), [['toast', 0]]],
  ]

  it.each(cases)('%s', (metric, given, expected) => {
    expect(measure(metric, given, NOON).map(({ name, value }) => [name, value])).toEqual(expected)
  })

  it('has a case here, each of them', () => {
    expect(new Set(cases.map(([metric]) => metric))).toEqual(new Set(Object.keys(METRICS)))
  })
})

describe('a rule', () => {
  const pass = (one: RuleConfig, given: Facts, state: RuleState, now: number) =>
    stepRule({ rule: one, zones: ZONES }, state, { facts: given, at: now })

  it('about some locations sees their files alone', () => {
    const given = facts([absent(), absent({ shard: '7' })])
    const subjects = (locations: RuleConfig['locations']) =>
      pass(rule({ locations }), given, NEW_RULE, NOON).fired.map(({ subject }) => subject)
    expect(subjects(['7'])).toEqual(['2026-11-29 7'])
    expect(subjects([])).toEqual([])
    expect(subjects('all')).toEqual(['2026-11-29 19', '2026-11-29 7'])
  })

  it('about a tag is about the locations that have it', () => {
    const zone = { name: 'A', time_zone: 'America/Chicago' }
    const locations = [
      { ...zone, id: '7', tags: ['west'] },
      { ...zone, id: '19' },
    ]
    const places = LocationsConfig.parse({ version: 1, locations })
    expect(withoutTagsOfRule(rule({ locations: ['tag:west'] }), places).locations).toEqual(['7'])
    expect(withoutTagsOfRule(rule({ locations: ['tag:west', '19'] }), places).locations).toEqual(['7', '19'])
    expect(withoutTagsOfRule(rule({}), places)).toEqual(rule({}))
  })

  it('asked at seven of each location fires for each zone when its seven has come, once', () => {
    const morning = rule({ at: '07:00 location' })
    const given = facts([absent(), absent({ shard: '7', dueAt: at('2026-11-30T10:30Z') })])
    const six = pass(morning, given, NEW_RULE, at('2026-11-30T06:30-05:00'))
    expect(six.fired).toEqual([])
    const east = pass(morning, given, six.state, at('2026-11-30T07:00-05:00'))
    expect(east.fired.map(({ subject }) => subject)).toEqual(['2026-11-29 19'])
    const later = pass(morning, given, east.state, at('2026-11-30T07:30-05:00'))
    expect(later.fired).toEqual([])
    const central = pass(morning, given, later.state, at('2026-11-30T07:00-06:00'))
    expect(central.fired.map(({ subject }) => subject)).toEqual(['2026-11-29 7'])
    expect(central.state.firing).toEqual(['2026-11-29 19', '2026-11-29 7'])
  })

  it('is over for a window when that window is, though the next one is due and empty', () => {
    const morning = rule({ at: '07:00 location' })
    const first = pass(morning, facts([absent()]), NEW_RULE, at('2026-11-30T07:00-05:00'))
    const next = absent({ window: '2026-11-30', dueAt: at('2026-12-01T09:30Z') })
    const still = pass(morning, facts([absent(), next]), first.state, at('2026-12-01T06:00-05:00'))
    expect([still.cleared, still.state.firing]).toEqual([[], ['2026-11-29 19']])
    const loaded = slice({ loadedAt: at('2026-12-01T06:05-05:00') })
    const over = pass(morning, facts([loaded, next]), still.state, at('2026-12-01T06:10-05:00'))
    expect([over.cleared, over.state.firing]).toEqual([['2026-11-29 19'], []])
  })

  it('waits for the condition to hold as long as it says, and begins again where it does not', () => {
    const patient = rule({ when: 'held_slices > 0', for: '10m' })
    const held = facts([slice({ heldAt: 0 })])
    const first = pass(patient, held, NEW_RULE, NOON)
    const gap = pass(patient, facts([slice()]), first.state, NOON + 5 * MINUTE)
    const again = pass(patient, held, gap.state, NOON + 8 * MINUTE)
    const early = pass(patient, held, again.state, NOON + 17 * MINUTE)
    const late = pass(patient, held, early.state, NOON + 18 * MINUTE)
    expect([first, gap, again, early, late].map(({ fired }) => fired.length)).toEqual([0, 0, 0, 0, 1])
  })

  it('is over only at `clear`, so that a value around the limit is told once', () => {
    const lag = rule({ when: 'hours_since_load > 6', clear: 2 })
    const aged = (hours: number) => facts([slice({ loadedAt: NOON - hours * HOUR })])
    let state = NEW_RULE
    const seen = [7, 5, 7, 3, 2].map((hours) => {
      const step = pass(lag, aged(hours), state, NOON)
      state = step.state
      return [step.fired.length, step.cleared.length]
    })
    expect(seen).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 1],
    ])
  })

  it('keeps firing for a stream of which nothing is known any more', () => {
    const lag = rule({ when: 'hours_since_load > 6' })
    const first = pass(lag, facts([slice({ loadedAt: NOON - 7 * HOUR })]), NEW_RULE, NOON)
    expect(pass(lag, facts([]), first.state, NOON + 20 * DAY).cleared).toEqual([])
  })

  it('says its value in words', () => {
    expect(wordsOf(rule({}), 85.7)).toBe('completeness is 85.7 %, below 100')
    expect(wordsOf(rule({ when: 'run_minutes >= 90' }), 91)).toBe('run minutes is 91 min, at least 90')
  })
})

describe('a rule that is tried over past days', () => {
  const days = Array.from({ length: 30 }, (_, day) => {
    const dueAt = at('2026-11-01T09:30Z') + day * DAY
    const window = new Date(dueAt - DAY).toISOString().slice(0, 10)
    const lateBy = day === 4 || day === 17 ? 5 * HOUR : 2 * MINUTE
    return slice({ window, dueAt, goneAt: dueAt + 7 * DAY, landedAt: dueAt + lateBy, loadedAt: dueAt + lateBy })
  })
  const lost = absent({ window: '2026-11-29', dueAt: at('2026-11-30T09:30Z'), shard: '7' })
  const past = { from: at('2026-11-01T00:00Z'), to: at('2026-11-30T20:00Z'), every: 15 * MINUTE }

  it('would have fired on the days on which a file came late, and still fires for one that never came', () => {
    const firings = tryRule({ rule: rule({ at: '07:00 location' }), zones: ZONES }, facts([...days, lost]), past)
    expect(
      firings.map(({ from, until, subjects }) => [new Date(from).toISOString(), until === null, subjects]),
    ).toEqual([
      ['2026-11-05T12:00:00.000Z', false, ['2026-11-04 19']],
      ['2026-11-18T12:00:00.000Z', false, ['2026-11-17 19']],
      ['2026-11-30T13:00:00.000Z', true, ['2026-11-29 7']],
    ])
  })

  it('would not have fired where nothing was late', () => {
    const calm = rule({ when: 'hours_until_gone < 48' })
    expect(tryRule({ rule: calm, zones: ZONES }, facts(days), past)).toEqual([])
  })
})
