import type { Column } from '../../contract/contract.ts'
import { formatsOf } from '../../contract/format.ts'
import { numericPrecision } from '../../contract/sql-type.ts'

/** Why a text is no value of its column: a pattern for the whole text, of RE2 and JavaScript alike, and what is wrong then. */
export interface Cause {
  readonly pattern: string
  readonly problem: string
}

/** The value that a column expects, and the possible causes of a refused text. */
export interface Expectation {
  /** As in `expected a whole number`. */
  readonly expected: string
  /** Matches a text up to its first character that no such value has; it goes before the causes. */
  readonly usual: string
  /** In this order; the first one that matches is named. */
  readonly causes: readonly Cause[]
}

const SIGN: Cause = {
  pattern: '.*[()].*|.*[-+]|.*[-+$][-+].*|[^eE]*[0-9.,][-+].*',
  problem: 'its sign is not one - or + at the beginning',
}
const COMMA: Cause = { pattern: '.*,.*', problem: 'its comma does not stand before three digits, as in 1,020.00' }
const VISIBLE = '[!-~]*'

/** Expectation of a column that a refused text is compared with. @throws {DaybreakError} CONFIG_INVALID. */
export function expectationOf(column: Column): Expectation {
  switch (column.type) {
    case 'string':
      return { expected: `text like \`${column.pattern ?? ''}\``, usual: VISIBLE, causes: [SPREADSHEET] }
    case 'int64':
      return { expected: 'a whole number', usual: VISIBLE, causes: INT64 }
    case 'numeric':
      return { expected: 'a number', usual: VISIBLE, causes: numericCauses(column.scale) }
    case 'float64':
      return { expected: 'a number', usual: VISIBLE, causes: [SIGN, COMMA] }
    case 'bool':
      return { expected: 'true or false', usual: VISIBLE, causes: [] }
    case 'date':
    case 'time':
    case 'datetime':
      return datedExpectation(column)
  }
}

/** How a spreadsheet writes a long id. */
export const SPREADSHEET: Cause = {
  pattern: '[-+]?[0-9]+(?:[.,][0-9]*)?[eE][+]?[0-9]+',
  problem: 'it is in scientific notation, as a spreadsheet writes long ids',
}

const INT64: readonly Cause[] = [
  { pattern: '[+][0-9]+', problem: 'it has a +' },
  SIGN,
  { pattern: '.*,.*', problem: 'it has a comma' },
  { pattern: '-?[0-9]+[.][0-9]+', problem: 'it has decimal places' },
  { pattern: '[-+]?[0-9.]+[eE][-+]?[0-9]+', problem: 'it is in scientific notation' },
  { pattern: '-?[0-9]{19,}[.]?0*', problem: 'it has more digits than 64 bits hold' },
]

function numericCauses(scale: number): readonly Cause[] {
  const whole = numericPrecision(scale) - scale
  return [
    SIGN,
    {
      pattern: `[-+]?[$]?0*[1-9][0-9,]{${whole},}(?:[.][0-9]*)?`,
      problem: `it has more than ${whole} digits before the point`,
    },
    COMMA,
    {
      pattern: '[-+]?[0-9.]+[eE][-+]?[0-9]+',
      problem: `written without E it has more than ${scale} decimal places or ${whole} digits before the point`,
    },
    { pattern: `[-+]?[$]?[0-9]*[.][0-9]{${scale + 1},}`, problem: `it has more than ${scale} decimal places` },
  ]
}

function datedExpectation(column: Column): Expectation {
  const { type, format } = column
  const formats = typeof format === 'string' ? [format] : format
  const shapes = formatsOf(column).map(({ regex }) => `(?:${regex})`)
  return {
    expected: formats ? `a ${type} as ${formats.map((each) => `\`${each}\``).join(' or ')}` : `a ${type}`,
    usual: '[ -~]*',
    causes: [
      { pattern: ' .*|.* ', problem: 'a blank stands before or after it' },
      { pattern: shapes.join('|'), problem: 'there is no such day or time' },
      { pattern: '.*  .*', problem: 'two blanks stand together in it' },
    ],
  }
}
