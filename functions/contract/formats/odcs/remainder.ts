/** An object of JSON or YAML. */
export type Members = Readonly<Record<string, unknown>>

/** True for an object that is no list. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lists of these keys hold objects that are told apart by a member. */
const KEYS: Readonly<Record<string, string>> = { schema: 'name', properties: 'name', customProperties: 'property' }

/** Members of a document that what is written anew does not have, or has otherwise. Null when there are none. */
export function remainderOf(original: Members, written: Members): Members | null {
  const left = Object.entries(original).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    const rest = remaining(value, written[key], KEYS[key])
    return rest === undefined ? [] : [[key, rest]]
  })
  return left.length === 0 ? null : Object.fromEntries(left)
}

function remaining(original: unknown, written: unknown, key: string | undefined): unknown {
  if (isMembers(original) && isMembers(written)) return remainderOf(original, written) ?? undefined
  if (key !== undefined && Array.isArray(original) && Array.isArray(written)) return remainingOf(original, written, key)
  return isEqual(original, written) ? undefined : original
}

/** Each object keeps its key, so that it finds its place again. */
function remainingOf(original: readonly unknown[], written: readonly unknown[], key: string): unknown {
  const left = original.flatMap((each) => {
    const other = written.find((one) => isMembers(one) && isMembers(each) && one[key] === each[key])
    if (!isMembers(each) || !isMembers(other)) return [each]
    const rest = remainderOf(each, other)
    return rest ? [{ [key]: each[key], ...rest }] : []
  })
  return left.length === 0 ? undefined : left
}

/** A document written anew, joined with the remainder of the one that it came from. The remainder wins. */
export function withRemainder(written: Members, remainder: Members): Members {
  const added = Object.entries(remainder).map(([key, value]) => [key, joined(written[key], value, KEYS[key])] as const)
  return { ...written, ...Object.fromEntries(added) }
}

function joined(written: unknown, rest: unknown, key: string | undefined): unknown {
  if (isMembers(written) && isMembers(rest)) return withRemainder(written, rest)
  if (key === undefined || !Array.isArray(written) || !Array.isArray(rest)) return rest
  const known = written.map((one: unknown) => {
    const other = rest.find((each: unknown) => isMembers(each) && isMembers(one) && each[key] === one[key])
    return isMembers(one) && isMembers(other) ? withRemainder(one, other) : one
  })
  const names = new Set(written.map((one: unknown) => (isMembers(one) ? one[key] : one)))
  // A column or table that the contract no longer has is not written; other members stay.
  const others = key === 'property' ? rest.filter((each: unknown) => !isMembers(each) || !names.has(each[key])) : []
  return [...known, ...others]
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
