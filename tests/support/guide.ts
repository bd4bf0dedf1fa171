import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

/** A shell block of a page, and the block of output that follows it directly; null for none. */
interface GuideStep {
  readonly script: string
  readonly shown: { readonly language: string; readonly text: string } | null
}

/** Shell blocks of a page in order, of a page that marks some with `sh run` these alone. @throws {Error} The page has none. */
export async function stepsOf(page: string): Promise<readonly GuideStep[]> {
  const text = await readFile(page, 'utf8')
  const opening = /^```sh run$/m.test(text) ? 'sh run' : 'sh'
  const found = text.matchAll(
    new RegExp(`^\`\`\`${opening}\\n(.*?)^\`\`\`$(?:\\n\\n^\`\`\`(json|text)\\n(.*?)^\`\`\`$)?`, 'gms'),
  )
  const steps = [...found].map(([, script = '', language, output = '']) => ({
    script,
    shown: language === undefined ? null : { language, text: output },
  }))
  if (steps.length === 0) throw new Error(`${page} has no shell block`)
  return steps
}

interface Place {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

// No page prints it.
const MARK = '----- end of a step -----'

/**
 * Runs scripts in one shell, so that a later one knows the variables of an earlier one, and gives the output of each.
 * @throws {Error} A command fails; the message has its output.
 */
export async function runScripts(scripts: readonly string[], { cwd, env }: Place): Promise<readonly string[]> {
  const whole = ['set -euo pipefail', ...scripts.map((script) => `${script}\necho '${MARK}'`)].join('\n')
  const child = spawn('bash', [], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(whole)
  const { promise: ended, resolve } = Promise.withResolvers<number | null>()
  child.on('close', resolve)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const outputs = stdout.split(`${MARK}\n`)
  if (code === 0) return outputs.slice(0, -1)
  throw new Error(`exit code ${code} of\n${scripts[outputs.length - 1]}\n${outputs.at(-1)}\n${stderr}`)
}
