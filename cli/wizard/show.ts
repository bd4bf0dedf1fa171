import { paint } from '../table.ts'

const MOST_CELLS = 4_000_000

/** Pure: YAML for people, keys and comments in colours where these are allowed. */
export function highlight(yaml: string, color: boolean): string {
  return yaml
    .split('\n')
    .map((line) => {
      const [, before = '', key = '', rest = ''] = /^(\s*(?:- )?)([^#:\s][^#:]*:)(?= |$)(.*)$/.exec(line) ?? []
      if (/^\s*#/.test(line)) return paint(line, 'dim', color)
      return key === '' ? line : `${before}${paint(key, 'good', color)}${rest}`
    })
    .join('\n')
}

/** Pure: the lines that go and come, each after `-` or `+`, with two lines around them. */
export function diffLines(before: string, after: string, color: boolean): string {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const edits = a.length * b.length > MOST_CELLS ? [...a.map(gone), ...b.map(come)] : editsOf(a, b)
  const near = edits.map((_, at) => edits.slice(Math.max(0, at - 2), at + 3).some(({ sign }) => sign !== ' '))
  return edits
    .flatMap(({ sign, line }, at) => (near[at] ? [paint(`${sign} ${line}`.trimEnd(), TONES[sign], color)] : []))
    .join('\n')
}

interface Edit {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
}

const TONES = { ' ': null, '-': 'bad', '+': 'good' } as const
const gone = (line: string): Edit => ({ sign: '-', line })
const come = (line: string): Edit => ({ sign: '+', line })

/** By the longest common subsequence of lines. */
function editsOf(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const width = b.length + 1
  const common = new Uint32Array((a.length + 1) * width)
  const at = (row: number, column: number) => common[row * width + column] ?? 0
  for (let row = a.length - 1; row >= 0; row--)
    for (let column = b.length - 1; column >= 0; column--)
      common[row * width + column] =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
  const edits: Edit[] = []
  let [row, column] = [0, 0]
  while (row < a.length || column < b.length) {
    const [left, right] = [a[row], b[column]]
    if (left !== undefined && left === right) {
      edits.push({ sign: ' ', line: left })
      row++
      column++
    } else if (left !== undefined && (right === undefined || at(row + 1, column) >= at(row, column + 1))) {
      edits.push(gone(left))
      row++
    } else {
      edits.push(come(right ?? ''))
      column++
    }
  }
  return edits
}
