import { readFile } from 'node:fs/promises'

/** A command of a README, and the exit code that the comment after it names; 0 without one. */
interface Printed {
  readonly argv: readonly string[]
  readonly code: number
}

/**
 * Commands of `daybreak` in the `sh` blocks of a page, in order.
 * @throws {Error} A line is another command, or the page has none.
 */
export async function commandsOf(page: string): Promise<readonly Printed[]> {
  const blocks = (await readFile(page, 'utf8')).matchAll(/^```sh\n(.*?)^```$/gms)
  const lines = [...blocks].flatMap(([, block = '']) => block.trim().split('\n'))
  if (lines.length === 0) throw new Error(`${page} has no command`)
  return lines.map((line) => {
    const [, command, comment = ''] = /^npx daybreak (.*?)(?:\s+# (.*))?$/.exec(line) ?? []
    if (command === undefined) throw new Error(`Expected a line "npx daybreak ...", found ${JSON.stringify(line)}`)
    return { argv: wordsOf(command), code: Number(/exit code (\d+)/.exec(comment)?.[1] ?? 0) }
  })
}

// The words of a shell that the pages use: plain ones, and quoted ones without a quote inside.
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain!,
  )
}
