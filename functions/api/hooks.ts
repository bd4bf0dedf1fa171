import type { HttpFunction } from '@google-cloud/functions-framework'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { jsonOf } from '../http/body.ts'
import { invalid, sendProblem } from '../http/problem.ts'
import { setSecurityHeaders } from '../http/security.ts'
import { ackOf, isSignedBy, type PagerdutyAck } from '../notify/pagerduty-event.ts'
import { dedupKey } from '../notify/render/pagerduty.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { PeopleLedger, TimePlace } from '../pipeline/people/reads.ts'
import type { IncidentView } from '../pipeline/people/records.ts'
import type { Log } from '../pipeline/ports.ts'
import { UNRESOLVED } from '../pipeline/views/incidents.ts'

/** Ledger and secrets that events from outside are proven with and written to. */
export interface Hooks {
  readonly ledger: PeopleLedger
  readonly environment: string
  readonly maxBodyBytes: number
  readonly now: () => number
  readonly newId: () => string
  readonly log: Log
  /** Secrets that sign events for a channel of config/notify.yaml; null for a channel that takes none. */
  secretsOf(channel: string): Promise<readonly Uint8Array[] | null>
}

/** Path of events for a channel of PagerDuty. */
const PATH = /^\/hooks\/pagerduty\/([a-z][a-z0-9_-]{0,39})$/
// PagerDuty repeats a delivery that failed for no longer.
const OLDEST = 48 * 3_600_000
// Clocks differ.
const NEWEST = 5 * 60_000
const PAGE = 500

/** True for a path of events from outside. */
export function isHook(path: string): boolean {
  return PATH.test(path)
}

/** Takes events of PagerDuty's webhooks v3: a person who acknowledges there acknowledges the incident here. */
export function hookHandler(open: () => Promise<Hooks>): HttpFunction {
  return async (request, response) => {
    setSecurityHeaders(response)
    response.setHeader('Cache-Control', 'no-store')
    if (request.method !== 'POST') return void response.setHeader('Allow', 'POST').status(405).end()
    let log: Log = () => undefined
    try {
      const [, channel = ''] = PATH.exec(request.url.split('?')[0] ?? '') ?? []
      const hooks = await open()
      log = hooks.log
      const secrets = await hooks.secretsOf(channel)
      // A stranger does not learn which channels there are.
      const body = request.rawBody ?? Buffer.alloc(0)
      if (secrets === null || !isSignedBy(secrets, body, request.header('x-pagerduty-signature') ?? ''))
        throw new DaybreakError('UNAUTHENTICATED', 'the event has no signature of this channel')
      const ack = ackOf(jsonOf(request, hooks.maxBodyBytes))
      if (ack === undefined) throw invalid('the body is no event of PagerDuty webhooks v3')
      const result = ack === null ? 'ignored' : await acknowledge(ack, channel, hooks)
      response.status(200).type('application/json').end(JSON.stringify({ result }))
    } catch (error) {
      const { code, message } = toDaybreakError(error)
      log({ severity: 'NOTICE', code, message: `An event of PagerDuty was refused: ${message}` })
      sendProblem(response, error)
    }
  }
}

/** Acknowledges the incident that the event is about. An event that was taken before, or is too old, changes nothing. */
async function acknowledge(ack: PagerdutyAck, channel: string, hooks: Hooks): Promise<'acknowledged' | 'ignored'> {
  const { ledger, now, newId } = hooks
  const at = now()
  if (ack.at < at - OLDEST || ack.at > at + NEWEST) return 'ignored'
  const incident = await findRoot(ack.dedupKey, hooks)
  if (incident?.state !== 'open' || ack.at < incident.openedAt) return 'ignored'
  const mark = `hook/${incident.id}/${ack.eventId}`
  if ((await ledger.mark(mark)) !== null) return 'ignored'
  const actor = `pagerduty/${channel}`
  const text = `by ${ack.by} in PagerDuty`
  const changes: readonly PeopleChange[] = [
    { change: 'mark', mark: { name: mark, value: '', at } },
    { change: 'incident_state', id: incident.id, at, state: 'acknowledged' },
    { change: 'incident_event', event: { incidentId: incident.id, at, actor, kind: 'acknowledged', text } },
    {
      change: 'audit',
      entry: {
        ...{ at, actor, action: 'incident.acknowledged', subject: incident.id, details: text, requestId: newId() },
        ...{ before: { state: incident.state }, after: { state: 'acknowledged' } },
      },
    },
  ]
  await ledger.apply(changes)
  return 'acknowledged'
}

/** The unresolved root whose messages have this key. */
async function findRoot(key: string, { ledger, environment }: Hooks): Promise<IncidentView | null> {
  for (let after: TimePlace | null = null; ; ) {
    const part = await ledger.reads.incidentPage({ states: UNRESOLVED, limit: PAGE, after })
    const found = part.rows.find((root) => dedupKey(`${environment}/${root.key}/${root.id}`) === key)
    if (found || part.next === null) return found ?? null
    after = part.next
  }
}
