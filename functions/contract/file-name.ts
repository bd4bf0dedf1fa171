/** A name of a file, with at most one `*` for the part that differs from location to location. */
export const FILE_NAME = /^(?=[^*]*\*?[^*]*$)[A-Za-z0-9_][A-Za-z0-9_.*-]*$/

/** Characters that `*` in a contract's `file` matches: letters, digits, `_`, `.` and `-`, at least one of them. */
const ANY = '[A-Za-z0-9_.-]+'

/** True when files of different names are the same stream. */
export function isPattern(file: string): boolean {
  return file.includes('*')
}

/** True when a file of this name is one of those that a contract's `file` names. */
export function matchesFile(file: string, name: string): boolean {
  if (!isPattern(file)) return file === name
  const [before = '', after = ''] = file.split('*').map((part) => part.replaceAll('.', '\\.'))
  return new RegExp(`^${before}${ANY}${after}$`).test(name)
}

/** True when one name could be a file of both. */
export function mayShareFile(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  return a === b || matchesFile(a, b.replace('*', 'x')) || matchesFile(b, a.replace('*', 'x'))
}

/** Names that a folder can be asked for, however many files it has: a pattern is none. */
export function namedFiles(contracts: readonly { readonly file?: string | undefined }[]): readonly string[] {
  return contracts.flatMap(({ file }) => (file === undefined || isPattern(file) ? [] : [file]))
}

interface Named {
  readonly name: string
  readonly modifiedAt: number
}

/** The file of a contract in a folder: of several that a pattern names the newest, then the last by name. */
export function chooseFile<File extends Named>(file: string, listed: Iterable<File>): File | null {
  const found = [...listed].filter(({ name }) => matchesFile(file, name))
  const [newest = null] = found.toSorted((a, b) => b.modifiedAt - a.modifiedAt || (a.name < b.name ? 1 : -1))
  return newest
}
