import { describe, expect, it } from 'vitest'
import {
  csvLine,
  delimiterOf,
  fieldsOf,
  notUtf8,
  type TableRecord,
  tableRecords,
} from '../../../functions/engine/file/table-records.ts'
import { lineMembers, memberText, typeOfKinds } from '../../../functions/engine/json/line-members.ts'

async function* blocks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function recordsOf(bytes: Buffer, size: number, delimiter = ',') {
  const records: (Omit<TableRecord, 'bytes'> & { readonly text: string })[] = []
  for await (const { bytes: own, ...rest } of tableRecords(blocks(bytes, size), { name: 'x.csv', delimiter }))
    records.push({ ...rest, text: own.toString('latin1') })
  return records
}

const FILE = Buffer.concat([
  Buffer.from('id,name\r\n1,"a ""b"",\r\nc"\n2,,\n3,"x" y\n'),
  Buffer.from([52, 44, 0xc3, 0x28, 10]),
  Buffer.from('5,12" pan\n6,nul\0\n7,"open'),
])

describe('records of a CSV file that is a table', () => {
  it('are the same however the file is cut into blocks', async () => {
    const whole = await recordsOf(FILE, FILE.length)
    for (const size of [1, 2, 3, 7]) expect(await recordsOf(FILE, size)).toEqual(whole)
    expect(whole.map(({ line, fields, fault, isPlain }) => [line, fields, fault, isPlain])).toEqual([
      [1, 2, null, true],
      [2, 2, null, true],
      [4, 3, null, true],
      [5, 2, 'text after a closing quote', true],
      [6, 2, 'not UTF-8 (bytes c3 28)', true],
      [7, 2, null, false],
      [8, 2, 'holds a NUL byte', true],
      [9, 2, 'a quote does not close before the end of the file', true],
    ])
  })

  it('have fields in which nothing is NULL and quotes alone are the empty text', () => {
    const fields = (text: string, delimiter = ',') => fieldsOf({ bytes: Buffer.from(text) }, delimiter)
    expect(fields('1,,"","a ""b"", c",é')).toEqual(['1', null, '', 'a "b", c', 'é'])
    expect(fields('1,')).toEqual(['1', null])
    expect(fields('')).toEqual([null])
    expect(fields('"a;b";2', ';')).toEqual(['a;b', '2'])
    for (const values of [['1', null, '', ' x', 'a,"b"\n'], [null], ['']])
      expect(fields(csvLine(values))).toEqual(values)
  })

  it('are divided by what the header has most of', () => {
    expect(delimiterOf('a;b;c,d')).toBe(';')
    expect(delimiterOf('"a;b;c;d",e')).toBe(',')
    expect(delimiterOf('a\tb')).toBe('\t')
    expect(delimiterOf('a')).toBe(',')
    expect(notUtf8(Buffer.from([0x61, 0xff]))).toBe('not UTF-8 (bytes ff)')
  })
})

describe('members of a line of JSON', () => {
  it('are exactly the text that stands there', () => {
    const read = lineMembers(
      ' {"a" : 1.10 , "b":{"x": [1, "}"], "x":2},"c":"q\\"\\u00e9", "d":null,"a\\n":-1e5, "e": true } ',
    )
    if ('fault' in read) throw new Error(read.fault)
    const { members } = read
    expect([...members].map(([key, { kind, json }]) => [key, kind, json])).toEqual([
      ['a', 'decimal', '1.10'],
      ['b', 'nested', '{"x": [1, "}"], "x":2}'],
      ['c', 'string', '"q\\"\\u00e9"'],
      ['d', 'null', 'null'],
      ['a\n', 'float', '-1e5'],
      ['e', 'bool', 'true'],
    ])
    expect(memberText(members.get('c'), 'string')).toBe('q"é')
    expect(memberText(members.get('c'), 'json')).toBe('"q\\"\\u00e9"')
    expect(memberText(members.get('d'), 'json')).toBeNull()
    expect(memberText(undefined, 'int64')).toBeNull()
  })

  it('are none of a text that is no object', () => {
    expect(lineMembers('[1]')).toEqual({ fault: 'expected a JSON object' })
    expect(lineMembers('{"a":1')).toEqual({ fault: expect.stringContaining('no JSON: ') })
    expect(lineMembers('{}')).toEqual({ members: new Map() })
  })

  it('have one type for all values of a column', () => {
    expect(typeOfKinds(new Set(['null']))).toBe('string')
    expect(typeOfKinds(new Set(['integer', 'null']))).toBe('int64')
    expect(typeOfKinds(new Set(['integer', 'decimal']))).toBe('numeric')
    expect(typeOfKinds(new Set(['integer', 'float']))).toBe('float64')
    expect(typeOfKinds(new Set(['integer', 'string']))).toBe('json')
  })
})
