import { CRC32C } from '@google-cloud/storage'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCrc32c } from '../../../functions/lib/crc32c.ts'
import { crc32c } from '../../emulators/crc32c.ts'

const sumOf = (...pieces: Uint8Array[]) => {
  const sum = createCrc32c()
  for (const piece of pieces) sum.update(piece)
  return sum
}

it('is the one that RFC 3720 gives examples of', () => {
  expect(sumOf(Buffer.from('123456789')).value()).toBe(0xe3069283)
  expect(sumOf(Buffer.alloc(32)).value()).toBe(0x8a9136aa)
  expect(sumOf(Buffer.alloc(32, 0xff)).value()).toBe(0x62a8ab43)
  expect(sumOf(Buffer.from(Array.from({ length: 32 }, (_, byte) => byte))).value()).toBe(0x46dd794e)
  expect(sumOf().base64()).toBe('AAAAAA==')
})

it('is that of Google’s client and of our servers, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 5 }), (pieces) => {
      const whole = Buffer.concat(pieces)
      const theirs = new CRC32C()
      theirs.update(whole)
      expect(sumOf(...pieces).base64()).toBe(theirs.toString())
      expect(sumOf(...pieces).value()).toBe(crc32c(whole))
    }),
  )
})
