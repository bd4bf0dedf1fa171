import { posix } from 'node:path'

/** Pure: a link from one page to another, so that a catalog can be moved as a folder. */
export function relativePath(from: string, to: string): string {
  return posix.relative(posix.dirname(from), to)
}
