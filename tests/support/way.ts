import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The way that a reader takes from a function through all that it calls below a folder. */
interface Way {
  /** Files in the order in which one reads on in them; a file stands again each time one comes back to it. */
  readonly stays: readonly string[]
  readonly rooms: number
  readonly returns: number
}

interface Source {
  /** Text of each function of the file, by name. */
  readonly functions: ReadonlyMap<string, string>
  /** File that each imported name comes from. */
  readonly imports: ReadonlyMap<string, string>
}

/**
 * Follows the calls of a function in the order in which they are written, into functions of files below `root`, each function once.
 * A reader stays in a file until the next function lies in another one.
 */
export function wayFrom(file: string, name: string, root: string): Way {
  const sources = new Map<string, Source>()
  const seen = new Set<string>()
  const stays: string[] = []
  const read = (path: string): Source => {
    const known = sources.get(path) ?? parse(path)
    sources.set(path, known)
    return known
  }
  const visit = (path: string, called: string): void => {
    const { functions, imports } = read(path)
    const text = functions.get(called)
    if (text === undefined || seen.has(`${path} ${called}`)) return
    seen.add(`${path} ${called}`)
    if (stays.at(-1) !== path) stays.push(path)
    for (const [, next = ''] of text.matchAll(/(?<![.\w])([A-Za-z]\w*)\(/g)) {
      const from = functions.has(next) ? path : imports.get(next)
      if (from?.startsWith(root)) visit(from, next)
    }
  }
  visit(file, name)
  const rooms = new Set(stays).size
  return { stays, rooms, returns: stays.length - rooms }
}

// The formatter ends a function with a bracket alone on its line, and puts a blank line after a short constant.
const FUNCTION =
  /^(?:export )?(?:async )?(?:function\*? (\w+)[\s\S]*?^\}$|const (\w+) = (?:async )?\([\s\S]*?(?=\n\n|$(?![\s\S])))/gm
const IMPORT = /^import \{([^}]*)\} from '(\.[^']+)'$/gm

function parse(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const functions = [...text.matchAll(FUNCTION)].map(([all, a, b]) => [a ?? b ?? '', bodyOf(all)] as const)
  const imports = [...text.matchAll(IMPORT)].flatMap(([, names = '', from = '']) =>
    names.split(',').map((each) => [each.trim(), join(dirname(path), from)] as const),
  )
  return { functions: new Map(functions), imports: new Map(imports) }
}

/** Without comments, strings and the name of the function itself. */
function bodyOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replace(/^.*?\(/, '(')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")
}
