import type { ArgDef } from 'citty'

/** A flag or positional in citty's words; `many` takes `a,b` and repetition, and gives a list. */
export type Arg = ArgDef & { readonly many?: boolean }

/** Arguments of a command, by name. */
export type Args = Readonly<Record<string, Arg>>

type Absent<A> = A extends { required: true } | { default: string } ? never : undefined

type Positional<A> = A extends { required: false } ? string | undefined : string

type Given<A> = A extends { type: 'boolean' }
  ? boolean
  : A extends { many: true }
    ? readonly string[]
    : A extends { type: 'positional' }
      ? Positional<A>
      : A extends { type: 'enum'; options: readonly (infer Option)[] }
        ? Option | Absent<A>
        : string | Absent<A>

/** Values of the declared arguments: text, a boolean, or a list for `many`. */
export type Values<A extends Args> = { readonly [Name in keyof A]: Given<A[Name]> }

/** Value of an argument on the command line. */
export type Value = string | boolean | readonly string[] | undefined
