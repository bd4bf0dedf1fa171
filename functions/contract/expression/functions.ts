import type { ColumnType } from '../contract.ts'

/** A function of the expression language whose types are fixed. */
interface FunctionEntry {
  readonly parameters: readonly (readonly [name: string, type: ColumnType])[]
  readonly result: ColumnType
  readonly meaning: string
}

const ofText = (result: ColumnType, meaning: string): FunctionEntry => ({
  parameters: [['text', 'string']],
  result,
  meaning,
})
const twoTexts = (meaning: string): FunctionEntry => ({
  parameters: [
    ['text', 'string'],
    ['part', 'string'],
  ],
  result: 'bool',
  meaning,
})
const elapsed = (meaning: string): FunctionEntry => ({
  parameters: [
    ['from', 'datetime'],
    ['to', 'datetime'],
  ],
  result: 'int64',
  meaning,
})

/** Every function with fixed types; each dialect writes all of them. Those whose type follows their arguments are in the compiler. */
export const FUNCTIONS = {
  lower: ofText('string', 'In lower case.'),
  upper: ofText('string', 'In upper case.'),
  trim: ofText('string', 'Without spaces at both ends.'),
  length: ofText('int64', 'Number of code points.'),
  starts_with: twoTexts('Whether the text starts with the part.'),
  ends_with: twoTexts('Whether the text ends with the part.'),
  contains: twoTexts('Whether the part occurs in the text.'),
  hour: {
    parameters: [['at', 'datetime']],
    result: 'int64',
    meaning: 'Hour of the local day, 0 to 23.',
  },
  datetime: {
    parameters: [
      ['day', 'date'],
      ['at', 'time'],
    ],
    result: 'datetime',
    meaning: 'A day and a time of day together.',
  },
  add_days: {
    parameters: [
      ['day', 'date'],
      ['days', 'int64'],
    ],
    result: 'date',
    meaning: 'The date plus a number of days, which may be negative; null outside of the years 1 to 9999.',
  },
  days_between: {
    parameters: [
      ['from', 'date'],
      ['to', 'date'],
    ],
    result: 'int64',
    meaning: 'Days from the first to the second; negative when the second is earlier.',
  },
  minutes_between: elapsed('Whole minutes from the first to the second, cut towards zero.'),
  seconds_between: elapsed('Whole seconds from the first to the second, cut towards zero.'),
} as const satisfies Readonly<Record<string, FunctionEntry>>

/** Name of a function with fixed types. */
export type FunctionName = keyof typeof FUNCTIONS

/** True for the name of a function in `FUNCTIONS`. */
export const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name)
