import { DaybreakError } from '../errors.ts'

/** One thing that is wrong in a YAML file, at the place where it is wrong. */
export interface Problem {
  /** As the reader of the message would name it: relative to the project. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number
  readonly code: 'CONFIG_INVALID' | 'CONFIG_MISSING' | 'EXPRESSION_INVALID'
  readonly message: string
}

/** Maximum number of printed problems per file. More than that usually have one cause. */
const SHOWN_PER_FILE = 30

/** `file:line:column message`, which editors and terminals make a link. */
export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column} ${message}`
}

/**
 * All problems as one error, with their code when they share one, otherwise CONFIG_INVALID. Its message has one line per
 * problem, in the order of the files.
 */
export function problemsError(problems: readonly Problem[]): DaybreakError {
  const [code = 'CONFIG_INVALID', another] = new Set(problems.map((problem) => problem.code))
  const sorted = problems.toSorted((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column)
  const lines = [...Map.groupBy(sorted, ({ file }) => file).values()].flatMap(formatFile)
  const [first] = sorted
  const details = { problems: problems.length, ...(first ? { file: first.file, line: first.line } : {}) }
  return new DaybreakError(another === undefined ? code : 'CONFIG_INVALID', lines.join('\n'), { details })
}

function formatFile(problems: readonly Problem[]): readonly string[] {
  const lines = [...new Set(problems.map(formatProblem))]
  const hidden = lines.length - SHOWN_PER_FILE
  return hidden > 0 ? [...lines.slice(0, SHOWN_PER_FILE), `${problems[0]?.file}: and ${hidden} more`] : lines
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
