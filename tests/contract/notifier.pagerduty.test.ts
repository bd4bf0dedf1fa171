import { afterEach, describe, expect, it } from 'vitest'
import { openPagerdutyNotifier } from '../../functions/adapters/pagerduty/notifier.ts'
import { dedupKey } from '../../functions/notify/render/pagerduty.ts'
import { exampleMessage } from '../support/notify/messages.ts'
import { PAGERDUTY_KEY, type PagerdutyServer, startPagerduty } from '../support/notify/pagerduty-server.ts'
import { testNotifier } from './notifier.ts'

let server: PagerdutyServer
afterEach(() => server.close())

const options = (key = PAGERDUTY_KEY) => ({
  name: 'pager',
  key,
  endpoint: `http://127.0.0.1:${server.port}`,
  timeout: 2_000,
})
const deliveryOf = (message: ReturnType<typeof exampleMessage>) => ({
  ...{ id: 'n1', message, thread: null, isCopy: false, only: null },
  recipient: { kind: 'channel' as const },
})

describe('PagerDuty', () => {
  testNotifier(async () => {
    server = await startPagerduty()
    const seen = () => server.seen.map(({ text }) => JSON.parse(text) as Record<string, unknown>)
    let key = PAGERDUTY_KEY
    return {
      notifier: {
        ...openPagerdutyNotifier(options()),
        // Another key takes effect as after a change of the secret.
        deliver: (delivery) => openPagerdutyNotifier(options(key)).deliver(delivery),
      },
      recipients: [{ kind: 'channel' }],
      refuses: ['digest', 'report'],
      secrets: [PAGERDUTY_KEY, 'wrong-canary-key', String(server.port)],
      arrived: () => {
        // A resolve says nothing itself: the alert that it ends is the message.
        const ended = server.alerts.filter(({ state }) => state === 'resolved')
        return server.alerts.map((alert) => ({
          thread: alert.key,
          id: alert.key,
          text: [
            alert.summary,
            alert.details,
            JSON.stringify(seen().map(({ links }) => links)),
            ended.includes(alert) ? 'RESOLVED Store 7 at 06:03' : '',
          ].join('\n'),
        }))
      },
      busy: () => {
        server.mood = { is: 'busy', retryAfter: null }
        return null
      },
      broken: () => {
        server.mood = { is: 'broken' }
      },
      refuse: () => {
        server.mood = { is: 'well' }
        key = 'wrong-canary-key'
      },
      deaf: () => {
        key = PAGERDUTY_KEY
        server.mood = { is: 'deaf' }
      },
      well: () => {
        server.mood = { is: 'well' }
      },
      copies: 'one',
      stop: () => server.close(),
    }
  })

  it('acknowledges and resolves the alert that it triggered', async () => {
    server = await startPagerduty()
    const notifier = openPagerdutyNotifier(options())
    const states = []
    for (const kind of ['opened', 'larger', 'acknowledged', 'resolved'] as const) {
      await notifier.deliver(deliveryOf(exampleMessage({ kind })))
      states.push(server.alerts.map(({ state }) => state))
    }
    expect(states).toEqual([['triggered'], ['triggered'], ['acknowledged'], ['resolved']])
  })

  it('leaves no alert behind after a test', async () => {
    server = await startPagerduty()
    await openPagerdutyNotifier(options()).deliver(deliveryOf(exampleMessage({ kind: 'test' })))
    expect(server.alerts.map(({ state }) => state)).toEqual(['resolved'])
  })

  it('makes keys of at most 255 characters, which differ where the threads do', async () => {
    server = await startPagerduty()
    const keys = ['a', 'b'].map((end) => dedupKey(`${'t'.repeat(300)}${end}`))
    expect(keys.map(({ length }) => length)).toEqual([255, 255])
    expect(keys[0]).not.toBe(keys[1])
    expect(dedupKey('prod/late/toast/2026-11-29')).toBe('daybreak/prod/late/toast/2026-11-29')
  })
})
