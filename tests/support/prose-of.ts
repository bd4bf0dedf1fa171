/** One line of text that people read, with its place. */
export interface ProseLine {
  readonly line: number
  readonly text: string
}

// Comments, then the three kinds of strings. A regular expression with a quote in it confuses at most its own line.
const PROSE = /\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g

/** Comments and strings of a TypeScript source, line by line. Paths of imports are left out. */
export function proseOfSource(source: string): readonly ProseLine[] {
  return [...source.matchAll(PROSE)].flatMap((found) => {
    const before = source.slice(0, found.index)
    if (/(?:from|import\()\s*$/.test(before)) return []
    const first = before.split('\n').length
    return found[0].split('\n').map((text, at) => ({ line: first + at, text: text.trim() }))
  })
}

/** Every line of a page, a YAML file or a script. */
export function linesOf(text: string): readonly ProseLine[] {
  return text.split('\n').map((line, at) => ({ line: at + 1, text: line.trim() }))
}
