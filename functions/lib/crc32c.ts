// The reversed Castagnoli polynomial.
const POLYNOMIAL = 0x82f63b78
const LANES = 4

/** Tables of 256 for four bytes at a time: lane k is the effect of a byte that k more bytes follow. */
const TABLES = makeTables()

function makeTables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const lanes = Array.from({ length: LANES }, () => new Uint32Array(256))
  const [first = new Uint32Array(), second = first, third = first, fourth = first] = lanes
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
    first[byte] = value
  }
  const next = (value: number) => (value >>> 8) ^ (first[value & 0xff] ?? 0)
  for (let byte = 0; byte < 256; byte++) {
    second[byte] = next(first[byte] ?? 0)
    third[byte] = next(second[byte] ?? 0)
    fourth[byte] = next(third[byte] ?? 0)
  }
  return [first, second, third, fourth]
}

/** The checksum that Google's services compare content by. It finds damage, not intent. */
interface Crc32c {
  update(bytes: Uint8Array): void
  /** From 0 to 2^32 - 1. */
  value(): number
  /** As Cloud Storage writes it: four bytes, the highest first, in base64. */
  base64(): string
}

/** A CRC-32C over pieces as they come. Node's own `zlib.crc32` is of another polynomial. */
export function createCrc32c(): Crc32c {
  let state = 0xffffffff
  const value = () => (state ^ 0xffffffff) >>> 0
  return {
    value,
    update(bytes) {
      state = updated(state, bytes)
    },
    base64() {
      const four = Buffer.alloc(4)
      four.writeUInt32BE(value())
      return four.toString('base64')
    },
  }
}

function updated(state: number, bytes: Uint8Array): number {
  const [first, second, third, fourth] = TABLES
  const whole = bytes.length - (bytes.length % LANES)
  let crc = state
  let at = 0
  // Nothing here is ever undefined; `?? 0` costs nothing and says so to the compiler.
  for (; at < whole; at += LANES) {
    crc ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    crc =
      (fourth[crc & 0xff] ?? 0) ^
      (third[(crc >>> 8) & 0xff] ?? 0) ^
      (second[(crc >>> 16) & 0xff] ?? 0) ^
      (first[crc >>> 24] ?? 0)
  }
  for (; at < bytes.length; at++) crc = (first[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return crc
}
