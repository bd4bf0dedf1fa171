/** The same function, which reckons once per object. What it is given must not change. */
export function remembered<Key extends object, Value>(reckon: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>()
  return (key) => {
    const found = known.get(key) ?? { value: reckon(key) }
    known.set(key, found)
    return found.value
  }
}
