import { expect, it } from 'vitest'
import { ERRORS } from '../../../functions/errors.ts'
import { MESSAGE_KINDS } from '../../../functions/notify/message.ts'
import { toText } from '../../../functions/notify/render/text.ts'
import { type Story, tell } from '../../../functions/notify/story.ts'
import type { Incident } from '../../../functions/pipeline/entities.ts'
import { incidentCause } from '../../../functions/pipeline/incident-cause.ts'

const OPENED = Date.UTC(2026, 10, 30, 10, 0)

const incident = (changes: Partial<Incident>): Incident => ({
  ...incidentCause.late('toast', '2026-11-29'),
  ...{ id: '0193', state: 'open', severity: 'error', runId: null },
  reason: {
    code: 'INCOMPLETE',
    message: 'location 7, 2026-11-29: missing orders, payments; the server deletes the day in 7 d',
  },
  ...{ openedAt: OPENED, updatedAt: OPENED, resolvedAt: null, snoozedUntil: null, occurrences: 1 },
  subjects: { count: 0, first: [] },
  ...changes,
})

const story = (changes: Partial<Story> = {}): Story => ({
  incident: incident({}),
  environment: 'prod',
  urgency: 'page',
  places: ['Store 7', 'Store 19'],
  shards: 40,
  noun: { one: 'location', many: 'locations' },
  deadline: OPENED + 6 * 86_400_000 + 21 * 3_600_000,
  usual: { by: OPENED - 39 * 60_000, amount: { sum: '18411.08', shards: 2 }, window: '2026-11-29', unit: 'USD' },
  contacts: [{ place: 'Store 7', name: 'Dana, manager', reach: '+1 312 555 0100' }],
  onCall: 'Ana',
  ackedBy: null,
  ackedAt: null,
  zone: 'America/New_York',
  address: 'https://daybreak.example.com/',
  now: OPENED + 60_000,
  ...changes,
})

const CAUSES: Readonly<Record<string, Partial<Story>>> = {
  late: {},
  'one location': {
    incident: incident({ ...incidentCause.missing('toast', '7'), subjects: { count: 1, first: ['2026-11-29'] } }),
    places: ['Store 7'],
  },
  source: {
    incident: incident({
      ...incidentCause.sourceRoot('toast', 'SOURCE_UNREACHABLE'),
      reason: { code: 'SOURCE_UNREACHABLE', message: '40 locations of toast: the server does not answer' },
    }),
    places: Array.from({ length: 40 }, (_, at) => `Store ${at + 1}`),
    deadline: null,
    ...{ usual: null, contacts: [] },
  },
  columns: {
    incident: incident({
      ...incidentCause.columns('toast', 'orders', 'Tip'),
      reason: {
        code: 'DRIFT_NEW_COLUMN',
        message: '2 locations of toast: orders.csv has columns the contract does not know: "Tip"',
      },
    }),
    urgency: 'ticket',
    deadline: null,
    ...{ usual: null, contacts: [] },
  },
  rule: {
    incident: incident({
      ...incidentCause.rule('toast', 'incomplete-at-seven'),
      reason: { code: 'RULE_FIRED', message: 'completeness is 85.7 %, below 100: Store 7 and Store 19' },
    }),
  },
  'no pipeline': {
    incident: incident({
      ...incidentCause.undelivered('ops'),
      reason: { code: 'CHANNEL_GAVE_UP', message: 'channel ops: Slack answered 503' },
    }),
    places: [],
    deadline: null,
    ...{ usual: null, contacts: [] },
    address: null,
  },
}

/** Texts of the table of errors change on their own. */
function withoutTable(text: string): string {
  return Object.values(ERRORS).reduce(
    (left, { meaning, remedy }) => left.replaceAll(remedy, 'REMEDY').replaceAll(meaning.slice(0, -1), 'MEANING'),
    text,
  )
}

it('says each cause as it did', async () => {
  const all = Object.entries(CAUSES).map(
    ([name, changes]) => `===== ${name}\n${toText(tell('opened', story(changes)))}`,
  )
  await expect(withoutTable(all.join('\n'))).toMatchFileSnapshot('golden/stories.causes.txt')
})

it('says each kind of news as it did', async () => {
  const acked = { ackedBy: 'Ana', ackedAt: OPENED + 9 * 60_000 }
  const now = OPENED + 72 * 60_000
  const all = MESSAGE_KINDS.filter((kind) => !['digest', 'report', 'test'].includes(kind)).map((kind) => {
    const over = kind === 'resolved' ? { incident: incident({ state: 'resolved', resolvedAt: now }) } : {}
    return `===== ${kind}\n${toText(tell(kind, story({ ...acked, ...over, now })))}`
  })
  await expect(withoutTable(all.join('\n'))).toMatchFileSnapshot('golden/stories.news.txt')
})
