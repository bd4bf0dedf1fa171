import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { Certificate } from './certificate.ts'

export interface Mail {
  readonly from: string
  /** Those that the envelope named and the server took. */
  readonly to: readonly string[]
  /** By name in lower case, unfolded. */
  readonly headers: ReadonlyMap<string, string>
  readonly isEncrypted: boolean
  readonly user: string
  /** As it came. */
  readonly source: string
}

export interface MailServer {
  readonly port: number
  readonly mails: Mail[]
  /** Code with which an address is refused. */
  readonly refused: Map<string, number>
  /** Code with which the content is refused; null takes it. */
  answer: number | null
  /** Takes the content and never says so. */
  isHung: boolean
  close(): Promise<void>
}

export const MAIL_USER = 'mail-login-canary'
export const MAIL_PASSWORD = 'canary p@ss/word'

/** A real SMTP server with STARTTLS and a login. Without a certificate it offers neither. */
export async function startMail(certificate: Certificate | null): Promise<MailServer> {
  const mails: Mail[] = []
  const refused = new Map<string, number>()
  const failure = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })
  const server = new SMTPServer({
    ...(certificate ? { ...certificate } : { disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true }),
    logger: false,
    onAuth({ username, password }, _, callback) {
      if (username === MAIL_USER && password === MAIL_PASSWORD) callback(null, { user: username })
      else callback(failure(535, 'Authentication failed'))
    },
    onRcptTo({ address }, _, callback) {
      const code = refused.get(address)
      callback(code === undefined ? null : failure(code, `<${address}> is not known here`))
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (mail.answer !== null) return callback(failure(mail.answer, 'not now'))
        const source = Buffer.concat(chunks).toString('utf8')
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          headers: headersOf(source),
          isEncrypted: session.secure,
          user: String(session.user ?? ''),
          source,
        })
        if (!mail.isHung) callback()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const mail: MailServer = {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refused,
    answer: null,
    isHung: false,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return mail
}

function headersOf(source: string): ReadonlyMap<string, string> {
  const head = source.slice(0, source.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  return new Map(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
}

/** The text parts of a mail, decoded. */
export function textOf({ source }: Pick<Mail, 'source'>): string {
  return source
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/((?:=[0-9A-F]{2})+)/g, (encoded) => Buffer.from(encoded.replaceAll('=', ''), 'hex').toString('utf8'))
}
