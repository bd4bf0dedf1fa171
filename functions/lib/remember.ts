/** Keeps results of pure work by their key; forgets all of them when there are too many. */
export function remember<Result>(most = 20_000): (key: string, work: () => Result) => Result {
  const known = new Map<string, Result>()
  return (key, work) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = work()
    if (known.size >= most) known.clear()
    known.set(key, made)
    return made
  }
}
