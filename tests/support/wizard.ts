import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { main } from '../../cli/main.ts'
import { collectedStream, type Finished, testContext } from './cli.ts'

/** Keys of a terminal. */
export const KEYS = { enter: '\r', down: '\u001b[B', space: ' ', ctrlC: '\u0003' } as const

/** Answers of a person: a text that the wizard shows, and the keys that are pressed then. */
export type Transcript = readonly (readonly [shown: string | RegExp, ...keys: string[]])[]

const clock = { now: () => Date.now(), sleep: (milliseconds: number) => wait(milliseconds) }

/** Runs a command line in this process. */
export async function inProject(folder: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return await run(folder, argv, { env, stdin: new PassThrough(), isTTY: false }).done
}

interface Opened {
  readonly env: Readonly<Record<string, string>>
  readonly stdin: PassThrough
  readonly isTTY: boolean
}

function run(folder: string, argv: readonly string[], { env, stdin, isTTY }: Opened) {
  const stdout = collectedStream()
  const stderr = collectedStream()
  const context = testContext({
    cwd: folder,
    clock,
    env,
    stdin,
    stdout,
    stderr,
    isTTY: { stdin: isTTY, stdout: false, stderr: isTTY },
  })
  const done = main(argv, context).then((code): Finished => ({ code, stdout: stdout.text(), stderr: stderr.text() }))
  return { done, stderr }
}

/** Runs the wizard as at a terminal, and presses keys when it asks. A question that never comes fails with what was shown. */
export async function atTerminal(
  folder: string,
  argv: readonly string[],
  transcript: Transcript,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const stdin = new PassThrough()
  const { done, stderr } = run(folder, argv, { env, stdin, isTTY: true })
  let isOver = false
  const ended = done.finally(() => {
    isOver = true
  })
  let from = 0
  for (const [shown, ...keys] of transcript) {
    const find = () => {
      const text = stderr.text().slice(from)
      return typeof shown === 'string' ? text.indexOf(shown) : text.search(shown)
    }
    for (let waited = 0; find() < 0; waited += 20) {
      if (isOver || waited > 20_000) throw new Error(`the wizard did not show ${shown}:\n${stderr.text()}`)
      await wait(20)
    }
    await wait(30)
    from = stderr.text().length
    for (const key of keys) {
      stdin.write(key)
      await wait(15)
    }
  }
  return await ended
}

/** Text of every file of the configuration of a project, by its path. */
export function configOf(folder: string): ReadonlyMap<string, string> {
  const root = join(folder, 'config')
  if (!existsSync(root)) return new Map()
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    entries
      .map(({ parentPath, name }) => join(parentPath, name))
      .toSorted()
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  )
}
