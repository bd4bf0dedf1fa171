/** One piece of a pattern that JavaScript and RE2, which both engines use, read alike. */
const PIECES: readonly RegExp[] = [
  /^[A-Za-z0-9 _:,/#@%&=!~;'"<>-]/,
  /^\\[dw.\\+*?()[\]{}|/^$-]/,
  /^\[(?:[A-Za-z0-9 _:,/#@%&=!~;'"<>.+*?(){}|$]|\\[dw\\\]^-]|-)+\]/,
  /^\((?:\?:|(?!\?))/,
  /^[)|*+?]/,
  /^\{[0-9]{1,3}(?:,[0-9]{0,3})?\}/,
]

/** Problem of a pattern of a contract; null when both engines can use it. */
export function patternProblem(pattern: string): string | null {
  for (let rest = pattern; rest !== ''; ) {
    const piece = PIECES.map((each) => each.exec(rest)?.[0]).find((found) => found !== undefined)
    if (piece === undefined)
      return `\`${rest.slice(0, 10)}\` cannot stand in a pattern; letters, digits, classes, groups, \`|\` and counts can`
    rest = rest.slice(piece.length)
  }
  try {
    wholeText(pattern)
    return null
  } catch {
    return `\`${pattern}\` is no regular expression`
  }
}

/** A pattern as an expression of JavaScript that a whole text must match. @throws {SyntaxError} for what is none. */
export function wholeText(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u')
}
