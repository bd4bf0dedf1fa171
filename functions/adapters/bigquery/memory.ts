// Far more than one instance works on at a time.
const MOST = 1_000

/** Memory that an instance has of its own work; the oldest is forgotten first. Nothing depends on it. */
export interface Memory<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  forget(key: string): void
}

/** A memory of a thousand things. */
export function createMemory<Value>(): Memory<Value> {
  const values = new Map<string, Value>()
  return {
    get: (key) => values.get(key),
    forget: (key) => void values.delete(key),
    set(key, value) {
      values.delete(key)
      values.set(key, value)
      const [oldest] = values.keys()
      if (values.size > MOST && oldest !== undefined) values.delete(oldest)
    },
  }
}
