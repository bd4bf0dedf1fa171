import { type Service, type ServiceAnswer, type ServiceRequest, startService } from './moody-server.ts'

export interface SlackMessage {
  readonly channel: string
  readonly ts: string
  readonly threadTs: string | null
  text: string
  blocks: readonly unknown[]
  edits: number
}

export interface SlackServer extends Service {
  readonly messages: SlackMessage[]
  /** Code of the next answers with `ok: false`; null for none. */
  refusal: string | null
}

export const SLACK_TOKEN = 'xoxb-0000-canary-token'

/**
 * Slack's Web API as its reference describes it: bearer token, JSON with a charset, limits of text and blocks, `ok: false` with
 * 200, channels by name or id, conversations of direct messages, threads by `ts`.
 */
export async function startSlack(): Promise<SlackServer> {
  const messages: SlackMessage[] = []
  let refusal: string | null = null
  let count = 0
  const service = await startService((request) => answer(request))
  const no = (error: string): ServiceAnswer => ({ status: 200, body: { ok: false, error } })

  function answer(request: ServiceRequest): ServiceAnswer {
    if (request.headers.authorization !== `Bearer ${SLACK_TOKEN}`) return no('invalid_auth')
    if (!/^application\/json; ?charset=utf-8$/.test(request.headers['content-type'] ?? ''))
      return no('invalid_post_type')
    if (refusal !== null) return no(refusal)
    const body = JSON.parse(request.text) as Record<string, unknown>
    switch (request.path) {
      case '/api/conversations.open':
        if (!/^[UW][A-Z0-9]+$/.test(String(body['users']))) return no('users_list_not_supplied')
        return { status: 200, body: { ok: true, channel: { id: `D${String(body['users']).slice(1)}` } } }
      case '/api/chat.postMessage':
        return post(body)
      case '/api/chat.update':
        return update(body)
      default:
        return no('unknown_method')
    }
  }

  function post(body: Record<string, unknown>): ServiceAnswer {
    const channel = idOf(body['channel'])
    if (channel === null) return no('channel_not_found')
    const wrong = wrongContent(body)
    if (wrong) return no(wrong)
    const threadTs = body['thread_ts'] === undefined ? null : String(body['thread_ts'])
    if (threadTs !== null && !messages.some((each) => each.channel === channel && each.ts === threadTs))
      return no('thread_not_found')
    if (body['reply_broadcast'] === true && threadTs === null) return no('invalid_arguments')
    count++
    const ts = `1700000000.${String(count).padStart(6, '0')}`
    messages.push({ channel, ts, threadTs, text: String(body['text']), blocks: body['blocks'] as [], edits: 0 })
    return { status: 200, body: { ok: true, channel, ts } }
  }

  function update(body: Record<string, unknown>): ServiceAnswer {
    // Unlike chat.postMessage, it takes no name of a channel.
    if (!/^[CGD][A-Z0-9]+$/.test(String(body['channel']))) return no('channel_not_found')
    const wrong = wrongContent(body)
    if (wrong) return no(wrong)
    const message = messages.find((each) => each.channel === body['channel'] && each.ts === body['ts'])
    if (!message) return no('message_not_found')
    message.text = String(body['text'])
    message.blocks = body['blocks'] as []
    message.edits++
    return { status: 200, body: { ok: true, channel: message.channel, ts: message.ts } }
  }

  return Object.defineProperties(service, {
    messages: { value: messages },
    refusal: {
      get: () => refusal,
      set: (value: string | null) => {
        refusal = value
      },
    },
  }) as SlackServer
}

function idOf(channel: unknown): string | null {
  if (channel === '#daybreak') return 'C0DAYBREAK'
  return /^[CGD][A-Z0-9]+$/.test(String(channel)) ? String(channel) : null
}

function wrongContent({ text, blocks }: Record<string, unknown>): string | null {
  if (typeof text !== 'string' || text === '') return 'no_text'
  if (text.length > 4000) return 'msg_too_long'
  if (!Array.isArray(blocks) || blocks.length === 0 || blocks.length > 50) return 'invalid_blocks'
  const isRight = blocks.every((block: { type: string; text?: Mrkdwn; elements?: readonly Mrkdwn[] }) => {
    if (block.type === 'section') return isMrkdwn(block.text)
    return block.type === 'context' && (block.elements ?? []).length > 0 && (block.elements ?? []).every(isMrkdwn)
  })
  return isRight ? null : 'invalid_blocks_format'
}

interface Mrkdwn {
  readonly type: string
  readonly text: string
}

function isMrkdwn(part: Mrkdwn | undefined): boolean {
  return part?.type === 'mrkdwn' && part.text.length >= 1 && part.text.length <= 3000
}
