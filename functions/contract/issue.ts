import { DaybreakError } from '../errors.ts'

/** Something wrong in a YAML that no schema can say, and where: keys and indexes from the root of the contract. */
export interface Issue {
  readonly path: readonly (string | number)[]
  readonly message: string
  /** Present for an expression that is wrong. */
  readonly code?: 'EXPRESSION_INVALID'
}

/** Moves an issue below a place. */
export function under(path: Issue['path']): (issue: Issue) => Issue {
  return (issue) => ({ ...issue, path: [...path, ...issue.path] })
}

/** The issue at a place when the work throws a DaybreakError; its message is the issue's. Anything else is a defect. */
export function issueOf(path: Issue['path'], work: () => unknown): readonly Issue[] {
  try {
    work()
    return []
  } catch (error) {
    if (!(error instanceof DaybreakError)) throw error
    const { code, message } = error
    return [{ path, message, ...(code === 'EXPRESSION_INVALID' && { code }) }]
  }
}
