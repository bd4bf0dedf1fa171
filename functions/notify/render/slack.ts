import { headline, type Message } from '../message.ts'
import { cut } from './text.ts'

/** Content of a Slack message: `text` is for notifications and screen readers. */
export interface SlackContent {
  readonly text: string
  readonly blocks: readonly SlackBlock[]
}

/** The blocks that messages are made of. */
export type SlackBlock =
  | { readonly type: 'section'; readonly text: { readonly type: 'mrkdwn'; readonly text: string } }
  | { readonly type: 'context'; readonly elements: readonly { readonly type: 'mrkdwn'; readonly text: string }[] }

// Limits of Slack: characters of a section, characters of `text` before it is cut there.
const LONGEST_SECTION = 3_000
const LONGEST_TEXT = 4_000

/** A message in the form of Slack. */
export function toSlack(message: Message, { isCopy }: { readonly isCopy: boolean }): SlackContent {
  const again = isCopy ? ' (sent again)' : ''
  const head = `*${escapeSlack(headline(message))}*${again}`
  const body = message.lines.map(escapeSlack).join('\n')
  const links = message.links.map(({ label, url }) => `<${escapeSlack(url)}|${escapeSlack(label)}>`).join('  ')
  return {
    text: cut(`${escapeSlack(headline(message))}${again}`, LONGEST_TEXT),
    blocks: [
      {
        type: 'section',
        text: { type: 'mrkdwn', text: cut(body === '' ? head : `${head}\n${body}`, LONGEST_SECTION) },
      },
      ...(links === '' ? [] : [{ type: 'context' as const, elements: [{ type: 'mrkdwn' as const, text: links }] }]),
    ],
  }
}

/** A text that mentions no person and no channel, and makes no link. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
