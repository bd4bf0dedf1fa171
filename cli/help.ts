import { stripVTControlCharacters } from 'node:util'
import { type ArgsDef, type CommandDef, renderUsage } from 'citty'
import type { Command, CommandGroup } from './command.ts'
import { GLOBAL_ARGS } from './options.ts'

const GLOBAL_HINT = `FLAGS OF EVERY COMMAND

  ${Object.entries(GLOBAL_ARGS)
    .map(([name, arg]) => ('alias' in arg ? `-${arg.alias}/--${name}` : `--${name}`))
    .join(', ')}
  \`daybreak --help\` says what they do.
`

/** The help of a command or group: usage, arguments, flags, examples. */
export async function renderHelp(target: Command | CommandGroup, color: boolean): Promise<string> {
  const usage = await renderUsage(toCitty(target))
  const examples = target.kind === 'command' && target.examples.length > 0 ? exampleLines(target.examples) : ''
  const text = `${withShortUsage(usage, target).trimEnd().replaceAll(/ +$/gm, '')}\n\n${examples}${target.name === '' ? '' : GLOBAL_HINT}`
  // citty decides about colours when it is loaded, from the environment alone; here the flags and the terminal count too.
  return color ? text : stripVTControlCharacters(text)
}

/** citty writes all commands into the usage line, which is the list that follows once more. */
function withShortUsage(usage: string, target: Command | CommandGroup): string {
  if (target.kind === 'command') return usage
  return usage.replace(Object.keys(target.commands).join('|'), '<command>')
}

function exampleLines(examples: readonly string[]): string {
  return `EXAMPLES\n\n${examples.map((example) => `  ${example}\n`).join('')}\n`
}

/** The command as citty declares one. */
function toCitty(target: Command | CommandGroup): CommandDef {
  const meta = { name: `daybreak ${target.name}`.trim(), description: target.description }
  if (target.kind === 'command') return { meta, args: cittyArgs(target.args) }
  const load = Object.entries(target.commands).map(([name, each]) => [name, async () => toCitty(await each())] as const)
  return { meta, args: target.name === '' ? cittyArgs(GLOBAL_ARGS) : {}, subCommands: Object.fromEntries(load) }
}

function cittyArgs(args: Command['args']): ArgsDef {
  return Object.fromEntries(Object.entries(args).map(([name, { many: _, ...arg }]) => [name, arg]))
}
