import { headline, type Message } from '../message.ts'

/** The message as plain text: headline, lines, links. */
export function toText(message: Message): string {
  const links = message.links.map(({ label, url }) => `${label}: ${url}`)
  return [headline(message), '', ...message.lines, ...(links.length > 0 ? ['', ...links] : []), ''].join('\n')
}

/** The first characters of a text, with `...` where it was longer. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const end = most - 3
  // Half of a surrogate pair is no text.
  return `${text.slice(0, /[\ud800-\udbff]/.test(text[end - 1] ?? '') ? end - 1 : end)}...`
}
