import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import type { Command, CommandGroup } from '../../cli/command.ts'
import { renderHelp } from '../../cli/help.ts'
import { COMMANDS, ROOT } from '../../cli/main.ts'
import { GLOBAL_ARGS } from '../../cli/options.ts'
import { findCommand, parseFlags } from '../../cli/parse.ts'

interface Placed {
  readonly path: string
  readonly target: Command | CommandGroup
}

const all = await placed(ROOT, '')

async function placed(target: Command | CommandGroup, path: string): Promise<readonly Placed[]> {
  if (target.kind === 'command') return [{ path, target }]
  const children = await Promise.all(
    Object.entries(target.commands).map(async ([word, load]) => placed(await load(), `${path} ${word}`.trim())),
  )
  return [{ path, target }, ...children.flat()]
}

const commands = all.flatMap(({ path, target }) => (target.kind === 'command' ? [{ path, command: target }] : []))
const examples = commands.flatMap(({ command }) => command.examples.map((example) => ({ example })))

it.each(all)('`daybreak $path` knows its own name and says in a sentence what it does', ({ path, target }) => {
  expect(target.name).toBe(path)
  expect(target.description).toMatch(/^[A-Z].*\.$/)
})

it.each(all)('`daybreak $path --help` names every argument or command', async ({ target }) => {
  const help = await renderHelp(target, false)
  const names = target.kind === 'command' ? Object.keys(target.args) : Object.keys(target.commands)
  for (const name of names) expect(help.toLowerCase()).toContain(name)
  expect(help).not.toMatch(/undefined|\u001b/)
})

it.each(commands)(
  'the arguments of `daybreak $path` are described, and take no name of a global flag',
  ({ command }) => {
    const globals = Object.entries(GLOBAL_ARGS).flatMap(([name, arg]) => ('alias' in arg ? [name, arg.alias] : [name]))
    for (const [name, arg] of Object.entries(command.args)) {
      expect(arg.description, name).toMatch(/^\S.{3,}/)
      expect(globals, `--${name}`).not.toContain(name)
      expect(globals).not.toContain('alias' in arg ? arg.alias : undefined)
    }
  },
)

it.each(examples)('`$example` is a command line that parses', async ({ example }) => {
  // What a shell would make of it, as far as the examples go.
  const line = example.replace(/^source <\((.*)\)$/, '$1').replace(/ >.*$/, '')
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
  expect(words[0]).toBe('daybreak')
  const { target, rest } = await findCommand(words.slice(1), COMMANDS)
  expect(target?.kind).toBe('command')
  if (target?.kind === 'command') parseFlags(rest, { ...GLOBAL_ARGS, ...target.args }, '')
})

it('docs/remote.md lists the commands that ask a server, and no other', async () => {
  const page = await readFile(new URL('../../docs/remote.md', import.meta.url), 'utf8')
  const section = /## What runs there\n([\s\S]*?)\n## /.exec(page)?.[1] ?? ''
  const firsts = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell)
  const named = firsts.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  // The name of a group stands for all commands below it.
  const meant = named.flatMap((name) => {
    const below = commands.filter(({ path }) => path === name || path.startsWith(`${name} `))
    expect(below, name).not.toEqual([])
    return below.map(({ path }) => path)
  })
  const isServed = ({ command: { remote } }: (typeof commands)[number]) => remote !== 'refused'
  expect(meant.toSorted()).toEqual(
    commands
      .filter(isServed)
      .map(({ path }) => path)
      .toSorted(),
  )
})
