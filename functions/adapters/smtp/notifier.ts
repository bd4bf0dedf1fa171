import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import type { Delivery, Notifier, Receipt } from '../../notify/ports.ts'
import { toEmail } from '../../notify/render/email.ts'
import { refused, toChannelError, toUnreached } from './errors.ts'

/** Relay and sender. */
export interface SmtpOptions {
  /** Name of the channel in the configuration. */
  readonly name: string
  /** `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://` for TLS from the first byte. */
  readonly url: string
  readonly from: string
  /** Addresses of the channel itself. */
  readonly to: readonly string[]
  /** `required` refuses a relay without STARTTLS. */
  readonly tls: 'required' | 'off'
  /** Certificate to trust, for a relay with one of its own. */
  readonly ca?: string
  /** Milliseconds that the relay may be silent. Default: 10 seconds. */
  readonly timeout?: number
}

const TIMEOUT = 10_000

/** Mail over SMTP as a channel. A copy has the Message-ID of the first, so that mail systems can drop it. */
export function openSmtpNotifier(options: SmtpOptions): Notifier {
  const { name, from, to, tls, ca, timeout = TIMEOUT } = options
  const url = parsed(options)
  const isSecure = url.protocol === 'smtps:'
  const transport = createTransport({
    host: url.hostname,
    port: Number(url.port) || (isSecure ? 465 : 587),
    secure: isSecure,
    requireTLS: tls === 'required' && !isSecure,
    ignoreTLS: tls === 'off',
    ...(url.username !== '' && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    ...(ca !== undefined && { tls: { ca } }),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = domainOf(from)
  return {
    kind: 'email',
    async deliver(delivery): Promise<Receipt> {
      const { id, message, thread, only } = delivery
      const { subject, text, html, attachments } = toEmail(message)
      const addresses = only ?? addressesOf(delivery, to)
      if (addresses.length === 0) throw refused(name, 'it has no address for this recipient')
      const messageId = `<${plain(id)}@${domain}>`
      try {
        const sent = await transport.sendMail({
          from,
          to: addressesOf(delivery, to),
          envelope: { from: addressIn(from), to: [...addresses] },
          messageId,
          ...(thread !== null && { inReplyTo: thread, references: thread }),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          subject,
          text,
          html,
          attachments: attachments.map((each) => ({
            filename: each.name,
            contentType: each.type,
            content: each.content,
          })),
        })
        return { reference: thread ?? messageId, unreached: (sent.rejectedErrors ?? []).map(toUnreached) }
      } catch (error) {
        throw toChannelError(name, error)
      }
    },
    close: async () => transport.close(),
  }
}

function addressesOf({ recipient }: Delivery, to: readonly string[]): string[] {
  if (recipient.kind === 'channel') return [...to]
  return recipient.email === undefined ? [] : [recipient.email]
}

function parsed({ name, url }: SmtpOptions): URL {
  const address = URL.canParse(url) ? new URL(url) : null
  if (address !== null && (address.protocol === 'smtp:' || address.protocol === 'smtps:') && address.hostname !== '')
    return address
  throw refused(name, 'its secret holds no relay; expected smtp://USER:PASSWORD@HOST:587')
}

function addressIn(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim()
}

function domainOf(from: string): string {
  return addressIn(from).split('@')[1] ?? 'daybreak.invalid'
}

/** An id that any mail system takes as part of a Message-ID. */
function plain(id: string): string {
  return /^[A-Za-z0-9._-]{1,100}$/.test(id) ? id : createHash('sha256').update(id).digest('hex')
}
