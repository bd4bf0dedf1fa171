import { type Service, type ServiceAnswer, type ServiceRequest, startService } from './moody-server.ts'

export interface PagerdutyAlert {
  readonly key: string
  state: 'triggered' | 'acknowledged' | 'resolved'
  summary: string
  details: string
  /** Events that named it. */
  events: number
}

export interface PagerdutyServer extends Service {
  readonly alerts: PagerdutyAlert[]
}

export const PAGERDUTY_KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00'

/** The Events API v2 as its reference describes it: 202, or 400 with what is wrong. */
export async function startPagerduty(): Promise<PagerdutyServer> {
  const alerts: PagerdutyAlert[] = []
  const service = await startService((request) => answer(request, alerts))
  return Object.defineProperties(service, { alerts: { value: alerts } }) as PagerdutyServer
}

interface Event {
  readonly routing_key?: unknown
  readonly event_action?: unknown
  readonly dedup_key?: unknown
  readonly payload?: Readonly<Record<string, unknown>>
  readonly links?: unknown
}

const MEMBERS = ['routing_key', 'event_action', 'dedup_key', 'payload', 'links', 'images', 'client', 'client_url']

function answer({ path, text }: ServiceRequest, alerts: PagerdutyAlert[]): ServiceAnswer {
  if (path !== '/v2/enqueue') return { status: 404, body: null }
  const event = JSON.parse(text) as Event
  const errors = errorsOf(event)
  if (errors.length > 0)
    return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } }
  const key = String(event.dedup_key)
  const open = alerts.find((each) => each.key === key && each.state !== 'resolved')
  if (event.event_action === 'trigger') {
    const summary = String(event.payload?.['summary'])
    const details = String((event.payload?.['custom_details'] as { details?: string } | undefined)?.details)
    if (open) Object.assign(open, { summary, details, events: open.events + 1 })
    else alerts.push({ key, state: 'triggered', summary, details, events: 1 })
  } else if (open) {
    open.state = event.event_action === 'acknowledge' ? 'acknowledged' : 'resolved'
    open.events++
  }
  return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: key } }
}

function errorsOf(event: Event): readonly string[] {
  const { routing_key, event_action, dedup_key, payload, links } = event
  const isTrigger = event_action === 'trigger'
  const rules: readonly (readonly [boolean, string])[] = [
    [routing_key === PAGERDUTY_KEY, 'routing_key is invalid'],
    [['trigger', 'acknowledge', 'resolve'].includes(String(event_action)), 'event_action is invalid'],
    [typeof dedup_key === 'string' && dedup_key.length <= 255, 'dedup_key is invalid'],
    [isTrigger || dedup_key !== undefined, 'dedup_key is missing'],
    [!isTrigger || payload !== undefined, 'payload is missing'],
    [
      !isTrigger || (typeof payload?.['summary'] === 'string' && payload['summary'].length <= 1024),
      'summary is invalid',
    ],
    [!isTrigger || (typeof payload?.['source'] === 'string' && payload['source'] !== ''), 'source is missing'],
    [
      !isTrigger || ['critical', 'error', 'warning', 'info'].includes(String(payload?.['severity'])),
      'severity is invalid',
    ],
    [!isTrigger || !Number.isNaN(Date.parse(String(payload?.['timestamp']))), 'timestamp is invalid'],
    [
      links === undefined ||
        (Array.isArray(links) && links.every((each: { href?: unknown }) => URL.canParse(String(each.href)))),
      'links is invalid',
    ],
    [Object.keys(event).every((name) => MEMBERS.includes(name)), 'an unknown member'],
  ]
  return rules.flatMap(([isRight, message]) => (isRight ? [] : [message]))
}
