import { z } from 'zod'

/** A type as ZetaSQL sends it. */
export interface TypeProto {
  readonly typeKind: string
  readonly arrayType?: { readonly elementType: TypeProto } | undefined
  readonly structType?:
    | {
        readonly field?:
          | readonly { readonly fieldName?: string | undefined; readonly fieldType: TypeProto }[]
          | undefined
      }
    | undefined
}

export const TypeProto: z.ZodType<TypeProto> = z.lazy(() =>
  z.object({
    typeKind: z.string(),
    arrayType: z.object({ elementType: TypeProto }).optional(),
    structType: z
      .object({ field: z.array(z.object({ fieldName: z.string().optional(), fieldType: TypeProto })).optional() })
      .optional(),
  }),
)

/** A cell: text as BigQuery prints it, null, or the elements of an array. */
export type Cell = string | null | readonly (string | null)[]

/** A type from its name in BigQuery, e.g. `NUMERIC`, `ARRAY<STRING>`, `STRUCT<a STRING, b INT64>`. Parameters such as those of `NUMERIC(9,2)` are left out. */
export function toType(name: string): TypeProto {
  const struct = /^STRUCT<(.+)>$/i.exec(name)?.[1]
  if (struct !== undefined) {
    const field = struct.split(', ').map((each) => {
      const [fieldName = '', type = ''] = each.split(' ')
      return { fieldName, fieldType: toType(type) }
    })
    return { typeKind: 'TYPE_STRUCT', structType: { field } }
  }
  const element = /^ARRAY<(.+)>$/i.exec(name)?.[1]
  if (element !== undefined) return { typeKind: 'TYPE_ARRAY', arrayType: { elementType: toType(element) } }
  const kind = name.toUpperCase().replace(/\(.*\)$/, '')
  return { typeKind: `TYPE_${kind === 'FLOAT64' ? 'DOUBLE' : kind}` }
}

/** The name of a type in BigQuery. */
export function typeName({ typeKind, arrayType, structType }: TypeProto): string {
  if (arrayType) return `ARRAY<${typeName(arrayType.elementType)}>`
  if (structType) {
    const fields = (structType.field ?? []).map((each) => `${each.fieldName ?? ''} ${typeName(each.fieldType)}`.trim())
    return `STRUCT<${fields.join(', ')}>`
  }
  return typeKind === 'TYPE_DOUBLE' ? 'FLOAT64' : typeKind.replace('TYPE_', '')
}

const MICROS = 1_000_000n
const NANOS = 1_000_000_000n
const DAY = 86_400_000

/** A value from text, in the form that its type has on the wire. @throws {TypeError} when the text is no such value. */
export function toValue(cell: Cell, type: TypeProto): object {
  if (cell === null) return {}
  if (typeof cell !== 'string') {
    const elementType = type.arrayType?.elementType ?? { typeKind: 'TYPE_STRING' }
    return { arrayValue: { element: cell.map((each) => toValue(each, elementType)) } }
  }
  const encode = ENCODE[type.typeKind]
  if (!encode) throw new TypeError(`no ${type.typeKind} can be made from text`)
  return encode(cell)
}

const ENCODE: Readonly<Record<string, (text: string) => object>> = {
  TYPE_STRING: (text) => ({ stringValue: text }),
  TYPE_INT64: (text) => ({ int64Value: String(BigInt(text)) }),
  TYPE_DOUBLE: (text) => ({ doubleValue: Number(text) }),
  TYPE_BOOL: (text) => ({ boolValue: text === 'true' }),
  TYPE_BYTES: (text) => ({ bytesValue: Buffer.from(text) }),
  TYPE_JSON: (text) => ({ jsonValue: text }),
  TYPE_DATE: (text) => {
    const days = Date.parse(`${text}T00:00:00Z`) / DAY
    if (!Number.isInteger(days)) throw new TypeError(`no date: ${text}`)
    return { dateValue: days }
  },
  TYPE_TIME: (text) => ({ timeValue: String((clockBits(text) << 30n) | BigInt(nanosOf(text))) }),
  TYPE_DATETIME: (text) => {
    const [date = '', time = '00:00:00'] = text.split(/[ T]/)
    const [year = 0n, month = 0n, day = 0n] = date.split('-').map(BigInt)
    const bits = (year << 26n) | (month << 22n) | (day << 17n) | clockBits(time)
    return { datetimeValue: { bitFieldDatetimeSeconds: String(bits), nanos: nanosOf(time) } }
  },
  TYPE_TIMESTAMP: (text) => {
    const [, date, clock, offset = 'Z'] = /^([\d-]+)[ T]([\d:]+)(?:\.\d+)?(Z|[+-]\d\d(?::\d\d)?)?$/.exec(text) ?? []
    const milliseconds = Date.parse(`${date}T${clock}${offset.length === 3 ? `${offset}:00` : offset}`)
    if (Number.isNaN(milliseconds)) throw new TypeError(`no timestamp: ${text}`)
    return {
      timestampValue: {
        seconds: String(milliseconds / 1000),
        nanos: nanosOf(text.replace(/(Z|[+-]\d\d(:\d\d)?)$/, '')),
      },
    }
  },
  TYPE_NUMERIC: (text) => ({ numericValue: decimalBytes(text, 9) }),
  TYPE_BIGNUMERIC: (text) => ({ bignumericValue: decimalBytes(text, 38) }),
}

function clockBits(text: string): bigint {
  const [hour = 0n, minute = 0n, second = 0n] = text.split('.', 1)[0]?.split(':').map(BigInt) ?? []
  return (hour << 12n) | (minute << 6n) | second
}

function nanosOf(text: string): number {
  return Number((/\.(\d+)$/.exec(text)?.[1] ?? '').padEnd(9, '0'))
}

/** Two's complement, least significant byte first, as short as it can be. */
function decimalBytes(text: string, scale: number): Buffer {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(text) ?? []
  if (whole + fraction === '' || fraction.length > scale) throw new TypeError(`no decimal: ${text}`)
  const units = BigInt(whole + fraction.padEnd(scale, '0')) * (sign === '-' ? -1n : 1n)
  const bytes: number[] = []
  for (let rest = units; ; rest >>= 8n) {
    bytes.push(Number(rest & 0xffn))
    const isNegative = (bytes.at(-1) ?? 0) >= 0x80
    if ((rest >> 8n === 0n && !isNegative) || (rest >> 8n === -1n && isNegative)) return Buffer.from(bytes)
  }
}

const Value = z.record(z.string(), z.unknown())
const Stamp = z.object({ seconds: z.coerce.bigint().default(0n), nanos: z.int().default(0) })
const CivilStamp = z.object({ bitFieldDatetimeSeconds: z.coerce.bigint(), nanos: z.int().default(0) })

/** A value as text: numbers without trailing zeros, times with the fraction they have, arrays and structs as JSON. */
export function toText(value: unknown, type: TypeProto): string | null {
  const { value: _, ...fields } = Value.parse(value)
  const [content] = Object.values(fields)
  if (content === undefined || content === null) return null
  const decode = DECODE[type.typeKind]
  if (decode) return decode(content)
  return JSON.stringify(nested(value, type))
}

function nested(value: unknown, type: TypeProto): unknown {
  const { arrayType, structType } = type
  if (arrayType) {
    const list = z.object({ arrayValue: z.object({ element: z.array(z.unknown()).default([]) }) }).parse(value)
    return list.arrayValue.element.map((each) => nested(each, arrayType.elementType))
  }
  if (structType) {
    const struct = z.object({ structValue: z.object({ field: z.array(z.unknown()).default([]) }) }).parse(value)
    const fields = structType.field ?? []
    return Object.fromEntries(
      fields.map((each, at) => [each.fieldName ?? '', nested(struct.structValue.field[at], each.fieldType)]),
    )
  }
  return toText(value, type)
}

const DECODE: Readonly<Record<string, (content: unknown) => string>> = {
  TYPE_STRING: String,
  TYPE_INT64: String,
  TYPE_DOUBLE: String,
  TYPE_BOOL: String,
  TYPE_JSON: String,
  TYPE_BYTES: (content) => bytesOf(content).toString('base64'),
  TYPE_DATE: (content) => new Date(Number(content) * DAY).toISOString().slice(0, 10),
  TYPE_TIME: (content) => {
    const bits = BigInt(String(content))
    return clockText(bits >> 30n) + fractionText(Number(bits & ((1n << 30n) - 1n)))
  },
  TYPE_DATETIME: (content) => {
    const { bitFieldDatetimeSeconds: bits, nanos } = CivilStamp.parse(content)
    const date = [pad(bits >> 26n, 4), pad((bits >> 22n) & 15n), pad((bits >> 17n) & 31n)].join('-')
    return `${date} ${clockText(bits & 0x1ffffn)}${fractionText(nanos)}`
  },
  TYPE_TIMESTAMP: (content) => {
    const { seconds, nanos } = Stamp.parse(content)
    const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')
    return `${text}${fractionText(nanos)}+00`
  },
  TYPE_NUMERIC: (content) => decimalText(bytesOf(content), 9),
  TYPE_BIGNUMERIC: (content) => decimalText(bytesOf(content), 38),
}

function bytesOf(content: unknown): Buffer {
  return Buffer.from(z.instanceof(Uint8Array).parse(content))
}

function pad(value: bigint, width = 2): string {
  return String(value).padStart(width, '0')
}

function clockText(bits: bigint): string {
  return [pad(bits >> 12n), pad((bits >> 6n) & 63n), pad(bits & 63n)].join(':')
}

function fractionText(nanos: number): string {
  if (nanos === 0) return ''
  const micros = BigInt(nanos) / (NANOS / MICROS)
  return `.${pad(micros, 6).replace(/0+$/, '')}`
}

function decimalText(bytes: Buffer, scale: number): string {
  let units = 0n
  for (const byte of bytes.toReversed()) units = (units << 8n) | BigInt(byte)
  if ((bytes.at(-1) ?? 0) >= 0x80) units -= 1n << BigInt(8 * bytes.length)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return units < 0n ? `-${text}` : text
}
