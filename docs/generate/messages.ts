import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { code, page } from './markdown.ts'

const GOLDEN = fileURLToPath(new URL('../../tests/unit/notify/golden', import.meta.url))

/** Files of golden messages by the start of their name, with the heading and the sentence that the page gives them. */
const PARTS = [
  ['stories.news', 'One incident, from its first message to its last', 'By kind of message.'],
  ['stories.causes', 'First message of each cause', 'By cause.'],
  ['digests', 'The morning digest', 'By what it has to tell.'],
  ['sla', 'The report of a month', 'By what it has to tell.'],
] as const

/** docs/reference/messages.md: every message as text, from the files that the tests compare with. */
export async function messagesPage(): Promise<string> {
  const files = await readdir(GOLDEN)
  const parts = PARTS.flatMap(([start, heading, intro]) => {
    const file = files.find((name) => name.startsWith(start))
    return file === undefined ? [] : [{ file, heading, intro }]
  })
  const sections = await Promise.all(
    parts.map(async ({ file, heading, intro }) => {
      const messages = messagesOf(await readFile(join(GOLDEN, file), 'utf8'))
      return [`## ${heading}\n`, `${intro}\n`, ...messages.map(messageText)].join('\n')
    }),
  )
  const intro =
    '[notifications.md](../notifications.md) says who gets which of them, and when. `MEANING` and `REMEDY` stand for the sentences of [errors.md](errors.md). Every channel sends the same sentences in its own form.'
  return [page('Messages', intro, 'tests/unit/notify/golden'), ...sections].join('\n')
}

interface GoldenMessage {
  readonly name: string
  readonly text: string
}

function messagesOf(golden: string): readonly GoldenMessage[] {
  return golden
    .split(/^===== /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n')
      return { name: section.slice(0, end), text: section.slice(end + 1).trimEnd() }
    })
}

function messageText({ name, text }: GoldenMessage): string {
  return `### ${code(name)}\n\n\`\`\`text\n${text}\n\`\`\`\n`
}
