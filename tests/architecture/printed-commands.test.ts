import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../cli/main.ts'
import { GLOBAL_ARGS } from '../../cli/options.ts'
import { findCommand, parseFlags } from '../../cli/parse.ts'
import { ERRORS } from '../../functions/errors.ts'
import { daybreak } from '../support/cli.ts'

const files = (folder: string, ending: RegExp) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name))

const sources = ['functions', 'cli', 'mock', 'infra'].flatMap((folder) => files(folder, /\.(ts|sh)$/))
// Decisions tell what was true when they were made.
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...files('docs', /\.md$/).filter((path) => !path.startsWith('docs/decisions')),
]

interface Printed {
  readonly line: string
  readonly path: string
}

/** Command lines that a message, remedy, help text or page prints: after a quote, a backtick, `npx`, a prompt or "Next:". */
function printedIn(path: string): readonly Printed[] {
  const text = readFileSync(path, 'utf8').replaceAll('\\`', '`')
  const typed = [...text.matchAll(/(?:[`'"·$:(]|npx|\+) ?((?:daybreak|in_production) [a-z][a-z-]*\b[^`'"·;|&\n#>]*)/g)]
  const jobs = [...text.matchAll(/--args=([a-z][^\s`'"]*)/g)].map(
    ([, words = '']) => `daybreak ${words.replaceAll(',', ' ')}`,
  )
  return [...typed.map(([, found = '']) => found.replace('in_production', 'daybreak')), ...jobs].flatMap((found) => {
    const line = found.replaceAll(/\$\{[^}]*\}?/g, 'X').replace(/[\s,.)\]}]+$/, '')
    return isProse(line) ? [] : [{ line, path }]
  })
}

// `daybreak-worker`, an import path or a sentence is no command line.
const isProse = (line: string) => /^daybreak (hash key|[a-z-]+: )|^daybreak \/|=>/.test(line)

const printed = [...sources, ...pages].flatMap(printedIn)
const unique = [...new Map(printed.map((each) => [each.line, each])).values()]

const wordsOf = (line: string) =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
    .map(([, single, double, bare]) => single ?? double ?? bare ?? '')
    .slice(1)

it('finds the commands that are printed', () => {
  expect(unique.length).toBeGreaterThan(80)
  for (const known of ['daybreak contract accept', 'daybreak doctor', 'daybreak rejects list'])
    expect(unique.map(({ line }) => line)).toContain(known)
})

it.each(unique)('`$line` ($path) is a command of the command line, with options that it has', async ({ line }) => {
  const words = wordsOf(line).map((word) => word.replace(/^\[|\]$/g, ''))
  const { target, rest } = await findCommand(words, COMMANDS)
  expect(target).not.toBeNull()
  if (target?.kind !== 'command') return expect(rest.filter((word) => !word.startsWith('-'))).toEqual([])
  const flags = rest.filter((word) => word.startsWith('--')).map((word) => word.replace(/^--([^=]+).*$/, '$1'))
  const known = Object.entries({ ...GLOBAL_ARGS, ...target.args }).flatMap(([name, arg]) => [
    name,
    ...[('alias' in arg ? arg.alias : undefined) ?? []].flat(),
  ])
  expect(flags.filter((flag) => !known.includes(flag) && flag !== 'help')).toEqual([])
})

const whole = Object.entries(ERRORS).flatMap(([code, { remedy }]) =>
  [...remedy.matchAll(/`(daybreak [^`]+)`/g)].flatMap(([, line = '']) =>
    /[A-Z]{2}/.test(line) ? [] : [{ code, line }],
  ),
)

describe('commands of remedies that need nothing filled in', () => {
  it.each(whole)('$code: `$line` parses as it is printed', async ({ line }) => {
    const { target, rest } = await findCommand(wordsOf(line), COMMANDS)
    expect(target).not.toBeNull()
    if (target?.kind === 'command' && !rest.includes('--help')) parseFlags(rest, { ...GLOBAL_ARGS, ...target.args }, '')
  })
})

const explained = Object.keys(ERRORS).map((code) => ({ code }))
it.each(explained)('`daybreak explain $code` runs', async ({ code }) => {
  expect((await daybreak(['explain', code])).code).toBe(0)
})
