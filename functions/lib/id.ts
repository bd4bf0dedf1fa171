import { createHash } from 'node:crypto'

/** Clock and randomness that ids are made of. */
interface IdSource {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** So many random bytes. */
  readonly randomBytes: (count: number) => Uint8Array
}

const COUNTER_BITS = 12
const COUNTER_END = 2 ** COUNTER_BITS

/**
 * Makes ids in the form of RFC 9562, version 7: sorted as text they are sorted by time, and those of one maker by the order
 * they were made in, even when the clock stands still or goes back.
 */
export function createIds({ now, randomBytes }: IdSource): () => string {
  let time = 0
  let counter = 0
  return () => {
    const bytes = randomBytes(10)
    const instant = now()
    if (instant > time) {
      time = instant
      // Starts in the lower half, so that at least 2,048 ids fit into one millisecond before the time has to run ahead.
      counter = fromBytes(bytes.subarray(8)) % (COUNTER_END / 2)
    } else if (++counter === COUNTER_END) {
      time++
      counter = 0
    }
    return format({ time, counter, random: bytes.subarray(0, 8) })
  }
}

/**
 * The same id for the same key, in the form of RFC 9562. Two workers that make it name one thing. With an instant it is of
 * version 7 and sorted by it, without one of version 8.
 */
export function keyedId(key: string, instant?: number): string {
  const bytes = createHash('sha256').update(key).digest()
  const counter = fromBytes(bytes.subarray(8, 10)) % COUNTER_END
  const random = bytes.subarray(0, 8)
  if (instant !== undefined) return format({ time: instant, counter, random })
  const id = format({ time: fromBytes(bytes.subarray(10, 16)), counter, random })
  return `${id.slice(0, 14)}8${id.slice(15)}`
}

function format({ time, counter, random }: { time: number; counter: number; random: Uint8Array }): string {
  const milliseconds = toHex(time, 12)
  const tail = Array.from(random, (byte) => toHex(byte, 2)).join('')
  // The two highest bits of the fourth group are the variant: binary 10.
  const variant = toHex(0x8 | ((random[0] ?? 0) & 0x3), 1)
  return [
    milliseconds.slice(0, 8),
    milliseconds.slice(8),
    `7${toHex(counter, 3)}`,
    variant + tail.slice(1, 4),
    tail.slice(4),
  ].join('-')
}

function fromBytes(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

function toHex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
