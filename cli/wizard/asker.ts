import type { Readable, Writable } from 'node:stream'
import { DaybreakError } from '../../functions/errors.ts'
import type { Context } from '../context.ts'

/** An answer to choose. */
export interface Choice<Value extends string = string> {
  readonly value: Value
  readonly label: string
  /** Shown behind the label while it is the one to be chosen. */
  readonly hint?: string
}

interface Question {
  /** The flag that answers it, as it is typed. */
  readonly flag: string
  readonly message: string
}

/** Asks a person, or names the flags that would have answered. */
export interface Asker {
  readonly isInteractive: boolean
  choose<Value extends string>(
    question: Question & { readonly choices: readonly Choice<Value>[]; readonly otherwise?: Value },
  ): Promise<Value>
  chooseMany(
    question: Question & { readonly choices: readonly Choice[]; readonly otherwise?: readonly string[] },
  ): Promise<readonly string[]>
  text(
    question: Question & { readonly otherwise?: string; readonly problem?: (text: string) => string | null },
  ): Promise<string>
  /** Text that is not shown. */
  hidden(question: Question): Promise<string>
  /** Says a fact between the questions. */
  say(text: string): void
}

/** Ctrl-C at a question. */
export class Left extends Error {}

/** Asks nothing: an open question without a default is an error that names its flag. */
export function silentAsker(): Asker {
  const answer = <Value>({ flag, message }: Question, otherwise: Value | undefined): Value => {
    if (otherwise !== undefined) return otherwise
    throw missingFlags([`${flag} (${message})`])
  }
  return {
    isInteractive: false,
    choose: async (question) => answer(question, question.otherwise),
    chooseMany: async (question) => answer(question, question.otherwise),
    text: async (question) => answer(question, question.otherwise),
    hidden: async (question) => answer<string>(question, undefined),
    say: () => undefined,
  }
}

/** Says which flags would have answered. */
export function missingFlags(flags: readonly string[]): DaybreakError {
  return new DaybreakError(
    'USAGE_INVALID',
    `nothing may be asked here, and these flags are missing: ${flags.join('; ')}; expected each of them, or a terminal without --no-input`,
    { details: { next: 'daybreak init --help' } },
  )
}

/** Asks on a terminal, on stderr: stdout is for results. @throws {Left} at Ctrl-C. */
export async function terminalAsker({
  stdin,
  stderr,
  signal,
}: Pick<Context, 'stdin' | 'stderr' | 'signal'>): Promise<Asker> {
  const clack = await import('@clack/prompts')
  const streams: { input: Readable; output: Writable; signal: AbortSignal } = { input: stdin, output: stderr, signal }
  const answered = <Value>(value: Value | typeof clack.CANCEL_SYMBOL): Value => {
    if (clack.isCancel(value)) throw new Left('left at a question')
    return value
  }
  return {
    isInteractive: true,
    async choose({ message, choices, otherwise }) {
      const first = otherwise ?? choices[0]?.value
      const ids = choices.map(({ value, label, hint }) => ({ value: value as string, label, ...(hint && { hint }) }))
      const initial = first === undefined ? {} : { initialValue: first as string }
      const chosen = answered(
        await clack.select<string>({ ...streams, message, options: ids, ...initial, maxItems: 12 }),
      )
      const found = choices.find(({ value }) => value === chosen)
      if (found) return found.value
      throw new Left('no choice')
    },
    async chooseMany({ message, choices, otherwise = [] }) {
      const options = choices.map(({ value, label, hint }) => ({ value, label, ...(hint && { hint }) }))
      const initialValues = [...otherwise]
      return answered(
        await clack.multiselect<string>({ ...streams, message, options, initialValues, required: false, maxItems: 12 }),
      )
    },
    async text({ message, otherwise = '', problem = () => null }) {
      const validate = (text: string | undefined) => problem(text || otherwise) ?? undefined
      const placeholder = otherwise === '' ? {} : { placeholder: otherwise, defaultValue: otherwise }
      return answered(await clack.text({ ...streams, message, ...placeholder, validate })) || otherwise
    },
    hidden: async ({ message }) => answered(await clack.password({ ...streams, message })),
    say: (text) => clack.log.message(text, { output: stderr }),
  }
}
