import { afterEach, describe, expect, it } from 'vitest'
import { openSlackNotifier } from '../../functions/adapters/slack/notifier.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Delivery } from '../../functions/notify/ports.ts'
import { exampleMessage } from '../support/notify/messages.ts'
import { SLACK_TOKEN, type SlackServer, startSlack } from '../support/notify/slack-server.ts'
import { testNotifier } from './notifier.ts'

let server: SlackServer
afterEach(() => server.close())

async function open({ token = SLACK_TOKEN, channel = '#daybreak' } = {}) {
  server = await startSlack()
  const clock = createVirtualClock({ now: 0 })
  const endpoint = `http://127.0.0.1:${server.port}`
  return { notifier: openSlackNotifier({ name: 'ops', token, channel, endpoint, clock, timeout: 2_000 }), clock }
}

const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  id: 'n1',
  message: exampleMessage(),
  recipient: { kind: 'channel' },
  thread: null,
  isCopy: false,
  only: null,
  ...changes,
})
const ANA = { kind: 'person', name: 'Ana', slack: 'U0A1B2C3D' } as const

describe('Slack', () => {
  testNotifier(async () => {
    const { notifier } = await open()
    return {
      notifier,
      recipients: [{ kind: 'channel' }, ANA],
      refuses: [],
      secrets: [SLACK_TOKEN, String(server.port)],
      arrived: () =>
        server.messages.map(({ channel, ts, threadTs, text, blocks }) => ({
          thread: `${channel}/${threadTs ?? ts}`,
          text: `${text}\n${JSON.stringify(blocks)}`.replaceAll('&amp;', '&'),
          id: ts,
        })),
      busy: () => {
        server.mood = { is: 'busy', retryAfter: 30 }
        return 30
      },
      broken: () => {
        server.mood = { is: 'broken' }
      },
      refuse: () => {
        server.mood = { is: 'well' }
        server.refusal = 'not_in_channel'
      },
      deaf: () => {
        server.refusal = null
        server.mood = { is: 'deaf' }
      },
      well: () => {
        server.refusal = null
        server.mood = { is: 'well' }
      },
      copies: 'says so',
      stop: () => server.close(),
    }
  })

  it('edits the message of a root, and puts details into its thread', async () => {
    const { notifier } = await open()
    const { reference: thread } = await notifier.deliver(delivery())
    await notifier.deliver(
      delivery({ thread, message: exampleMessage({ kind: 'acknowledged', title: 'Acked by Ana.' }) }),
    )
    await notifier.deliver(delivery({ thread, message: exampleMessage({ kind: 'resolved', title: 'Over.' }) }))
    expect(server.messages.map(({ text, edits, threadTs }) => [text, edits, threadTs !== null])).toEqual([
      ['RESOLVED Over.', 2, false],
      ['RESOLVED Over.', 0, true],
    ])
  })

  it('goes on in the thread when the first message can be changed no more', async () => {
    const { notifier } = await open()
    const { reference: thread } = await notifier.deliver(delivery())
    const [first] = server.messages
    expect(first).toBeDefined()
    await notifier.deliver(
      delivery({ thread: `${thread?.split('/')[0]}/1.1`, message: exampleMessage({ kind: 'acknowledged' }) }),
    )
    expect(server.messages).toHaveLength(1)
  })

  it('mentions no person and no channel that a text from outside names', async () => {
    const { notifier } = await open()
    await notifier.deliver(delivery())
    expect(JSON.stringify(server.messages[0]?.blocks)).toContain('&lt;!channel&gt; &amp; more')
  })

  it('opens the conversation with a person once', async () => {
    const { notifier } = await open()
    await notifier.deliver(delivery({ recipient: ANA }))
    await notifier.deliver(delivery({ recipient: ANA }))
    expect(server.messages.map(({ channel }) => channel)).toEqual(['D0A1B2C3D', 'D0A1B2C3D'])
    expect(server.seen.filter(({ path }) => path.endsWith('conversations.open'))).toHaveLength(1)
  })

  it('sends one message a second to a conversation', async () => {
    const { notifier, clock } = await open()
    for (let count = 0; count < 4; count++) await notifier.deliver(delivery())
    expect(clock.now()).toBe(3_000)
  })

  it.each([
    ['a wrong token', { token: 'xoxb-wrong' }, 'invalid_auth'],
    ['an unknown channel', { channel: '#elsewhere' }, 'channel_not_found'],
  ])('says what Slack answered to %s', async (_, options, answer) => {
    const { notifier } = await open(options)
    await expect(notifier.deliver(delivery())).rejects.toMatchObject({
      code: 'CHANNEL_REFUSED',
      message: `channel ops: Slack answered chat.postMessage with ${answer}`,
    })
  })

  it.each(['ratelimited', 'internal_error', 'service_unavailable'])('tries again later after %s', async (code) => {
    const { notifier } = await open()
    server.refusal = code
    await expect(notifier.deliver(delivery())).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' })
  })

  it('gives up waiting for a server that hangs', async () => {
    server = await startSlack()
    server.mood = { is: 'hung' }
    const endpoint = `http://127.0.0.1:${server.port}`
    const clock = createVirtualClock({ now: 0 })
    const notifier = openSlackNotifier({
      name: 'ops',
      token: SLACK_TOKEN,
      channel: '#daybreak',
      endpoint,
      clock,
      timeout: 50,
    })
    await expect(notifier.deliver(delivery())).rejects.toMatchObject({
      code: 'CHANNEL_UNREACHABLE',
      message: 'channel ops did not answer: no complete answer in time',
    })
  })
})
