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
  | { readonly type: typeof BYTE | typeof I16 | typeof I32 | typeof I64; readonly number: bigint }
  | { readonly type: typeof DOUBLE | typeof BINARY; readonly bytes: Buffer }
  | { readonly type: typeof LIST; readonly of: number; readonly items: readonly ThriftValue[] }
  | { readonly type: typeof STRUCT; readonly fields: ThriftStruct }
  /** A structure that is bytes already. */
  | { readonly type: typeof STRUCT; readonly written: Buffer }

/** Fields by their id, in the order they are written: ascending. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

export const i32 = (number: number): ThriftValue => ({ type: I32, number: BigInt(number) })
export const i64 = (number: number): ThriftValue => ({ type: I64, number: BigInt(number) })
export const struct = (fields: Iterable<readonly [number, ThriftValue]>): ThriftValue => ({
  type: STRUCT,
  fields: new Map(fields),
})
export const listOf = (items: readonly ThriftValue[], of: number = items[0]?.type ?? STRUCT): ThriftValue => ({
  type: LIST,
  of,
  items,
})

/** Reads one structure. @throws {RangeError} when the bytes end before it does, {TypeError} for a type Parquet does not use. */
export function readStruct(bytes: Buffer): ThriftStruct {
  let at = 0
  const byte = (): number => {
    const value = bytes.readUInt8(at)
    at++
    return value
  }
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const next = byte()
      value |= BigInt(next & 0x7f) << shift
      if (next < 0x80) return value
    }
  }
  const integer = (): bigint => {
    const value = varint()
    return (value >> 1n) ^ -(value & 1n)
  }
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new RangeError('the structure is cut off')
    at += count
    return bytes.subarray(at - count, at)
  }
  const list = (): ThriftValue => {
    const head = byte()
    const count = head >> 4 === 15 ? Number(varint()) : head >> 4
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
        return { type, number: BigInt(byte()) }
      case I16:
      case I32:
      case I64:
        return { type, number: integer() }
      case DOUBLE:
        return { type, bytes: take(8) }
      case BINARY:
        return { type, bytes: take(Number(varint())) }
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
      id = head >> 4 === 0 ? Number(integer()) : id + (head >> 4)
      found.set(id, value(head & 15))
    }
  }
  return fields()
}

/** The bytes of one structure. */
export function writeStruct(structure: ThriftStruct): Buffer {
  const parts: Buffer[] = []
  const varint = (number: bigint): void => {
    const bytes: number[] = []
    let rest = number
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
    parts.push(Buffer.from([...bytes, Number(rest)]))
  }
  const integer = (number: bigint): void => varint(BigInt.asUintN(64, (number << 1n) ^ (number >> 63n)))
  const value = (item: ThriftValue): void => {
    if ('number' in item) {
      if (item.type === BYTE) parts.push(Buffer.from([Number(item.number)]))
      else integer(item.number)
    } else if ('bytes' in item) {
      if (item.type === BINARY) varint(BigInt(item.bytes.length))
      parts.push(item.bytes)
    } else if ('items' in item) list(item)
    else if ('fields' in item) fields(item.fields)
    else if ('written' in item) parts.push(item.written)
  }
  const list = ({ of, items }: { readonly of: number; readonly items: readonly ThriftValue[] }): void => {
    parts.push(Buffer.from([(Math.min(items.length, 15) << 4) | of]))
    if (items.length >= 15) varint(BigInt(items.length))
    for (const item of items) {
      if (item.type <= FALSE) parts.push(Buffer.from([item.type]))
      else value(item)
    }
  }
  const fields = (struct: ThriftStruct): void => {
    let last = 0
    for (const [id, item] of struct) {
      const delta = id - last
      parts.push(Buffer.from([delta > 0 && delta < 16 ? (delta << 4) | item.type : item.type]))
      if (delta <= 0 || delta >= 16) integer(BigInt(id))
      value(item)
      last = id
    }
    parts.push(Buffer.from([0]))
  }
  fields(structure)
  return Buffer.concat(parts)
}
