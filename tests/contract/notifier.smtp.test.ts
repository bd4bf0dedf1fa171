import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openSmtpNotifier, type SmtpOptions } from '../../functions/adapters/smtp/notifier.ts'
import type { Delivery } from '../../functions/notify/ports.ts'
import { type Certificate, makeCertificate } from '../support/notify/certificate.ts'
import { MAIL_PASSWORD, MAIL_USER, type MailServer, startMail, textOf } from '../support/notify/mail-server.ts'
import { exampleMessage } from '../support/notify/messages.ts'
import { testNotifier } from './notifier.ts'

let certificate: Certificate
beforeAll(() => {
  certificate = makeCertificate()
})
let server: MailServer
afterEach(() => server.close())

const TEAM = ['ana@example.com', 'ben@example.com', 'cleo@example.com']
const login = `${MAIL_USER}:${encodeURIComponent(MAIL_PASSWORD)}`

function open(changes: Partial<SmtpOptions> = {}) {
  return openSmtpNotifier({
    name: 'mail',
    url: `smtp://${login}@localhost:${server.port}`,
    from: 'Daybreak <daybreak@example.com>',
    to: TEAM,
    tls: 'required',
    ca: certificate.cert,
    timeout: 500,
    ...changes,
  })
}

const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  ...{ id: 'n1', message: exampleMessage(), thread: null, isCopy: false, only: null },
  recipient: { kind: 'channel' },
  ...changes,
})

describe('mail', () => {
  testNotifier(async () => {
    server = await startMail(certificate)
    return {
      notifier: open(),
      recipients: [{ kind: 'channel' }, { kind: 'person', name: 'Ana', email: 'ana@example.com' }],
      refuses: [],
      secrets: [MAIL_PASSWORD, encodeURIComponent(MAIL_PASSWORD), MAIL_USER, 'ana@example.com', String(server.port)],
      arrived: () =>
        server.mails.map((mail) => ({
          thread: mail.headers.get('references') ?? mail.headers.get('message-id') ?? '',
          id: mail.headers.get('message-id') ?? '',
          text: textOf(mail),
        })),
      busy: () => {
        server.answer = 451
        return null
      },
      broken: () => {
        server.answer = 421
      },
      refuse: () => {
        server.answer = 554
      },
      deaf: () => {
        server.answer = null
        server.isHung = true
      },
      well: () => {
        server.answer = null
        server.isHung = false
      },
      copies: 'same id',
      stop: () => server.close(),
    }
  })

  it('logs in, and only over TLS', async () => {
    server = await startMail(certificate)
    await open().deliver(delivery())
    expect(server.mails[0]).toMatchObject({ isEncrypted: true, user: MAIL_USER, from: 'daybreak@example.com' })
  })

  it('sends nothing to a relay without TLS, unless that is said', async () => {
    server = await startMail(null)
    const url = `smtp://localhost:${server.port}`
    await expect(open({ url }).deliver(delivery())).rejects.toMatchObject({ code: expect.stringMatching(/^CHANNEL_/) })
    expect(server.mails).toEqual([])
    await open({ url, tls: 'off' }).deliver(delivery())
    expect(server.mails).toHaveLength(1)
  })

  it('trusts no relay whose certificate no authority signed', async () => {
    server = await startMail(certificate)
    await expect(open({ ca: makeCertificate().cert }).deliver(delivery())).rejects.toMatchObject({
      code: 'CHANNEL_UNREACHABLE',
    })
  })

  it.each([
    ['for good', 550, true],
    ['for now', 450, false],
  ])('reaches two of three when one address is refused %s, and then that one alone', async (_, code, isFinal) => {
    server = await startMail(certificate)
    server.refused.set('ben@example.com', code)
    const receipt = await open().deliver(delivery())
    expect(server.mails.map(({ to }) => to)).toEqual([['ana@example.com', 'cleo@example.com']])
    expect(receipt.unreached).toEqual([{ address: 'ben@example.com', isFinal, why: `the relay answered ${code}` }])
    server.refused.clear()
    await open().deliver(delivery({ only: ['ben@example.com'], isCopy: true }))
    expect(server.mails.map(({ to }) => to)).toEqual([['ana@example.com', 'cleo@example.com'], ['ben@example.com']])
  })

  it('refuses a wrong password without telling it', async () => {
    server = await startMail(certificate)
    const wrong = open({ url: `smtp://${MAIL_USER}:wrong-canary@localhost:${server.port}` })
    const error = await wrong.deliver(delivery()).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'CHANNEL_REFUSED', message: 'channel mail: the relay answered 535 (EAUTH)' })
    expect(String((error as Error).cause)).not.toContain('wrong-canary')
  })

  it('makes one thread of all mails about a root, with one subject', async () => {
    server = await startMail(certificate)
    const { reference: thread } = await open().deliver(delivery())
    await open().deliver(delivery({ id: 'n2', thread, message: exampleMessage({ kind: 'resolved', title: 'Over.' }) }))
    const [first, second] = server.mails
    expect(second?.headers.get('in-reply-to')).toBe(first?.headers.get('message-id'))
    expect(second?.headers.get('references')).toBe(first?.headers.get('message-id'))
    expect(second?.headers.get('subject')).toBe(`Re: ${first?.headers.get('subject')}`)
    expect(first?.headers.get('auto-submitted')).toBe('auto-generated')
  })

  it('lets no text from outside write a header or markup', async () => {
    server = await startMail(certificate)
    const topic = 'a\r\nBcc: evil@example.com\r\n\r\n<b>'
    await open().deliver(delivery({ message: exampleMessage({ topic }) }))
    const [mail] = server.mails
    expect(mail?.headers.get('bcc')).toBeUndefined()
    expect(mail?.to).toEqual(TEAM)
    expect(textOf(mail!)).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })

  it('carries attachments', async () => {
    server = await startMail(certificate)
    const attachments = [{ name: 'sla.csv', type: 'text/csv', content: 'a,b\n1,2\n' }]
    await open().deliver(delivery({ message: exampleMessage({ kind: 'report', attachments }) }))
    expect(server.mails[0]?.source).toContain('filename=sla.csv')
  })

  it.each(['nonsense', 'https://example.com', 'smtp://'])('says that its secret holds no relay: %s', async (url) => {
    server = await startMail(null)
    expect(() => open({ url })).toThrow('its secret holds no relay; expected smtp://USER:PASSWORD@HOST:587')
  })
})
