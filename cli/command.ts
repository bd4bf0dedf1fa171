import type { Args, Value, Values } from './args.ts'
import type { Context } from './context.ts'
import type { Options } from './options.ts'
import type { Output } from './output.ts'

/** One call of a command. */
export interface Call<V = Readonly<Record<string, Value>>> {
  readonly args: V
  readonly options: Options
  readonly context: Context
  readonly output: Output
}

/** `served`: asks the API. `ignored`: needs no project. `refused`: works on the project alone. */
export type Remote = 'served' | 'ignored' | 'refused'

interface Definition<A extends Args> {
  /** As it is typed after `daybreak`, e.g. `rejects list`. */
  readonly name: string
  readonly description: string
  readonly args?: A
  /** How it takes `--remote`. Default: it works on the project, and refuses. */
  readonly remote?: Remote
  /** Lines to paste, shown by --help and in docs/reference/cli.md. */
  readonly examples?: readonly string[]
  /** The exit code; 0 when nothing is returned. Throws a DaybreakError for each failure. */
  run(call: Call<Values<A>>): Promise<number> | Promise<void>
}

/** Command with its arguments and help. */
export interface Command {
  readonly kind: 'command'
  readonly name: string
  readonly description: string
  readonly args: Args
  readonly examples: readonly string[]
  readonly remote: Remote
  run(call: Call): Promise<number> | Promise<void>
}

/** Commands below one word. */
export interface CommandGroup {
  readonly kind: 'group'
  readonly name: string
  readonly description: string
  readonly commands: Commands
}

/** Names to what they load: a command costs nothing until it is called. */
export type Commands = Readonly<Record<string, () => Promise<Command | CommandGroup>>>

/** Declares a command: parsing, types, help, completion and reference all read this one object. */
export function command<const A extends Args>(definition: Definition<A>): Command {
  const { name, description, args = {}, examples = [], remote = 'refused' } = definition
  return { kind: 'command', name, description, args, examples, remote, run: definition.run }
}

/** Declares commands that share a noun: `daybreak runs list`. */
export function group(definition: Omit<CommandGroup, 'kind'>): CommandGroup {
  return { kind: 'group', ...definition }
}
