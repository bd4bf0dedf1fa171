import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../../functions/errors.ts'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'
import * as rows from '../support/ledger-rows.ts'
import { createModelLedger, dumpLedger } from '../support/model-ledger.ts'

const RUN_IDS = ['run-1', 'run-2']

// Few keys and few versions, so that changes meet; wild texts, so that nothing depends on what they hold.
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const instant = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: Number.MAX_SAFE_INTEGER }))
const version = fc.nat({ max: 2 })
const codes = Object.keys(ERRORS) as ErrorCode[]
const reason = fc.option(fc.record({ code: fc.constantFrom(...codes), message: text }))
const key = fc.record({
  pipeline: fc.constant('toast'),
  stream: fc.constantFrom('orders', 'order_details'),
  shard: fc.constantFrom('9', '10'),
  window: fc.constantFrom('2025-02-05', '2025-02-06'),
})
const totals = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true })
const runId = fc.constantFrom(...RUN_IDS)
const counts = fc.option(fc.constant(rows.aDelivery.counts))
const source = fc.option(fc.record({ path: text, name: text, bytes: instant, modifiedAt: instant }))

const slice = fc
  .record({
    state: fc.constantFrom('expected', 'landed', 'staged', 'loaded', 'quarantined', 'missing', 'waived'),
    ...{ reason, source, version, updatedAt: instant, lookedAt: fc.option(instant), runId: fc.option(text) },
    delivery: fc.option(totals.map((some) => ({ ...rows.aDelivery, totals: some }))),
    key,
  })
  .map(({ key, ...some }): Change => ({ change: 'slice', slice: rows.aSlice({ ...key, ...some }) }))
const partition = fc
  .record({ key, version, totals, make: fc.constantFrom(...rows.PARTITIONS), rows: instant })
  .map(({ key: { pipeline, stream, window }, make, ...some }): Change => {
    return { change: 'partition', partition: make({ pipeline, stream, window, ...some }) }
  })
const run = fc
  .record({
    id: runId,
    version,
    state: fc.constantFrom('queued', 'running', 'succeeded', 'failed'),
    finishedAt: fc.option(fc.nat({ max: 1 })),
  })
  .map((some): Change => ({ change: 'run', run: rows.aRun(some) }))
const message = fc
  .record({
    id: fc.constantFrom('a', 'b'),
    version,
    reason,
    state: fc.constantFrom('pending', 'done', 'dead'),
    notBefore: instant,
  })
  .map((some): Change => ({ change: 'message', message: rows.aMessage(some) }))
const loads = (['load', 'fold'] as const).map((what) =>
  fc
    .record({ id: fc.constantFrom('c', 'd', 'e'), runId, stream: fc.constantFrom('orders', 'order_details') })
    .map(({ stream, ...some }): Change => {
      const work = { kind: 'load', pipeline: 'toast', stream, window: '2025-02-05' } as const
      return what === 'load'
        ? { change: 'message', message: rows.aMessage({ ...some, work, sentAt: null, version: 0 }) }
        : { change: 'messages_folded', into: { ...some, work } }
    }),
)
const backfill = fc
  .record({ id: fc.constantFrom('a', 'b'), version, shards: fc.array(text), force: fc.boolean() })
  .map((some): Change => ({ change: 'backfill', backfill: rows.aBackfill(some) }))
const delivery = fc
  .record({
    key,
    counts,
    reason,
    source,
    sha256: fc.constantFrom('x', 'y'),
    state: fc.constantFrom('staged', 'superseded'),
  })
  .map(({ key, sha256, ...some }): Change => {
    // One instant, so that the entries of a slice are listed by their hash, as the model lists them.
    const raw = { ...rows.aDelivery.raw, sha256 }
    return { change: 'delivery', delivery: rows.aDeliveryRecord({ ...key, ...some, raw, at: 1 }) }
  })
const runSlice = fc
  .record({
    key,
    runId,
    counts,
    reason,
    outcome: fc.constantFrom('staged', 'failed', 'unchanged'),
    milliseconds: instant,
  })
  .map(({ key, ...some }): Change => ({ change: 'run_slice', runSlice: rows.aRunSlice({ ...key, ...some }), at: 1 }))
const checks = fc
  .record({
    key,
    at: instant,
    results: fc.array(fc.record({ check: text, rule: fc.option(text), tested: instant }), { maxLength: 3 }),
  })
  .map(
    ({ key, at, results }): Change => ({
      change: 'checks',
      key,
      at,
      results: results.map((some) => rows.aCheck(some)),
    }),
  )
const incidentKey = fc.constantFrom('missing/1', 'missing/2')

/** An incident is named by its place in the list, newest first: its id is the ledger's to choose. */
type Planned =
  | Change
  | {
      readonly incident: number
      readonly state: 'open' | 'acknowledged' | 'snoozed' | 'resolved'
      readonly until: number
    }

const incident = fc.oneof(
  fc.record({ key: incidentKey, runId: fc.option(runId) }).map((some): Planned => rows.anIncident(some)),
  incidentKey.map((key): Planned => ({ change: 'incident_resolved', key, at: 0 })),
  fc.record({
    incident: fc.nat({ max: 2 }),
    state: fc.constantFrom('open', 'acknowledged', 'snoozed', 'resolved'),
    until: fc.nat({ max: 30 }),
  }),
)
const audit = text.map((details): Change => ({ change: 'audit', entry: rows.anAuditEntry({ details, at: 1 }) }))
const planned: fc.Arbitrary<Planned> = fc.oneof(
  slice,
  partition,
  run,
  message,
  ...loads,
  backfill,
  delivery,
  runSlice,
  checks,
  incident,
  audit,
)

/** The change with its instant, if it is one of an incident: they are listed by time, so time goes on. */
function toChange(plan: Planned, at: number, ids: readonly string[]): Change {
  if ('incident' in plan) {
    const { state, until } = plan
    return {
      change: 'incident_state',
      id: ids[plan.incident] ?? 'unknown',
      state,
      at,
      ...(state === 'snoozed' && { until }),
    }
  }
  return plan.change === 'incident_opened' || plan.change === 'incident_resolved' ? { ...plan, at } : plan
}

/** Random histories end in the same state, and meet the same errors, as in a model of a few maps. */
export function testLedgerModel(open: () => Promise<Ledger>, numRuns = 60): void {
  it('does the same as a simple model, for any sequence of changes', { timeout: 120_000 }, async () => {
    const history = fc.array(fc.array(planned, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(history, async (lists) => {
        const [ledger, model] = [await open(), createModelLedger()]
        for (const [at, list] of lists.entries()) {
          const ids = (await ledger.incidents({})).map(({ id }) => id)
          const modelIds = model.incidents().map(({ id }) => id)
          const expected = model.apply(list.map((plan) => toChange(plan, at, modelIds)))
          const outcome = await ledger.apply(list.map((plan) => toChange(plan, at, ids))).then(
            () => null,
            ({ code }) => code,
          )
          expect(outcome).toBe(expected)
        }
        expect(await dumpLedger(ledger, RUN_IDS)).toEqual(model.dump())
        await ledger.close()
      }),
      { numRuns },
    )
  })
}
