import { parseArgs } from 'node:util'
import { DaybreakError } from '../functions/errors.ts'
import { didYouMean } from '../functions/lib/did-you-mean.ts'
import type { Arg, Args, Value } from './args.ts'
import type { Command, CommandGroup, Commands } from './command.ts'
import { GLOBAL_ARGS } from './options.ts'

/** Command that a command line names, and the rest of the line. */
export interface Found {
  readonly target: Command | CommandGroup | null
  /** Words of the command line that named the target. */
  readonly words: readonly string[]
  /** The rest of the command line: flags before and after the words, and positionals. */
  readonly rest: readonly string[]
}

/** Follows the words of the command line into the table of commands. @throws {DaybreakError} USAGE_INVALID. */
export async function findCommand(argv: readonly string[], commands: Commands): Promise<Found> {
  const at = firstWord(argv)
  const word = argv[at]
  if (word === undefined) return { target: null, words: [], rest: argv }
  const load = Object.hasOwn(commands, word) ? commands[word] : undefined
  if (!load) {
    throw usage(`There is no command "${word}".${didYouMean(word, Object.keys(commands))}`, 'daybreak --help')
  }
  const target = await load()
  const before = argv.slice(0, at)
  const after = argv.slice(at + 1)
  if (target.kind === 'command') return { target, words: [word], rest: [...before, ...after] }
  const found = await findCommand([...before, ...after], target.commands)
  return { ...found, target: found.target ?? target, words: [word, ...found.words] }
}

/** Index of the first word that is neither a flag nor the value of a global flag; -1 when there is none. */
function firstWord(argv: readonly string[]): number {
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? ''
    if (arg === '--') return -1
    if (!arg.startsWith('-') || arg === '-') return at
    if (takesValue(arg)) at++
  }
  return -1
}

function takesValue(flag: string): boolean {
  return Object.entries(GLOBAL_ARGS).some(
    ([name, arg]) =>
      arg.type !== 'boolean' && (flag === `--${name}` || aliases(arg).some((alias) => flag === `-${alias}`)),
  )
}

/**
 * Reads flags and positionals against the declarations. citty's own parser ignores unknown flags and reads `--no-input` as
 * the negation of `--input`, so the line is read by Node's parser, strictly.
 * @throws {DaybreakError} USAGE_INVALID for words that the declarations do not allow.
 */
export function parseFlags(rest: readonly string[], args: Args, help: string): Readonly<Record<string, Value>> {
  const flags = Object.entries(args).filter(([, arg]) => arg.type !== 'positional')
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(
      flags.flatMap(([name, arg]) => [name, ...longNames(arg)].map((each) => [each, nodeOption(arg)])),
    ),
    tokens: true,
    strict: false,
    allowPositionals: true,
  })
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const found = flags.find(([name, arg]) => name === token.name || longNames(arg).includes(token.name))
    if (!found) throw unknownFlag(token.rawName, flags, help)
    const [name, arg] = found
    given.set(name, [...(given.get(name) ?? []), flagValue(token, arg, help)])
  }
  const values = flags.map(([name, arg]) => [name, settle(name, arg, { given: given.get(name), help })])
  return Object.fromEntries([...values, ...settlePositionals(positionals, args, help)])
}

function nodeOption(arg: Arg): { type: 'boolean' | 'string'; short?: string } {
  const short = aliases(arg).find((alias) => alias.length === 1)
  return { type: arg.type === 'boolean' ? 'boolean' : 'string', ...(short ? { short } : {}) }
}

/** Other names of a flag that are words. */
function longNames(arg: Arg): readonly string[] {
  return aliases(arg).filter((alias) => alias.length > 1)
}

function aliases(arg: Arg): readonly string[] {
  const alias = 'alias' in arg ? arg.alias : undefined
  return alias === undefined ? [] : [alias].flat()
}

interface OptionToken {
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function flagValue({ rawName, value, inlineValue }: OptionToken, arg: Arg, help: string): string {
  if (arg.type === 'boolean') {
    if (value !== undefined) throw usage(`${rawName} takes no value, and was given "${value}"`, help)
    return 'true'
  }
  if (value === undefined || value === '') throw usage(`${rawName} needs a value`, help)
  if (!inlineValue && /^-./.test(value)) {
    throw usage(
      `${rawName} needs a value; "${value}" looks like a flag. If it is meant, write ${rawName}=${value}`,
      help,
    )
  }
  return value
}

function settle(name: string, arg: Arg, { given, help }: { given: string[] | undefined; help: string }): Value {
  if (arg.type === 'boolean') return given !== undefined
  if (arg.many) return list(name, given ?? [], help)
  const [value, second] = given ?? []
  if (second !== undefined && second !== value)
    throw usage(`--${name} was given twice: "${value}" and "${second}"`, help)
  if (value === undefined && arg.required) throw usage(`--${name} is required: ${arg.description ?? ''}`, help)
  if (value !== undefined && arg.type === 'enum') checkChoice(`--${name}`, value, { choices: arg.options ?? [], help })
  return value ?? arg.default
}

function list(name: string, given: readonly string[], help: string): readonly string[] {
  const values = given.flatMap((value) => value.split(',')).map((value) => value.trim())
  if (values.includes('')) throw usage(`--${name} is "${given.join(',')}", which has an empty element`, help)
  return [...new Set(values)]
}

function checkChoice(flag: string, value: string, { choices, help }: { choices: readonly string[]; help: string }) {
  if (choices.includes(value)) return
  throw usage(`${flag} is "${value}"; expected one of ${choices.join(', ')}.${didYouMean(value, choices)}`, help)
}

function settlePositionals(values: readonly string[], args: Args, help: string): [string, Value][] {
  const declared = Object.entries(args).filter(([, arg]) => arg.type === 'positional')
  const extra = values[declared.length]
  if (extra !== undefined && !declared.at(-1)?.[1].many) throw usage(`"${extra}" is one argument too many`, help)
  return declared.map(([name, arg], at) => {
    if (arg.many) return [name, values.slice(at)]
    const value = values[at] ?? arg.default
    if (value === undefined && arg.required !== false) {
      throw usage(`${name.toUpperCase()} is missing: ${arg.description ?? ''}`, help)
    }
    return [name, value]
  })
}

function unknownFlag(rawName: string, flags: readonly (readonly [string, Arg])[], help: string): DaybreakError {
  const meant = didYouMean(
    rawName,
    flags.flatMap(([name, arg]) => [name, ...longNames(arg)].map((each) => `--${each}`)),
  )
  return usage(`There is no flag ${rawName} here.${meant}`, help)
}

function usage(message: string, next: string): DaybreakError {
  return new DaybreakError('USAGE_INVALID', message.trim(), { details: { next } })
}
