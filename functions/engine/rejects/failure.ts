import type { Column, UniqueCheck } from '../../contract/contract.ts'
import { characterName, type FoundCharacter } from '../characters.ts'
import { LONGEST_KEY } from '../duckdb/text-column.ts'
import type { RowRule } from '../rule.ts'
import { type Expectation, expectationOf } from './cause.ts'
import type { RecordFault } from './plan.ts'

/** One thing that is wrong with a record. The texts are part of what rejects promise: every engine takes them from here. */
export interface Failure {
  readonly column: string | null
  readonly rule: string
  readonly message: string
}

/** Longest raw text that a reject carries, in characters; the rest is found by its byte range. */
export const LONGEST_RAW = 100_000
/** Longest value that a reject carries, in characters. */
export const LONGEST_VALUE = 2_000

/** A record that is no row at all. `found` is the number of its fields, which only `field_count` tells. */
export function faultFailure(
  fault: Exclude<RecordFault, 'swallowed_lines'>,
  { width, found }: { readonly width: number; readonly found: number | string },
): Failure {
  const messages: Record<typeof fault, string> = {
    field_count: `expected ${width} fields, found ${found}`,
    quotes: 'a quote is opened or closed in the middle of a field',
    encoding: 'it holds bytes that are no characters in the encoding of the file',
    nul: 'it holds NUL bytes',
    too_long: 'it is longer than any record should be',
  }
  return { column: null, rule: fault, message: messages[fault] }
}

/** A record whose quote closes some rows too late. `column` is the one whose field holds them, if the contract knows it. */
export function swallowedFailure(column: string | null, lines: number | string): Failure {
  const message = `this field swallows ${lines} lines that look like rows: a quote opens in it and does not close where it should`
  return { column, rule: 'swallowed_lines', message }
}

/** A required value that is not there. */
export function emptyFailure({ name }: Column): Failure {
  return { column: name, rule: 'required', message: `${name} is empty, but required` }
}

/** The rule that a value breaks which is none of its column. */
export const typeRule = ({ type, pattern }: Column): string => (pattern === undefined ? type : 'pattern')

/** A value that is none of its column, with the first thing that is wrong with it. */
export function typeFailure(column: Column, text: string): Failure {
  const expectation = expectationOf(column)
  const message = expectedBut(expectation, problemOf(expectation, text))
  return { column: column.name, rule: typeRule(column), message }
}

/** `expected a number, but it has a comma`. */
export function expectedBut({ expected }: Expectation, problem: string | null): string {
  return `expected ${expected}${problem === null ? '' : `, but ${problem}`}`
}

function problemOf({ usual, causes }: Expectation, text: string): string | null {
  const [before = ''] = new RegExp(`^${usual}`).exec(text) ?? []
  const odd = text.codePointAt(before.length)
  if (odd !== undefined) return characterProblem({ code: odd, place: before.length + 1 })
  return causes.find(({ pattern }) => new RegExp(`^(?:${pattern})$`).test(text))?.problem ?? null
}

const characterProblem = ({ code, place }: FoundCharacter): string => `character ${place} is ${characterName(code)}`

/** How the message about such a character begins. */
export const CHARACTERS_EXPECTED = 'expected text without control or invisible characters, but '

/** A text with a character that its column must not hold. */
export function characterFailure({ name }: Column, found: FoundCharacter): Failure {
  return { column: name, rule: 'control_character', message: `${CHARACTERS_EXPECTED}${characterProblem(found)}` }
}

/** A value of the key that is too long for one. */
export function longKeyFailure({ name }: Column): Failure {
  return { column: name, rule: 'too_long', message: `${name} is part of the key, but longer than ${LONGEST_KEY} bytes` }
}

/** A row that breaks a check of single rows. */
export function checkFailure({ check, columns }: Pick<RowRule & { kind: 'check' }, 'check' | 'columns'>): Failure {
  const [only, ...others] = columns
  const tolerance = check.within > 0 ? ` (within ${check.within})` : ''
  return {
    column: others.length === 0 && only ? only : null,
    rule: check.name,
    message: `expected ${check.that}${tolerance}`,
  }
}

/** A row whose key an earlier one has. */
export function uniqueFailure({ name, unique }: UniqueCheck): Failure {
  return { column: unique[0] ?? null, rule: name, message: `an earlier row has the same ${unique.join(' + ')}` }
}
