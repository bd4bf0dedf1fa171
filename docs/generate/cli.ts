import type { Arg } from '../../cli/args.ts'
import type { Command, CommandGroup } from '../../cli/command.ts'
import { ROOT } from '../../cli/main.ts'
import { GLOBAL_ARGS } from '../../cli/options.ts'
import { code, page, table } from './markdown.ts'

const INTRO = `stdout is the result, stderr is progress and logs. A flag wins over its variable (\`--output\` over \`DAYBREAK_OUTPUT\`), and that over
the default. \`NO_COLOR\`, \`CI\` and \`TERM=dumb\` switch colours off. Ctrl-C once cancels cleanly, twice leaves.

Exit codes: 0 ok; 1 the run failed; 2 usage or configuration; 3 data: a blocking check, a held file, a disputed day, or it did not reconcile; 4 contract drift;
5 incomplete: slices late or missing; 130 and 143 ended by a signal.`

/** docs/reference/cli.md: every command, from the objects that parse it. */
export async function cliPage(): Promise<string> {
  const commands = await commandsOf(ROOT)
  return [
    page('Command line', INTRO, 'cli/commands'),
    '## Flags of every command\n',
    argTable(GLOBAL_ARGS),
    '',
    ...commands.map(describe),
  ].join('\n')
}

async function commandsOf(target: Command | CommandGroup): Promise<readonly Command[]> {
  if (target.kind === 'command') return [target]
  const children = await Promise.all(Object.values(target.commands).map((load) => load()))
  return (await Promise.all(children.map(commandsOf))).flat()
}

function describe({ name, description, args, examples }: Command): string {
  const positionals = Object.entries(args).filter(([, arg]) => arg.type === 'positional')
  const words = positionals.map(([word, arg]) => positional(word.toUpperCase(), arg))
  const usage = [
    'daybreak',
    name,
    ...words,
    ...(Object.keys(args).length > positionals.length ? ['[flags]'] : []),
  ].join(' ')
  const lines = examples.length > 0 ? `\n\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n` : ''
  return `## ${name}\n\n${description}\n\n    ${usage}\n${Object.keys(args).length > 0 ? `\n${argTable(args)}\n` : ''}${lines}`
}

function positional(word: string, arg: Arg): string {
  if (arg.many) return `${word}...`
  return arg.required === false || arg.default !== undefined ? `[${word}]` : word
}

function argTable(args: Readonly<Record<string, Arg>>): string {
  return table(
    ['argument', 'default', 'meaning'],
    Object.entries(args).map(([name, arg]) => [code(written(name, arg)), defaultOf(arg), arg.description ?? '']),
  )
}

function written(name: string, arg: Arg): string {
  if (arg.type === 'positional') return name.toUpperCase()
  const short = [('alias' in arg ? arg.alias : undefined) ?? []]
    .flat()
    .map((alias) => `${alias.length === 1 ? '-' : '--'}${alias}, `)
    .join('')
  if (arg.type === 'boolean') return `${short}--${name}`
  const hint = arg.type === 'enum' ? (arg.options ?? []).join('|') : (arg.valueHint ?? 'TEXT')
  return `${short}--${name} ${hint}${arg.many ? ',...' : ''}`
}

function defaultOf(arg: Arg): string {
  if (arg.default !== undefined) return code(String(arg.default))
  return arg.required && arg.type !== 'positional' ? '*required*' : ''
}
