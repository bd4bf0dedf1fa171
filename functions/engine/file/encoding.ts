import { isUtf8 } from 'node:buffer'

/** Character encoding of a file. */
export type Encoding = 'utf-8' | 'windows-1252'

/** Checks that bytes are UTF-8, block by block. */
interface Utf8Check {
  /** False as soon as no continuation can make the bytes so far valid. */
  push(block: Buffer): boolean
  /** False when the bytes end inside a character. */
  finish(): boolean
}

/** A strict check at native speed: overlong forms, surrogates and stray bytes are refused. */
export function createUtf8Check(): Utf8Check {
  let tail = Buffer.alloc(0)
  return {
    push(block) {
      const seam = Buffer.concat([tail, block.subarray(0, SEAM)])
      const small = block.length <= SEAM
      // The seam is copied, the rest is not: it starts at the first character that begins in the block.
      const start = small || tail.length === 0 ? 0 : leadingContinuations(block)
      if (!small && !isUtf8(seam.subarray(0, tail.length + start))) return false
      const rest = small ? seam : block.subarray(start)
      const end = completeEnd(rest)
      tail = Buffer.from(rest.subarray(end))
      return isUtf8(rest.subarray(0, end))
    },
    finish: () => tail.length === 0,
  }
}

const SEAM = 8

function leadingContinuations(block: Buffer): number {
  let count = 0
  while (count < 4 && isContinuation(block[count])) count++
  return count
}

/** Where an unfinished character at the end starts; the length when there is none. */
function completeEnd(block: Buffer): number {
  for (let back = 1; back <= Math.min(3, block.length); back++) {
    const byte = block[block.length - back] ?? 0
    if (isContinuation(byte)) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? block.length - back : block.length
  }
  return block.length
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

const DECODERS = {
  'utf-8': new TextDecoder('utf-8', { ignoreBOM: true }),
  'windows-1252': new TextDecoder('windows-1252'),
}

/** The text of some bytes. Bytes that are not valid become U+FFFD; those that windows-1252 leaves open, C1 controls. */
export function decode(bytes: Uint8Array, encoding: Encoding): string {
  return DECODERS[encoding].decode(bytes)
}

/** True when the text came from one of the five bytes that windows-1252 does not define: 81, 8D, 8F, 90 and 9D. */
export function hasUndefinedCharacter(text: string): boolean {
  return /[\u0081\u008d\u008f\u0090\u009d]/.test(text)
}

/** Bytes of the UTF-8 byte order mark at the start of a file: 3 or 0. */
export function byteOrderMark(start: Uint8Array): number {
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0
}
