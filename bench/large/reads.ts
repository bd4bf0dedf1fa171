import { shardAt } from '../../tests/support/large-ledger.ts'
import type { Asked } from './ask.ts'
import type { Place } from './place.ts'

/** Reads of the screens, of reports and of machines, each as its screen asks. */
export function readsOf({ windowBack }: Pick<Place, 'windowBack'>): readonly Asked[] {
  const [shard, window] = [shardAt(100), windowBack(9)]
  const week = { from: windowBack(15), to: window }
  const month = { from: windowBack(40), to: windowBack(10) }
  const page = { pageSize: 50 }
  const slice = { pipeline: 'toast', window, shard, stream: 'order_details' }
  const stream = { stream: 'order_details' }
  const run = { id: 'run-19' }
  return [
    { name: 'today: a week of all', key: 'GET /api/status', query: week },
    { name: 'today, without a range', key: 'GET /api/status' },
    {
      name: 'two months of a location',
      key: 'GET /api/status',
      query: { from: windowBack(64), to: windowBack(5), shard },
    },
    { name: 'the week in words', key: 'GET /api/status/days', query: { ...week, shard } },
    { name: 'a day', key: 'GET /api/days/{pipeline}/{window}', path: { pipeline: 'toast', window } },
    { name: 'slices, first page', key: 'GET /api/slices', query: page },
    { name: 'slices, first page and their number', key: 'GET /api/slices', query: { ...page, withTotal: true } },
    { name: 'slices that are missing', key: 'GET /api/slices', query: { state: ['missing'], ...page } },
    { name: 'slices of a location', key: 'GET /api/slices', query: { shard, ...page } },
    { name: 'slices of a stream', key: 'GET /api/slices', query: { ...stream, ...page } },
    { name: 'slices with rejects', key: 'GET /api/slices', query: { hasRejects: true, ...page } },
    { name: 'a slice', key: 'GET /api/slices/{pipeline}/{window}/{shard}/{stream}', path: slice },
    { name: 'files that no contract reads', key: 'GET /api/files', query: page },
    { name: 'a location', key: 'GET /api/locations/{shard}', path: { shard } },
    { name: 'runs', key: 'GET /api/runs', query: page },
    { name: 'runs that failed', key: 'GET /api/runs', query: { state: ['failed'], ...page } },
    { name: 'runs of a person', key: 'GET /api/runs', query: { trigger: ['cli'], ...page } },
    { name: 'a run', key: 'GET /api/runs/{id}', path: run },
    { name: 'slices of a run', key: 'GET /api/runs/{id}/slices', path: run, query: page },
    { name: 'the sheet of a run', key: 'GET /api/runs/{id}/sheet', path: run },
    { name: 'checks of a run', key: 'GET /api/runs/{id}/checks', path: run },
    { name: 'incidents', key: 'GET /api/incidents', query: page },
    { name: 'incidents that are open', key: 'GET /api/incidents', query: { state: ['open'], ...page } },
    { name: 'incidents of a location', key: 'GET /api/incidents', query: { shard, ...page } },
    { name: 'an incident', key: 'GET /api/incidents/{id}', path: { id: 'i500' } },
    { name: 'backfills', key: 'GET /api/backfill', query: page },
    { name: 'a backfill', key: 'GET /api/backfill/{id}', path: { id: 'b500' } },
    {
      ...{ name: 'plan of a backfill, a month', key: 'POST /api/backfill:plan' },
      body: { pipeline: 'toast', from: month.from, to: month.to },
    },
    { name: 'quality of a stream, a month', key: 'GET /api/quality/{stream}', path: stream, query: month },
    { name: 'failed checks of a stream', key: 'GET /api/checks/{stream}', path: stream, query: week },
    { name: 'profiles of a stream', key: 'GET /api/profiles/{stream}', path: stream },
    { name: 'costs of a month', key: 'GET /api/costs', query: month },
    { name: 'rows by day, a week', key: 'GET /api/metrics', query: { series: 'rows', by: 'day', ...week } },
    {
      name: 'lateness by location, a week',
      key: 'GET /api/metrics',
      query: { series: 'lateness', by: 'location', ...week },
    },
    { name: 'figures for Prometheus', key: 'GET /api/metrics', accept: 'text/plain' },
    { name: 'report of a month', key: 'GET /api/sla', query: { month: windowBack(45).slice(0, 7) } },
    { name: 'digests', key: 'GET /api/digests' },
    { name: 'digest of a day', key: 'GET /api/digests/{date}', path: { date: window } },
    { name: 'audit', key: 'GET /api/audit', query: page },
    { name: 'audit of a person', key: 'GET /api/audit', query: { actor: 'person-7', ...page } },
    { name: 'on call', key: 'GET /api/on-call' },
    { name: 'changes', key: 'GET /api/changes' },
    { name: 'streams', key: 'GET /api/contracts' },
    { name: 'lineage', key: 'GET /api/lineage' },
    { name: 'who am I', key: 'GET /api/me' },
  ]
}
