import { DaybreakError } from '../errors.ts'

/**
 * Names of models so that each comes after those it reads.
 * @throws {DaybreakError} MODEL_INVALID for a circle, with the models in it.
 */
export function inOrder(reads: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const ordered: string[] = []
  const path: string[] = []
  const visit = (name: string): void => {
    if (ordered.includes(name)) return
    const start = path.indexOf(name)
    if (start !== -1) {
      const circle = [...path.slice(start), name].join(' reads ')
      throw new DaybreakError('MODEL_INVALID', `models read each other in a circle: ${circle}`)
    }
    path.push(name)
    for (const each of (reads.get(name) ?? []).toSorted()) if (reads.has(each)) visit(each)
    path.pop()
    ordered.push(name)
  }
  for (const name of [...reads.keys()].toSorted()) visit(name)
  return ordered
}
