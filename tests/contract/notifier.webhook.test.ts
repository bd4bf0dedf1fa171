import { createHmac } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWebhookNotifier, type WebhookOptions } from '../../functions/adapters/webhook/notifier.ts'
import { isPublicAddress } from '../../functions/lib/network-address.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { type Certificate, makeCertificate } from '../support/notify/certificate.ts'
import { exampleMessage } from '../support/notify/messages.ts'
import { type Service, startService } from '../support/notify/moody-server.ts'
import { testNotifier } from './notifier.ts'

let certificate: Certificate
beforeAll(() => {
  certificate = makeCertificate()
})
let server: Service
afterEach(() => server?.close())

const SECRET = 'path-is-a-secret-canary'
const SIGNING = 'signing-canary'
const NOW = Date.UTC(2026, 10, 30)
const delivery = {
  ...{ id: 'n1', message: exampleMessage(), thread: null, isCopy: false, only: null },
  recipient: { kind: 'channel' as const },
}

function notifier(changes: Partial<WebhookOptions> = {}) {
  return openWebhookNotifier({
    name: 'hook',
    url: `https://localhost:${server.port}/${SECRET}`,
    signing: SIGNING,
    clock: createVirtualClock({ now: NOW }),
    timeout: 2_000,
    local: { ca: certificate.cert, allows: () => true },
    ...changes,
  })
}

/** A receiver that takes CloudEvents at its secret path. */
async function start(): Promise<Service> {
  server = await startService(({ path, headers }) => {
    if (path !== `/${SECRET}`) return { status: 404, body: null }
    return { status: headers['content-type'] === 'application/cloudevents+json' ? 202 : 415, body: {} }
  }, certificate)
  return server
}

describe('a webhook', () => {
  testNotifier(async () => {
    await start()
    let url = `https://localhost:${server.port}/${SECRET}`
    return {
      notifier: { ...notifier(), deliver: (each) => notifier({ url }).deliver(each) },
      recipients: [{ kind: 'channel' }],
      refuses: [],
      secrets: [SECRET, SIGNING, 'elsewhere-canary'],
      arrived: () =>
        server.seen.flatMap(({ path, text }) => {
          if (path !== `/${SECRET}`) return []
          const { id, subject, data } = JSON.parse(text) as {
            id: string
            subject: string
            data: { kind: string; title: string; lines: string[]; links: unknown }
          }
          const label = data.kind === 'resolved' ? 'RESOLVED' : 'PAGE'
          return [
            {
              thread: subject,
              id,
              text: [`${label} ${data.title}`, ...data.lines, JSON.stringify(data.links)].join('\n'),
            },
          ]
        }),
      busy: () => {
        server.mood = { is: 'busy', retryAfter: 7 }
        return 7
      },
      broken: () => {
        server.mood = { is: 'broken' }
      },
      refuse: () => {
        server.mood = { is: 'well' }
        url = `https://localhost:${server.port}/elsewhere-canary`
      },
      deaf: () => {
        url = `https://localhost:${server.port}/${SECRET}`
        server.mood = { is: 'deaf' }
      },
      well: () => {
        server.mood = { is: 'well' }
      },
      copies: 'same id',
      stop: () => server.close(),
    }
  })

  it('signs its body as Standard Webhooks say', async () => {
    await start()
    await notifier().deliver(delivery)
    const { headers, text } = server.seen[0]!
    const content = `n1.${NOW / 1000}.${text}`
    expect(headers['webhook-id']).toBe('n1')
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', SIGNING).update(content).digest('base64')}`)
  })

  it('follows no redirect', async () => {
    await start()
    server.mood = { is: 'moved', to: `https://localhost:${server.port}/${SECRET}` }
    await expect(notifier().deliver(delivery)).rejects.toMatchObject({
      code: 'CHANNEL_REFUSED',
      message: 'channel hook: the receiver answered 302, a redirect, which is not followed',
    })
    expect(server.seen).toEqual([])
  })

  it.each([
    ['a name that leads to this machine', 'https://localhost:1/x'],
    ['an address of this machine', 'https://127.0.0.1:1/x'],
    ['the same in another form', 'https://2130706433:1/x'],
    ['the same in IPv6', 'https://[::ffff:127.0.0.1]:1/x'],
    ['the metadata of a cloud', 'https://169.254.169.254/latest/meta-data'],
    ['a private network', 'https://10.1.2.3/x'],
  ])('connects to no private address: %s', async (_, url) => {
    await start()
    const clock = createVirtualClock({ now: 0 })
    const refused = openWebhookNotifier({ name: 'hook', url, signing: null, clock, timeout: 2_000 })
    await expect(refused.deliver(delivery)).rejects.toMatchObject({
      code: 'CHANNEL_REFUSED',
      message: 'channel hook: its address leads to a machine that is not on the public internet',
    })
  })

  it.each(['http://example.com/x', 'ftp://example.com', 'nonsense'])('is refused without https: %s', async (url) => {
    await start()
    expect(() => notifier({ url })).toThrow(/expected https:\/\//)
  })

  it('trusts no certificate that no authority signed', async () => {
    await start()
    const strict = notifier({ local: { ca: makeCertificate().cert, allows: () => true } })
    await expect(strict.deliver(delivery)).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' })
    expect(server.seen).toEqual([])
  })
})

it.each([
  ['8.8.8.8', true],
  ['172.15.0.1', true],
  ['2606:4700:4700::1111', true],
  ['172.16.0.1', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::ffff:8.8.8.8', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['64:ff9b::7f00:1', false],
  ['localhost', false],
])('%s is a public address: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})
