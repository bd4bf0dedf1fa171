import { isDeepStrictEqual } from 'node:util'
import type { FinalState } from '../support/world.ts'

/**
 * In which members two final states differ, with the lines that only one of them has. Nothing is allowed to differ: what
 * may, as times, ids, versions, manifest numbers and epochs, is not in a final state.
 */
export function differences(actual: FinalState, expected: FinalState): readonly string[] {
  return [...new Set([...Object.keys(actual), ...Object.keys(expected)])].flatMap((member) => {
    const [is, should] = [Reflect.get(actual, member), Reflect.get(expected, member)]
    if (isDeepStrictEqual(is, should)) return []
    return [`${member}: ${only(is, should).map((line) => `+${line}`)} ${only(should, is).map((line) => `-${line}`)}`]
  })
}

/** Entries of these that those do not have, cut down to where they part from the likeliest of those. */
function only(these: unknown, those: unknown): readonly string[] {
  const others = entriesOf(those)
  return entriesOf(these)
    .filter((entry) => !others.some((other) => isDeepStrictEqual(entry, other)))
    .map((entry) => {
      const text = JSON.stringify(entry)
      const from = Math.max(0, ...others.map((other) => commonLength(text, JSON.stringify(other))))
      return `${text.slice(0, 80)}...${text.slice(Math.max(80, from - 40), from + 300)}`
    })
}

function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : Object.entries(Object(value))
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
