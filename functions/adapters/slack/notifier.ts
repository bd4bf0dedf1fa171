import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { type JsonAnswer, postJson, unreachable } from '../../lib/post-json.ts'
import { isFirst, type Message } from '../../notify/message.ts'
import type { Delivery, Notifier, Receipt, Recipient } from '../../notify/ports.ts'
import { toSlack } from '../../notify/render/slack.ts'
import type { Clock } from '../../pipeline/ports.ts'

/** Channel and token of a Slack app. */
export interface SlackOptions {
  /** Name of the channel in the configuration. */
  readonly name: string
  readonly token: string
  /** `#name` or id. */
  readonly channel: string
  /** Address of the API. Default: that of Slack. */
  readonly endpoint?: string | undefined
  readonly clock: Clock
  /** Milliseconds until an answer must be complete. Default: 10 seconds. */
  readonly timeout?: number
}

const SLACK = 'https://slack.com'
const TIMEOUT = 10_000
// Slack takes one message a second per channel.
const PAUSE = 1_000

// Codes of `ok: false` that pass.
const PASSING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]
// A message that can be changed no more: the news goes into its thread alone.
const UNCHANGEABLE = ['message_not_found', 'cant_update_message', 'edit_window_closed', 'cant_update_message_too_old']

const Answer = z.looseObject({
  ok: z.boolean(),
  error: z.string().optional(),
  ts: z.string().optional(),
  channel: z.union([z.string(), z.looseObject({ id: z.string() })]).optional(),
})

/**
 * A Slack app as a channel: one message per root, which is edited, and details in its thread. A message may arrive twice, since
 * Slack knows no key for one; a copy says so.
 */
export function openSlackNotifier(options: SlackOptions): Notifier {
  const { name, token, channel, endpoint = SLACK, clock, timeout = TIMEOUT } = options
  const pace = createPace(clock)
  const open = new Map<string, string>()

  const call = async (method: string, body: unknown) => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await postJson({ channel: name, url: `${endpoint}/api/${method}`, headers, body, timeout })
    return checked(name, method, answer)
  }
  const conversationOf = async (recipient: Recipient): Promise<string> => {
    if (recipient.kind === 'channel') return channel
    const { slack } = recipient
    if (slack === undefined) throw refused(name, `${recipient.name} has no member id`)
    const known = open.get(slack)
    if (known !== undefined) return known
    const answer = await call('conversations.open', { users: slack })
    const id = typeof answer.channel === 'object' ? answer.channel.id : null
    if (id === null) throw unreachable(name, 'conversations.open gave no conversation', null)
    open.set(slack, id)
    return id
  }
  const post = async (place: Place, { message, isCopy }: Pick<Delivery, 'message' | 'isCopy'>) => {
    await pace(place.channel)
    const content = toSlack(message, { isCopy })
    const thread = place.ts === null ? {} : { thread_ts: place.ts, reply_broadcast: isLoud(message) }
    const answer = await call('chat.postMessage', {
      channel: place.channel,
      ...content,
      ...thread,
      unfurl_links: false,
    })
    return `${typeof answer.channel === 'string' ? answer.channel : place.channel}/${answer.ts ?? ''}`
  }

  return {
    kind: 'slack',
    async deliver(delivery): Promise<Receipt> {
      const { message, recipient, thread } = delivery
      const first = thread === null ? null : placeOf(thread)
      if (first === null) {
        // Of a thread that was never begun nothing is left to change.
        const channel = await conversationOf(recipient)
        return { reference: await post({ channel, ts: null }, delivery), unreached: [] }
      }
      await pace(first.channel)
      const content = toSlack(message, { isCopy: false })
      await call('chat.update', { channel: first.channel, ts: first.ts, ...content }).catch((error: unknown) => {
        if (!(error instanceof DaybreakError) || !UNCHANGEABLE.includes(String(error.details['answer']))) throw error
      })
      if (message.kind !== 'acknowledged') await post(first, delivery)
      return { reference: thread, unreached: [] }
    },
    close: async () => undefined,
  }
}

/** A conversation, and the message in it that a thread begins with. */
interface Place {
  readonly channel: string
  readonly ts: string | null
}

function placeOf(reference: string): Place {
  const [channel = '', ts = ''] = reference.split('/')
  return { channel, ts }
}

/** True for news that the conversation should see outside of the thread, too. */
function isLoud(message: Message): boolean {
  return message.urgency === 'page' && !isFirst(message) && message.kind !== 'resolved'
}

function checked(name: string, method: string, { status, headers, body }: JsonAnswer): z.infer<typeof Answer> {
  if (status === 429) throw unreachable(name, 'Slack asks for a pause', headers)
  if (status >= 500) throw unreachable(name, `Slack answered ${status}`, headers)
  const answer = Answer.safeParse(body)
  if (!answer.success) throw unreachable(name, `${method} was answered with ${status} and no JSON of Slack`, headers)
  if (answer.data.ok) return answer.data
  const code = answer.data.error ?? 'unknown'
  if (PASSING.includes(code)) throw unreachable(name, `Slack answered ${method} with ${code}`, headers)
  throw refused(name, `Slack answered ${method} with ${code}`, code)
}

function refused(channel: string, why: string, answer = ''): DaybreakError {
  return new DaybreakError('CHANNEL_REFUSED', `channel ${channel}: ${why}`, { details: { channel, answer } })
}

/** Waits until a second has passed since the last message to the same conversation. */
function createPace(clock: Clock): (conversation: string) => Promise<void> {
  const last = new Map<string, number>()
  return async (conversation) => {
    const free = (last.get(conversation) ?? Number.NEGATIVE_INFINITY) + PAUSE
    const wait = free - clock.now()
    if (wait > 0 && wait <= PAUSE) await clock.sleep(wait)
    last.set(conversation, clock.now())
  }
}
