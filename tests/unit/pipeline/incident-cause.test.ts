import { expect, it } from 'vitest'
import { INCIDENT_KINDS, incidentCause, parseIncidentKey } from '../../../functions/pipeline/incident-cause.ts'

const CAUSES = [
  incidentCause.missing('toast', '7'),
  incidentCause.unreadable('toast', '7'),
  incidentCause.waiting('toast', '7'),
  incidentCause.archive('toast', '7'),
  incidentCause.ahead('toast'),
  incidentCause.clock('toast', '7'),
  incidentCause.refused('toast', '7', 'INCOMPLETE'),
  incidentCause.rejects('toast', '7', 'checks'),
  incidentCause.check('toast', '7', 'items_tie'),
  incidentCause.drift('toast', '7', 'checks'),
  incidentCause.source('toast'),
  incidentCause.arrival('toast', '7', '2025-02-05'),
  incidentCause.schedule('toast'),
  incidentCause.run('toast'),
  incidentCause.load('toast', 'checks', '2025-02-05'),
  incidentCause.late('toast', '2025-02-05'),
  incidentCause.spread('toast', '2025-02-05', 'CHECK_FAILED'),
  incidentCause.columns('toast', 'checks', 'a1b2'),
  incidentCause.day('toast', '185001', '2026-11-29'),
  incidentCause.rule('toast', 'expiring'),
  incidentCause.watch('toast', 'stuck'),
  incidentCause.model('daily_sales', 'equals_items_report'),
  incidentCause.stream('shop', 'orders'),
]

it('knows the place of every key that it makes', () => {
  expect([...CAUSES.map(({ kind }) => kind), 'message', 'undelivered'].toSorted()).toEqual(INCIDENT_KINDS)
  for (const cause of CAUSES) expect(parseIncidentKey(cause.key)).toEqual(cause)
})

it.each([
  [CAUSES[0], 'missing/toast/7', { kind: 'missing', pipeline: 'toast', stream: null, shard: '7', window: null }],
  [CAUSES[7], 'rejects/toast/7/checks', { shard: '7', stream: 'checks' }],
  [CAUSES[8], 'check/toast/7/items_tie', { shard: '7', stream: null }],
  [CAUSES[14], 'load/toast/checks/2025-02-05', { stream: 'checks', window: '2025-02-05', shard: null }],
  [incidentCause.message({ kind: 'tick', pipeline: 'toast' }), 'message/toast/tick', { kind: 'message' }],
  [
    incidentCause.message({ kind: 'ingest', pipeline: 'toast', shard: '7', windows: ['2025-02-05'] }),
    'message/toast/ingest/7',
    { shard: '7', stream: null, window: null },
  ],
  [
    incidentCause.message({ kind: 'load', pipeline: 'toast', stream: 'checks', window: '2025-02-05' }),
    'message/toast/load/checks/2025-02-05',
    { pipeline: 'toast', stream: 'checks', window: '2025-02-05' },
  ],
  [incidentCause.unknownMessage('/load'), 'message/unknown//load', { kind: 'message', pipeline: null }],
])('%o has the key %s', (cause, key, place) => {
  expect(cause).toMatchObject({ key, ...place })
})

it('gives only the first word of a key that it does not make', () => {
  expect(parseIncidentKey('quarantine/toast/7')).toMatchObject({ kind: 'quarantine', pipeline: null, shard: null })
})
