import { type Attachment, headline, isFirst, labelOf, type Message } from '../message.ts'
import { escapeHtml } from './html.ts'
import { cut, toText } from './text.ts'

/** Content of a mail. */
export interface Email {
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly attachments: readonly Attachment[]
}

const LONGEST_SUBJECT = 160

/** A message as mail. All mails about one root have the subject of the first, so that a mailbox shows one thread. */
export function toEmail(message: Message): Email {
  return { subject: subjectOf(message), text: toText(message), html: htmlOf(message), attachments: message.attachments }
}

function subjectOf(message: Message): string {
  const isAlone = message.kind === 'digest' || message.kind === 'report' || message.kind === 'test'
  const first = labelOf({ kind: 'opened', urgency: message.urgency })
  const subject = isAlone ? headline(message) : `${first} ${message.topic}`
  // A line end would begin another header.
  return cut(`${isFirst(message) ? '' : 'Re: '}${subject}`.replaceAll(/\s+/g, ' '), LONGEST_SUBJECT)
}

const COLOURS = { page: '#b42318', ticket: '#b54708', information: '#175cd3' } as const
const CALM = '#067647'

function htmlOf(message: Message): string {
  const colour = message.kind === 'resolved' ? CALM : COLOURS[message.urgency]
  const lines = message.lines.map((line) => `<p style="margin:0 0 8px">${escapeHtml(line)}</p>`)
  const links = message.links.map(
    ({ label, url }) => `<a href="${escapeHtml(url)}" style="margin-right:16px">${escapeHtml(label)}</a>`,
  )
  return [
    '<!doctype html>',
    '<html lang="en"><body style="font:15px/1.5 system-ui,sans-serif;color:#101828;max-width:640px">',
    `<h1 style="font-size:17px;margin:0 0 12px;padding-left:10px;border-left:4px solid ${colour}">${escapeHtml(headline(message))}</h1>`,
    ...lines,
    ...(links.length > 0 ? [`<p style="margin:16px 0 0">${links.join('')}</p>`] : []),
    '</body></html>',
    '',
  ].join('\n')
}
