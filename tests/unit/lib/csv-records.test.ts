import fc from 'fast-check'
import { expect, it } from 'vitest'
import { csvLine, csvRecords } from '../../../functions/lib/csv-records.ts'

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string, size = 3) => Array.fromAsync(csvRecords(inChunks(Buffer.from(text), size)))

it('keeps nothing and the empty text apart, and quotes, commas and line ends within quotes', async () => {
  expect(await read('1,,""\n"a,""b""\n",x,\n\n')).toEqual([['1', null, ''], ['a,"b"\n', 'x', null], [null]])
})

it('reads back what it writes, however it is cut', async () => {
  const value = fc.option(fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'é', '😀') }))
  const records = fc.array(fc.array(value, { minLength: 2, maxLength: 3 }), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(records, fc.integer({ min: 1, max: 9 }), async (all, size) => {
      expect(await read(all.map(csvLine).join(''), size)).toEqual(all)
    }),
  )
})

it('does not make another text of bytes that are none', async () => {
  await expect(Array.fromAsync(csvRecords(inChunks(Uint8Array.of(0x22, 0xff, 0x22, 0x0a), 2)))).rejects.toThrow(
    TypeError,
  )
})
