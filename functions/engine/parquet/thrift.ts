// Thrift's compact protocol, as far as Parquet's footers and page headers use it: enough to read any such structure, change
// a few fields, and write everything else back as it was. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

const TRUE = 1
const FALSE = 2
const BYTE = 3
const I16 = 4
const I32 = 5
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const STRUCT = 12

/** A value with its wire type, so that what is not understood is written back unchanged. */
export type ThriftValue =
  | { readonly type: typeof TRUE | typeof FALSE }
  | { readonly type: typeof BYTE | typeof I16 | typeof I32 | typeof I64; readonly number: number }
  | { readonly type: typeof DOUBLE | typeof BINARY; readonly bytes: Buffer }
  | { readonly type: typeof LIST; readonly of: number; readonly items: readonly ThriftValue[] }
  | { readonly type: typeof STRUCT; readonly fields: ThriftStruct }
  /** A structure that is bytes already. */
  | { readonly type: typeof STRUCT; readonly written: Buffer }

/** Fields by their id, in the order they are written: ascending. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

/** Thrift value of 32 bits. */
export const i32 = (number: number): ThriftValue => ({ type: I32, number })
/** Thrift value of 64 bits. */
export const i64 = (number: number): ThriftValue => ({ type: I64, number })
/** Thrift struct with its fields by number. */
export const struct = (fields: Iterable<readonly [number, ThriftValue]>): ThriftValue => ({
  type: STRUCT,
  fields: new Map(fields),
})
/** Thrift list of values of one type. */
export const listOf = (items: readonly ThriftValue[], of: number = items[0]?.type ?? STRUCT): ThriftValue => ({
  type: LIST,
  of,
  items,
})

/**
 * Reads one structure. @throws {RangeError} when the bytes end before it does, or for a number above 2^52, {TypeError} for a
 * type Parquet does not use.
 */
export function readStruct(bytes: Buffer): ThriftStruct {
  return readStructAt(bytes, 0).fields
}

/** Reads one structure that starts at a place, and says where it ends. @throws as `readStruct`. */
export function readStructAt(bytes: Buffer, start: number): { readonly fields: ThriftStruct; readonly end: number } {
  let at = start
  const byte = (): number => {
    const value = bytes[at]
    if (value === undefined) throw new RangeError('the structure is cut off')
    at++
    return value
  }
  // Arithmetic instead of shifts, which would cut at 32 bits, and of BigInt, which takes ten times as long.
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const next = byte()
      value += (next & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number of the structure is too large')
      if (next < 0x80) return value
    }
  }
  const integer = (): number => {
    const value = varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new RangeError('the structure is cut off')
    at += count
    return bytes.subarray(at - count, at)
  }
  const list = (): ThriftValue => {
    const head = byte()
    const count = head >> 4 === 15 ? varint() : head >> 4
    const of = head & 15
    return {
      type: LIST,
      of,
      items: Array.from({ length: count }, () => (of <= FALSE ? { type: byte() === TRUE ? TRUE : FALSE } : value(of))),
    }
  }
  const value = (type: number): ThriftValue => {
    switch (type) {
      case TRUE:
      case FALSE:
        return { type }
      case BYTE:
        return { type, number: byte() }
      case I16:
      case I32:
      case I64:
        return { type, number: integer() }
      case DOUBLE:
        return { type, bytes: take(8) }
      case BINARY:
        return { type, bytes: take(varint()) }
      case LIST:
        return list()
      case STRUCT:
        return { type, fields: fields() }
      default:
        throw new TypeError(`unexpected Thrift type ${type}`)
    }
  }
  const fields = (): ThriftStruct => {
    const found = new Map<number, ThriftValue>()
    for (let id = 0; ; ) {
      const head = byte()
      if (head === 0) return found
      id = head >> 4 === 0 ? integer() : id + (head >> 4)
      found.set(id, value(head & 15))
    }
  }
  return { fields: fields(), end: at }
}

/** The bytes of one structure. */
export function writeStruct(structure: ThriftStruct): Buffer {
  let bytes = scratch
  let at = 0
  const reserve = (count: number): void => {
    if (at + count <= bytes.length) return
    scratch = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, at + count))
    bytes.copy(scratch, 0, 0, at)
    bytes = scratch
  }
  const byte = (value: number): void => {
    reserve(1)
    bytes[at++] = value
  }
  const varint = (number: number): void => {
    let rest = number
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) byte((rest % 128) | 0x80)
    byte(rest)
  }
  const integer = (number: number): void => varint(number < 0 ? -2 * number - 1 : 2 * number)
  const put = (more: Buffer): void => {
    reserve(more.length)
    at += more.copy(bytes, at)
  }
  const value = (item: ThriftValue): void => {
    if ('number' in item) {
      if (item.type === BYTE) byte(item.number)
      else integer(item.number)
    } else if ('bytes' in item) {
      if (item.type === BINARY) varint(item.bytes.length)
      put(item.bytes)
    } else if ('items' in item) list(item)
    else if ('fields' in item) fields(item.fields)
    else if ('written' in item) put(item.written)
  }
  const list = ({ of, items }: { readonly of: number; readonly items: readonly ThriftValue[] }): void => {
    byte((Math.min(items.length, 15) << 4) | of)
    if (items.length >= 15) varint(items.length)
    for (const item of items) {
      if (item.type <= FALSE) byte(item.type)
      else value(item)
    }
  }
  const fields = (struct: ThriftStruct): void => {
    let last = 0
    for (const [id, item] of struct) {
      const delta = id - last
      if (delta > 0 && delta < 16) byte((delta << 4) | item.type)
      else {
        byte(item.type)
        integer(id)
      }
      value(item)
      last = id
    }
    byte(0)
  }
  fields(structure)
  return Buffer.from(bytes.subarray(0, at))
}

/** Where structures are put together, one after the other; as large as the largest so far. */
let scratch = Buffer.allocUnsafeSlow(65_536)
