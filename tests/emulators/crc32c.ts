// The reversed Castagnoli polynomial. Written out here, so that the client's own arithmetic is not its judge.
const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
  return value
})

/** The CRC-32C of some bytes, from 0 to 2^32 - 1. */
export function crc32c(content: Uint8Array): number {
  let value = 0xffffffff
  // By index: an iterator over so many bytes would be most of what a server does.
  for (let at = 0; at < content.length; at++) value = (TABLE[(value ^ (content[at] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

/** The same as Cloud Storage writes it: four bytes, the highest first, in base64. */
export function crc32cInBase64(content: Uint8Array): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32c(content))
  return bytes.toString('base64')
}
