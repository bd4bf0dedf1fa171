import { describe, expect, it } from 'vitest'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'
import { decide, type Intent, type RootState, type Told } from '../../../functions/notify/escalate.ts'

const [MINUTE, HOUR] = [60_000, 3_600_000]
const OPENED = Date.UTC(2026, 10, 30, 10, 0)

const config = NotifyConfig.parse({
  version: 1,
  people: {
    ana: { name: 'Ana', zone: 'America/New_York', role: 'admin', page: ['pager', 'mail'] },
    ben: { name: 'Ben', zone: 'America/New_York', role: 'admin', page: ['mail'], locations: ['7'] },
    cleo: { name: 'Cleo', zone: 'America/New_York', page: ['mail'], quiet: { from: '04:00', to: '06:00' } },
  },
  channels: {
    ops: { kind: 'slack', channel: '#daybreak', token: 'secret://slack' },
    pager: { kind: 'pagerduty', key: 'secret://pd' },
    mail: { kind: 'email', smtp: 'secret://smtp', from: 'd@example.com' },
  },
  rotations: { primary: { zone: 'America/New_York', handoff: 'Mon 09:00', people: ['cleo', 'ana'] } },
  policies: {
    night: {
      levels: [{ to: 'on-call primary' }, { to: 'channel ops', after: '15m' }, { to: 'role admin', after: '30m' }],
      repeat: 2,
    },
    day: { levels: [{ to: 'person cleo' }] },
    calm: { levels: [{ to: 'channel ops' }, { to: 'person ben', after: '15m' }] },
  },
})

const root = (changes: Partial<RootState> = {}): RootState => ({
  urgency: 'page',
  openedAt: OPENED,
  resolvedAt: null,
  ackedAt: null,
  ackEndedAt: null,
  isSnoozed: false,
  extent: 2,
  shards: ['7', '19'],
  deadline: null,
  ...changes,
})

const at = (minutes: number, state: RootState, told: readonly Told[] = [], policy = 'night') =>
  decide(state, {
    policy: config.policies[policy]!,
    told,
    directory: { config, overrides: [], now: OPENED + minutes * MINUTE },
  })
const words = (intents: readonly Intent[]) =>
  intents.map(({ kind, channel, person }) => `${kind} ${channel}${person && `/${person}`}`)

/** Goes through the minutes and remembers what was told. */
function story(
  states: readonly (readonly [minute: number, changes: Partial<RootState>])[],
  until: number,
  policy = 'night',
) {
  const told: Told[] = []
  const log: string[] = []
  for (let minute = 0; minute <= until; minute++) {
    const changes = states.filter(([from]) => from <= minute).map(([, change]) => change)
    const state = root(Object.assign({}, ...changes))
    const intents = at(minute, state, told, policy)
    for (const intent of intents)
      told.push({
        ...intent,
        at: OPENED + minute * MINUTE,
        urgency: state.urgency,
        extent: state.extent,
        hasFailed: false,
      })
    if (intents.length > 0) log.push(`${minute}: ${words(intents).join(', ')}`)
  }
  return log
}

// 05:00 in New York on the Monday of the hand-over: Cleo is on call until nine, then Ana.
describe('a policy', () => {
  it('goes through its levels, and through all of them again as often as it says', () => {
    expect(story([], 300)).toEqual([
      '1: opened mail/cleo',
      '16: escalated ops',
      '31: escalated pager/ana, escalated mail/ben',
      '61: escalated mail/cleo',
      '76: escalated ops',
      '91: escalated pager/ana, escalated mail/ben',
      '121: escalated mail/cleo',
      '136: escalated ops',
      '151: escalated pager/ana, escalated mail/ben',
    ])
  })

  it('leaves out persons whom the locations do not concern', () => {
    expect(story([[0, { shards: ['19'] }]], 40)).toContain('31: escalated pager/ana')
  })

  it('stops at an acknowledgement, which only those see who need no message for it', () => {
    expect(story([[20, { ackedAt: OPENED + 20 * MINUTE }]], 200)).toEqual([
      '1: opened mail/cleo',
      '16: escalated ops',
      '20: acknowledged ops',
    ])
  })

  it('begins again when the acknowledgement runs out', () => {
    const acked = { ackedAt: OPENED + 5 * MINUTE }
    const ended = { ackedAt: null, ackEndedAt: OPENED + 245 * MINUTE }
    expect(
      story(
        [
          [5, acked],
          [245, ended],
        ],
        262,
      ),
    ).toEqual(['1: opened mail/cleo', '245: ack_expired pager/ana', '260: escalated ops'])
  })

  it('tells no past to those whom a watch that slept for hours finds', () => {
    expect(words(at(200, root()))).toEqual([
      'escalated mail/cleo',
      'escalated ops',
      'escalated pager/ana',
      'escalated mail/ben',
    ])
  })
})

describe('after the first message only this is told', () => {
  it('that it has doubled', () => {
    expect(
      story(
        [
          [3, { extent: 3 }],
          [5, { extent: 4 }],
          [6, { extent: 7 }],
          [7, { extent: 9 }],
        ],
        10,
      ),
    ).toEqual(['1: opened mail/cleo', '5: larger mail/cleo', '7: larger mail/cleo'])
  })

  it('that the deadline is near, at 48, 24 and 6 hours, and not what the first message said', () => {
    const acked = { ackedAt: OPENED + 2 * MINUTE }
    const log = story(
      [
        [0, { deadline: OPENED + 30 * HOUR }],
        [2, acked],
      ],
      29 * 60,
    )
    expect(log).toEqual(['1: opened mail/cleo', '360: deadline mail/cleo', '1440: deadline mail/cleo'])
  })

  it('that it is over, to all who knew', () => {
    expect(story([[20, { resolvedAt: OPENED + 20 * MINUTE }]], 60)).toEqual([
      '1: opened mail/cleo',
      '16: escalated ops',
      '20: resolved mail/cleo, resolved ops',
    ])
  })

  it('that a ticket became a page, whose steps begin then', () => {
    const states = [
      [0, { urgency: 'ticket' }],
      [20, { urgency: 'page' }],
    ] as const
    expect(story(states, 60, 'calm')).toEqual(['5: opened ops', '20: opened ops', '35: escalated mail/ben'])
  })

  it('nothing while it is snoozed', () => {
    expect(story([[2, { isSnoozed: true, extent: 50 }]], 60)).toEqual(['1: opened mail/cleo'])
  })
})

describe('quiet hours', () => {
  it('hold a ticket until their end, and never a page', () => {
    expect(story([[0, { urgency: 'ticket' }]], 120, 'day')).toEqual(['60: opened mail/cleo'])
    expect(story([], 10, 'day')).toEqual(['1: opened mail/cleo'])
  })

  it('hold what is over, too, and tell nothing of what came and went in them', () => {
    expect(
      story(
        [
          [0, { urgency: 'ticket' }],
          [30, { resolvedAt: OPENED + 30 * MINUTE }],
        ],
        120,
        'day',
      ),
    ).toEqual([])
  })
})

it('takes the next channel of a person whose first failed', () => {
  const failed = (kind: Told['kind'], step: number): Told => ({
    ...{ channel: 'pager', person: 'ana', kind, step, at: OPENED + 31 * MINUTE, urgency: 'page', extent: 2 },
    hasFailed: true,
  })
  const before: Told = {
    ...failed('opened', 10_000),
    channel: 'mail',
    person: 'cleo',
    at: OPENED + MINUTE,
    hasFailed: false,
  }
  const intents = at(32, root(), [before, failed('escalated', 10_002)])
  expect(words(intents)).toContain('escalated mail/ana')
})
