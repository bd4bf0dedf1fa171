import { DaybreakError } from '../functions/errors.ts'

/** A repeatable source of chance: the same keys give the same sequence, on every machine. */
export interface Random {
  /** A number in [0, 1). */
  float(): number
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  pick<Value>(values: readonly Value[]): Value
  /** One of the values, each as likely as its weight. */
  weighted<Value>(choices: readonly (readonly [Value, number])[]): Value
  /** A draw from the normal distribution with mean 0 and deviation 1. */
  normal(): number
  /** A shuffled copy. */
  shuffle<Value>(values: readonly Value[]): Value[]
  /** Letters and digits, as Toast's receipt tokens are made of. */
  token(length: number): string
}

const TOKEN = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Chance that depends on the keys alone (seed, location, date, purpose). */
export function createRandom(...keys: readonly (string | number)[]): Random {
  const float = sfc32(hash128(keys.join('\u0000')))
  const int = (low: number, high: number) => low + Math.floor(float() * (high - low + 1))
  const pick = <Value>(values: readonly Value[]): Value => at(values, int(0, values.length - 1))
  return {
    float,
    int,
    pick,
    chance: (probability) => float() < probability,
    weighted(choices) {
      const total = choices.reduce((sum, [, weight]) => sum + weight, 0)
      const point = float() * total
      let passed = 0
      const found = choices.findIndex(([, weight]) => {
        passed += weight
        return point < passed
      })
      return at(choices, found === -1 ? choices.length - 1 : found)[0]
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    shuffle(values) {
      const keyed = values.map((value) => ({ value, key: float() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
    },
    token: (length) => makeToken(length, float),
  }
}

/** Five characters from each draw: 57^5 is less than the 2^32 values a draw has. */
function makeToken(length: number, float: () => number): string {
  let token = ''
  while (token.length < length) {
    let rest = Math.floor(float() * TOKEN.length ** 5)
    for (let place = 0; place < 5; place++) {
      token += TOKEN.charAt(rest % TOKEN.length)
      rest = Math.floor(rest / TOKEN.length)
    }
  }
  return token.slice(0, length)
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index]
  if (value === undefined) throw new DaybreakError('INTERNAL', 'Tried to choose from an empty list')
  return value
}

type Words = readonly [number, number, number, number]

/** cyrb128 (public domain): four 32-bit words of a text. */
function hash128(text: string): Words {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    a = b ^ Math.imul(a ^ code, 597399067)
    b = c ^ Math.imul(b ^ code, 2869860233)
    c = d ^ Math.imul(c ^ code, 951274213)
    d = a ^ Math.imul(d ^ code, 2716044179)
  }
  a = Math.imul(c ^ (a >>> 18), 597399067)
  b = Math.imul(d ^ (b >>> 22), 2869860233)
  c = Math.imul(a ^ (c >>> 17), 951274213)
  d = Math.imul(b ^ (d >>> 19), 2716044179)
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a]
}

/** sfc32 (public domain): fast, and passes PractRand. */
function sfc32(words: Words): () => number {
  let [a, b, c, d] = words
  return () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4294967296
  }
}
