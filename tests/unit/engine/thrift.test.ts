import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  i32,
  i64,
  listOf,
  readStruct,
  struct,
  type ThriftStruct,
  type ThriftValue,
  writeStruct,
} from '../../../functions/engine/parquet/thrift.ts'

const LARGEST = 2 ** 52 - 1
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger().map((n) => Math.trunc(n / 2)),
  fc.constantFrom(0, -1, 127, 128, LARGEST, -LARGEST),
)
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))

const { structure } = fc.letrec<{ value: ThriftValue; structure: ThriftStruct }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number.map(i64),
    number.map(i32),
    fc.boolean().map((truth): ThriftValue => ({ type: truth ? 1 : 2 })),
    bytes.map((content): ThriftValue => ({ type: 8, bytes: content })),
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((array): ThriftValue => ({ type: 7, bytes: Buffer.from(array) })),
    fc.array(number, { minLength: 1, maxLength: 40 }).map((items) => listOf(items.map(i64))),
    tie('structure').map((fields): ThriftValue => struct(fields)),
  ),
  structure: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 400 }), tie('value')), { maxLength: 8 })
    .map((entries) => new Map(entries.toSorted(([a], [b]) => a - b))),
}))

describe('a structure', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(structure, (fields) => {
        expect(readStruct(writeStruct(fields))).toEqual(fields)
      }),
    )
  })

  it('may hold structures that are bytes already', () => {
    fc.assert(
      fc.property(structure, structure, (outer, inner) => {
        const written: ThriftValue = { type: 12, written: writeStruct(inner) }
        const whole = new Map([...outer, [500, written] as const])
        expect(readStruct(writeStruct(whole))).toEqual(new Map([...outer, [500, struct(inner)] as const]))
      }),
    )
  })

  it('is refused when it is cut off anywhere', () => {
    fc.assert(
      fc.property(structure, fc.nat(), (fields, place) => {
        const whole = writeStruct(fields)
        expect(() => readStruct(whole.subarray(0, place % whole.length))).toThrow(RangeError)
      }),
    )
  })

  it('is refused when a number in it cannot be told exactly', () => {
    const head = [0x16, ...Array<number>(7).fill(0xff), 0x7f, 0]
    expect(() => readStruct(Buffer.from(head))).toThrow('too large')
  })

  it('writes numbers as parquet.thrift asks: zigzag, seven bits a byte', () => {
    const fields: ThriftStruct = new Map([
      [1, i32(0)],
      [2, i32(-1)],
      [3, i64(64)],
      [20, i64(-8193)],
    ])
    expect(writeStruct(fields).toString('hex')).toBe('150015011680010628818001' + '00')
  })
})
