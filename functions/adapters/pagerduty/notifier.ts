import { DaybreakError } from '../../errors.ts'
import { postJson, unreachable } from '../../lib/post-json.ts'
import type { Delivery, Notifier } from '../../notify/ports.ts'
import { toPagerduty } from '../../notify/render/pagerduty.ts'

/** Key of a service of PagerDuty. */
export interface PagerdutyOptions {
  /** Name of the channel in the configuration. */
  readonly name: string
  /** Integration key. */
  readonly key: string
  /** Address of the API. Default: that of PagerDuty. */
  readonly endpoint?: string | undefined
  /** Milliseconds until an answer must be complete. Default: 10 seconds. */
  readonly timeout?: number
}

const PAGERDUTY = 'https://events.pagerduty.com'
const TIMEOUT = 10_000

/** The Events API v2 as a channel. An event with the same key changes the same alert, so nothing arrives twice. */
export function openPagerdutyNotifier(options: PagerdutyOptions): Notifier {
  const { name, key, endpoint = PAGERDUTY, timeout = TIMEOUT } = options
  return {
    kind: 'pagerduty',
    async deliver({ message }: Delivery) {
      if (message.kind === 'digest' || message.kind === 'report')
        throw refused(name, `a ${message.kind} is no event; give the person another channel`)
      const event = toPagerduty(message)
      await send(event)
      // A test leaves no alert behind.
      if (message.kind === 'test') await send({ event_action: 'resolve', dedup_key: event.dedup_key })
      return { reference: event.dedup_key, unreached: [] }
    },
    close: async () => undefined,
  }

  async function send(event: object): Promise<void> {
    const body = { routing_key: key, ...event }
    const url = `${endpoint}/v2/enqueue`
    const { status, headers } = await postJson({ channel: name, url, headers: {}, body, timeout })
    if (status >= 200 && status < 300) return
    if (status === 429 || status >= 500) throw unreachable(name, `PagerDuty answered ${status}`, headers)
    throw refused(name, `PagerDuty answered ${status}; expected 202`)
  }
}

function refused(channel: string, why: string): DaybreakError {
  return new DaybreakError('CHANNEL_REFUSED', `channel ${channel}: ${why}`, { details: { channel } })
}
