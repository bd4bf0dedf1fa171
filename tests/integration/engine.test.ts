import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { constantsOf, rejectConstantsOf } from '../../functions/contract/carried.ts'
import { Contract } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { yamlWords } from '../../functions/lib/yaml-object.ts'
import { draws } from '../support/draws.ts'
import { naiveScan } from '../support/naive-scan.ts'
import { openTransformBench, PRIVACY_KEY, type TransformBench } from '../support/transform.ts'
import { EVERYTHING_HEADER, everything } from '../support/transform-contract.ts'

let bench: TransformBench
let pieces: TransformBench
beforeAll(async () => {
  bench = await openTransformBench()
  pieces = await openTransformBench({ pieceBytes: 2_000, lanes: 2 })
})
afterAll(async () => {
  await bench.close()
  await pieces.close()
})

const HEADER = EVERYTHING_HEADER.join(',')
const GOOD = {
  ID: 'A1',
  N: '7',
  AMOUNT: '12.34',
  TAX: '0E-8',
  RATIO: '0.5',
  FLAG: 'true',
  AT: '2/5/25 9:07 PM',
  DAY: '2/5/25',
  CLOCK: '9:07 PM',
  TOOK: '00:-28:-25',
  NOTE: 'plain',
  WHO: 'Guest 001',
  CARD: '0042',
  SECRET: 'hidden',
}
const line = (values: Partial<typeof GOOD> = {}) => Object.values({ ...GOOD, ...values }).join(',')
const file = (...lines: readonly string[]) => `${[HEADER, ...lines].join('\n')}\n`
const text = (name: string, type = 'string', more: object = {}) => ({
  name,
  from: name.toUpperCase(),
  type,
  description: 'A column.',
  ...more,
})
const contractOf = (columns: readonly object[], more: object = {}) =>
  Contract.parse({
    version: 1,
    stream: 'small',
    description: 'Small.',
    file: 'Small.csv',
    key: ['a'],
    table: { partition_by: 'business_date' },
    columns,
    ...more,
  })
/** Texts as they stand in the file, with any characters. */
const two = contractOf([text('a', 'string', { allow: 'control' }), text('b', 'string', { allow: 'control' })])

describe('a row', () => {
  it('becomes typed values, derived values and its origin', async () => {
    const { rows, result } = await bench.transform(everything, file(line()))
    expect(rows).toEqual([
      {
        id: 'A1',
        n: '7',
        amount: '12.34',
        tax: '0.00000000',
        ratio: '0.5',
        flag: 'true',
        at: '2025-02-05 21:07:00',
        day: '2025-02-05',
        clock: '21:07:00',
        took: '00:-28:-25',
        note: 'plain',
        who: createHmac('sha256', PRIVACY_KEY).update('Guest 001').digest('hex'),
        card: '**42',
        secret: null,
        extra: null,
        at_utc: '2025-02-06 02:07:00+00',
        took_seconds: '-1705',
        doubled: '24.68',
        quadrupled: '49.36',
        location_id: '185129',
        business_date: '2025-02-05',
        _source_file: '/185129/20250205/Things.csv',
        _row_number: '2',
        _raw_sha256: createHash('sha256').update(file(line())).digest('hex'),
      },
    ])
    expect(result.totals).toEqual({ amount: '12.34', tax: '0.00000000' })
    expect(result.drift).toEqual({ newColumns: [], missingOptional: ['extra'], reordered: false })
  })

  it.each([
    [{ N: '1.5' }, 'n', 'int64'],
    [{ N: '1_000' }, 'n', 'int64'],
    [{ N: '0x10' }, 'n', 'int64'],
    [{ AMOUNT: '12.345' }, 'amount', 'numeric'],
    [{ AMOUNT: '(12.00)' }, 'amount', 'numeric'],
    [{ AMOUNT: '' }, 'amount', 'required'],
    [{ RATIO: 'NaN' }, 'ratio', 'float64'],
    [{ FLAG: 't' }, 'flag', 'bool'],
    [{ AT: '2/30/25 9:07 PM' }, 'at', 'datetime'],
    [{ AT: '2/5/25 13:45 PM' }, 'at', 'datetime'],
    [{ DAY: '2025-2-5' }, 'day', 'date'],
    [{ CLOCK: '21:07' }, 'clock', 'time'],
    [{ AMOUNT: '-1000.01' }, 'amount', 'not_too_negative'],
  ])('with %j is rejected for its %s: %s', async (values, column, rule) => {
    const { rows, rejects } = await bench.transform(everything, file(line(), line(values), line()))
    expect(rows).toHaveLength(2)
    const [value] = Object.values(values)
    expect(rejects).toMatchObject([{ line: '3', record: '2', column, rule, value: value || null, stream: 'things' }])
  })

  it('keeps strings exactly: blanks, None, NONE, quotes, emoji, formulas', async () => {
    const strings = [
      ' lead',
      'trail ',
      'None',
      'NONE',
      '"',
      '=1+1',
      '红油 🌶️',
      'x\ufeffy',
      'a\nb',
      'c\r\nd',
      '\t',
      '\\N',
      'NULL',
    ]
    const body = strings.map((value) => `x,"${value.replaceAll('"', '""')}"`).join('\r\n')
    const { rows } = await bench.transform(two, `A,B\r\n${body}\r\n`)
    expect(rows.map(({ b }) => b)).toEqual(strings)
  })

  it('of a key has a bound for its values, and none for others', async () => {
    const { rows, rejects } = await bench.transform(
      two,
      `A,B\n${'k'.repeat(1_024)},x\n${'é'.repeat(513)},y\nz,${'n'.repeat(90_000)}\n`,
    )
    expect(rows).toHaveLength(2)
    expect(rejects).toMatchObject([{ line: '3', column: 'a', rule: 'too_long' }])
  })

  it('lists everything that is wrong with it, the first column of the file first', async () => {
    const { rejects } = await bench.transform(everything, file(line({ N: 'x', FLAG: 'maybe', AMOUNT: '-2000' })))
    expect(rejects).toHaveLength(1)
    expect(rejects[0]).toMatchObject({ column: 'n', value: 'x', rule: 'int64', message: 'expected a whole number' })
    expect(JSON.parse(rejects[0]!['failures']!)).toEqual([
      { column: 'n', rule: 'int64', message: 'expected a whole number' },
      { column: 'flag', rule: 'bool', message: 'expected true or false' },
      { column: 'amount', rule: 'not_too_negative', message: 'expected amount >= -1000' },
    ])
  })
})

describe('private values', () => {
  it('appear in no reject, whether the record can be taken apart or not', async () => {
    const bad = [
      line({ N: 'x', WHO: 'Guest 002', CARD: '1234', SECRET: 'top' }),
      `${line({ WHO: 'Guest 003', CARD: '1234', SECRET: 'top' })},one more`,
      line({ WHO: '"Guest 004"x' }),
    ]
    const { rejects, rejectBytes } = await bench.transform(everything, file(...bad))
    const hash = createHmac('sha256', PRIVACY_KEY).update('Guest 002').digest('hex')
    const shown = ['A1', 'x', ...Object.values(GOOD).slice(2, 11), hash, '**34', '[dropped]'].join(',')
    expect(rejects.map(({ raw }) => raw)).toEqual([shown, null, null])
    expect(rejects.map(({ record_sha256: sha }) => sha)).toEqual(
      bad.map((record) => createHash('sha256').update(record).digest('hex')),
    )
    for (const value of ['Guest 00', '1234', 'top']) expect(JSON.stringify(rejects)).not.toContain(value)
    expect(rejectBytes.includes('Guest 00')).toBe(false)
  })

  it('of a column the contract does not know appear in no reject either', async () => {
    const { rejects } = await bench.transform(contractOf([text('a', 'int64')]), 'A,Guest Email\nx,g@example.com\n')
    expect(rejects).toMatchObject([{ raw: 'x,[not in the contract]' }])
  })

  it('hash to what node computes, for keys and values of any length', async () => {
    const contract = contractOf([text('a', 'string', { privacy: 'hash', allow: 'control' }), text('b')])
    const values = fc.array(
      fc
        .string({ minLength: 1, maxLength: 90, unit: 'grapheme' })
        .filter((value) => !/[\0\r\ud800-\udfff]/u.test(value)),
      { minLength: 1, maxLength: 30 },
    )
    const run = async (key: Uint8Array, all: readonly string[]) => {
      const csv = `A,B\n${all.map((value) => `"${value.replaceAll('"', '""')}",x`).join('\n')}\n`
      const { rows } = await bench.transform(contract, csv, { privacyKey: key })
      expect(rows.map(({ a }) => a)).toEqual(all.map((value) => createHmac('sha256', key).update(value).digest('hex')))
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), values, run), { numRuns: 15 })
  })
})

describe('row ends', () => {
  const rows = ['1,x', '2,"in\nside"', '3,"c\r\nd"', '4,"lone\rcr"', '5,z']
  const expected = ['x', 'in\nside', 'c\r\nd', 'lone\rcr', 'z']
  it.each([
    ['LF', rows.map((row) => `${row}\n`).join('')],
    ['CR LF', rows.map((row) => `${row}\r\n`).join('')],
    ['LF and CR LF', rows.map((row, index) => row + (index % 2 ? '\n' : '\r\n')).join('')],
    ['CR LF, then LF', rows.map((row, index) => row + (index > 2 ? '\n' : '\r\n')).join('')],
    ['LF without the last', rows.join('\n')],
    ['CR LF without the last', rows.join('\r\n')],
    ['LF with empty lines', rows.map((row) => `\n${row}\n\n`).join('')],
    ['CR LF with empty lines', rows.map((row) => `\r\n${row}\r\n`).join('')],
  ])('%s: every record becomes a row with its line', async (_, body) => {
    for (const start of ['A,B\n', 'A,B\r\n', '\n\nA,B\n']) {
      const csv = start + body
      const { rows: found, result } = await bench.transform(two, csv)
      const { records, lines, blankLines } = naiveScan(Buffer.from(csv))
      expect(found.map(({ b }) => b)).toEqual(expected)
      expect(found.map((row) => row['_row_number'])).toEqual(records.slice(1).map((record) => String(record.line)))
      expect(result.counts).toEqual({ lines, records: 6, blankLines, accepted: 5, rejected: 0 })
    }
  })

  it('CR alone: every record becomes a row', async () => {
    const { rows: found } = await bench.transform(two, 'A,B\r1,x\r2,"in\rside"\r3,z\r')
    expect(found.map(({ b, _row_number: number }) => [b, number])).toEqual([
      ['x', '2'],
      ['in\rside', '3'],
      ['z', '4'],
    ])
  })

  it('a CR inside a field without quotes is text, and no row is lost', async () => {
    const { rows: found } = await bench.transform(two, 'A,B\r\n1,x\ry\r\n2,z\r\n')
    expect(found.map(({ b }) => b)).toEqual(['x\ry', 'z'])
  })
})

describe('encodings', () => {
  it('reads a file with a byte that is not UTF-8 as windows-1252, all of it', async () => {
    const csv = Buffer.from('A,B\r\n1,Jos\xe9\r\n2,it\x92s\r\n3,plain\r\n', 'latin1')
    const { rows, result } = await bench.transform(two, csv)
    expect(result.encoding).toBe('windows-1252')
    expect(rows.map(({ b }) => b)).toEqual(['José', 'it’s', 'plain'])
  })

  it('finds that byte in the last of many pieces too', async () => {
    const body = Array.from({ length: 500 }, (_, index) => `${index},caf\xe9\n`).join('')
    const csv = Buffer.concat([Buffer.from('A,B\n'), Buffer.from('0,é\n'.repeat(500)), Buffer.from(body, 'latin1')])
    const { rows, result } = await pieces.transform(two, csv)
    expect(result.encoding).toBe('windows-1252')
    expect([rows.length, rows[0]!['b'], rows[999]!['b']]).toEqual([1000, 'Ã©', 'café'])
  })

  it('rejects a record with a byte that windows-1252 does not define', async () => {
    const csv = Buffer.from('A,B\n1,\xe9\n2,\x81\n', 'latin1')
    const { rows, rejects } = await bench.transform(two, csv)
    expect(rows).toHaveLength(1)
    expect(rejects).toMatchObject([{ line: '3', rule: 'encoding' }])
  })

  it('takes a byte order mark for no part of the first header', async () => {
    const { rows, result } = await bench.transform(two, '\ufeff"A",B\n1,x\n')
    expect(rows).toMatchObject([{ a: '1', b: 'x', _row_number: '2' }])
    expect(result.drift.newColumns).toEqual([])
  })

  it('rejects a record with a NUL byte', async () => {
    const { rows, rejects } = await bench.transform(two, 'A,B\n1,x\0y\n2,z\n')
    expect(rows).toMatchObject([{ a: '2' }])
    expect(rejects).toMatchObject([{ line: '2', rule: 'nul', column: null }])
  })
})

describe('records that are none', () => {
  it('are rejected one by one for a wrong number of fields, with their exact bytes', async () => {
    const csv = 'A,B\n"1\n1",x\n2\n3,x,y\n4,x\n"5\n\n",x,y\n6,x\n'
    const { rows, rejects } = await bench.transform(two, csv)
    expect(rows.map(({ a, _row_number: number }) => [a, number])).toEqual([
      ['1\n1', '2'],
      ['4', '6'],
      ['6', '10'],
    ])
    expect(
      rejects.map((reject) => [reject['line'], reject['record'], reject['rule'], reject['raw'], reject['message']]),
    ).toEqual([
      ['4', '2', 'field_count', '2', 'expected 2 fields, found 1'],
      ['5', '3', 'field_count', '3,x,y', 'expected 2 fields, found 3'],
      ['7', '5', 'field_count', '"5\n\n",x,y', 'expected 2 fields, found 3'],
    ])
    for (const { byte_offset: offset, byte_length: length, raw } of rejects)
      expect(csv.slice(Number(offset), Number(offset) + Number(length))).toBe(raw)
  })

  it('are rejected for text after a closing quote, and a quote in a plain field is text', async () => {
    const { rows, rejects } = await bench.transform(two, 'A,B\n1,"x"y\n2,12" pizza\n3, "x"\n4,"x" \n5,z\n')
    expect(rows.map(({ a, b }) => [a, b])).toEqual([
      ['2', '12" pizza'],
      ['3', ' "x"'],
      ['5', 'z'],
    ])
    expect(rejects).toMatchObject([
      { line: '2', rule: 'quotes' },
      { line: '5', rule: 'quotes' },
    ])
  })

  it('name the wrong quotes, in either order of counting fields', async () => {
    const broken = `"a"b",${line().split(',').slice(1).join(',')},one more`
    const plain = await bench.transform(everything, file(broken, line()))
    const besideNul = await bench.transform(everything, file(broken, line(), '\0'))
    for (const { rejects } of [plain, besideNul]) expect(rejects[0]).toMatchObject({ rule: 'quotes', column: null })
    // DuckDB calls this one badly encoded, though every byte of it is good UTF-8.
    const { rejects } = await bench.transform(two, 'A,B\n"x\ny"红 \n1,"é\n1,2\n22"x\ny"\n')
    expect(rejects.map(({ rule }) => rule)).toEqual(['quotes', 'quotes', 'field_count'])
  })

  it('show the first characters of a long value, and no half of one', async () => {
    const { rejects } = await bench.transform(everything, file(line({ N: `${'x'.repeat(1_999)}😀😀` })))
    expect(rejects[0]?.['value']).toBe(`${'x'.repeat(1_999)}😀`)
  })

  it('may have empty fields after the last column', async () => {
    for (const end of ['\n', '\r\n'])
      expect((await bench.transform(two, `A,B${end}1,x,,${end}2,y,""${end}`)).rows).toMatchObject([
        { b: 'x' },
        { b: 'y' },
      ])
  })

  it('of three megabytes are read like any other', async () => {
    const { rows } = await bench.transform(two, `A,B\n1,"${'x\n'.repeat(1_500_000)}"\n2,y\n`)
    expect(rows.map((row) => [row['b']!.length, row['_row_number']])).toEqual([
      [3_000_000, '2'],
      [1, '1500003'],
    ])
  })
})

const REFUSALS = ['FILE_TOO_WIDE', 'FILE_EMPTY', 'FILE_UNREADABLE', 'FILE_TRUNCATED', 'DRIFT_DUPLICATE_COLUMN']

describe('a file', () => {
  it.each([
    ['of zero bytes', '', 'FILE_EMPTY'],
    ['of empty lines', '\n\n', 'FILE_UNREADABLE'],
    ['in UTF-16', Buffer.from('\ufeffA,B\n1,2\n', 'utf16le'), 'FILE_UNREADABLE'],
    ['that ends in a record that lacks fields', 'A,B\n1,x\n2', 'FILE_TRUNCATED'],
    ['that ends inside quotes', 'A,B\n1,x\n2,"y', 'FILE_TRUNCATED'],
    ['whose header lacks a required column', 'A,B\n1,2\n', 'DRIFT_MISSING_REQUIRED'],
    [
      'whose header has 2,001 columns',
      `${Array.from({ length: 2_001 }, (_, at) => `C${at}`).join(',')}\n`,
      'FILE_TOO_WIDE',
    ],
    ['whose header has a column twice', `${HEADER},ID\n`, 'DRIFT_DUPLICATE_COLUMN'],
  ])('%s is refused', async (_, content, code) => {
    const contract = code.startsWith('DRIFT') ? everything : two
    await expect(bench.transform(contract, content)).rejects.toMatchObject({ code })
  })

  it('with nothing but its header is a part without rows', async () => {
    for (const content of [HEADER, `${HEADER}\n`, `${HEADER}\r\n`]) {
      const { result, rows, rejects } = await bench.transform(everything, content)
      expect(result.counts).toEqual({ lines: 1, records: 1, blankLines: 0, accepted: 0, rejected: 0 })
      expect([rows, rejects]).toEqual([[], []])
      expect(result.totals).toEqual({ amount: '0.00', tax: '0.00000000' })
    }
  })

  it('may have its columns in any order, new ones among them', async () => {
    const { rows, result } = await bench.transform(two, 'B,New,A\nx,?,1\n')
    expect(rows).toMatchObject([{ a: '1', b: 'x' }])
    expect(result.drift).toEqual({ newColumns: ['New'], missingOptional: [], reordered: true })
  })

  it('whose every row is bad is a list of rejects', async () => {
    const { result, rejects } = await bench.transform(contractOf([text('a', 'int64')]), `A\n${'x\n'.repeat(5_000)}`)
    expect(result.counts).toMatchObject({ accepted: 0, rejected: 5_000 })
    expect(rejects.map((reject) => reject['line'])).toEqual(
      Array.from({ length: 5_000 }, (_, index) => String(index + 2)),
    )
  })

  it('of any bytes is transformed with nothing lost, or refused with a code', async () => {
    const parts = fc.oneof(
      fc
        .constantFrom('a', ',', '"', '""', '\n', '\r\n', '\r', ' ', '\0', 'é', '1', '","', '\ufeff')
        .map((part) => Buffer.from(part)),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    )
    const bytes = fc
      .tuple(fc.constantFrom('A,B\n', 'A,B\r\n', '', '\ufeffA,B\n', 'A,B\r'), fc.array(parts, { maxLength: 80 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start), ...rest]))
    const run = async (content: Buffer) => {
      const outcome = await bench.transform(two, content).catch((error: unknown) => error)
      if (outcome instanceof DaybreakError) {
        expect(REFUSALS, outcome.message).toContain(outcome.code)
        return
      }
      if (outcome instanceof Error || !outcome || typeof outcome !== 'object' || !('result' in outcome)) throw outcome
      const { rows, rejects, result } = outcome as Awaited<ReturnType<TransformBench['transform']>>
      expect(result.counts.records).toBe(1 + rows.length + rejects.length)
      const lines = [
        ...rows.map((row) => Number(row['_row_number'])),
        ...rejects.map((reject) => Number(reject['line'])),
      ].toSorted((a, b) => a - b)
      const bareCr = content.includes(13) && !content.includes(10)
      const scanned = content.subarray(content.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0)
      if (!bareCr)
        expect(lines).toEqual(
          naiveScan(scanned)
            .records.slice(1)
            .map((record) => record.line),
        )
    }
    await fc.assert(fc.asyncProperty(bytes, run), { numRuns: draws({ suite: 40, soak: 1_500 }) })
  })
})

describe('the same file', () => {
  const body = Array.from({ length: 400 }, (_, index) =>
    line({
      ID: `A${index}`,
      NOTE: index % 7 ? 'plain' : '"two\nlines"',
      N: index % 50 ? '7' : 'x',
      CARD: index % 90 ? '0042' : '0042,more',
    }),
  )

  it('gives the same bytes again, with any number of lanes', async () => {
    const one = await openTransformBench({ pieceBytes: 2_000, lanes: 1 })
    const first = await one.transform(everything, file(...body))
    await one.close()
    const second = await pieces.transform(everything, file(...body))
    const third = await pieces.transform(everything, file(...body))
    for (const other of [second, third]) {
      expect(other.partBytes.equals(first.partBytes)).toBe(true)
      expect(other.rejectBytes.equals(first.rejectBytes)).toBe(true)
      expect(other.result.totals).toEqual(first.result.totals)
    }
  })

  it('keeps every row at its place while the files of pieces are written over', async () => {
    // Records of one length: a piece that were read from the file of another would have the right number of them.
    const ids = Array.from({ length: 20_000 }, (_, index) => `A${String(index).padStart(6, '0')}`)
    const many = await openTransformBench({ pieceBytes: 100_000, lanes: 2 })
    const { rows, result } = await many.transform(everything, file(...ids.map((ID) => line({ ID }))))
    await many.close()
    expect(result.counts).toMatchObject({ accepted: ids.length, rejected: 0 })
    expect(rows.map((row) => row['id'])).toEqual(ids)
  })

  it('gives the same rows, rejects and totals in one piece and in many', async () => {
    const whole = await bench.transform(everything, file(...body))
    const cut = await pieces.transform(everything, file(...body))
    expect(cut.rows).toEqual(whole.rows)
    expect(cut.rejects).toEqual(whole.rejects)
    expect(cut.result.counts).toEqual(whole.result.counts)
    expect(cut.result.totals).toEqual(whole.result.totals)
    expect(whole.rows.map((row) => row['_row_number'])).toEqual(
      naiveScan(Buffer.from(file(...body)))
        .records.slice(1)
        .map((record) => String(record.line))
        .filter((number) => !whole.rejects.some((reject) => reject['line'] === number)),
    )
  })

  it('names the size of its pieces in the engine only where it is not the usual one', () => {
    expect(pieces.transformer.engine).toBe(`${bench.transformer.engine}-p2000`)
  })

  it('can be cancelled, and leaves nothing but its code behind', async () => {
    const stop = new AbortController()
    const running = pieces.transform(everything, file(...body), { signal: stop.signal, onProgress: () => stop.abort() })
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await pieces.transform(everything, file(line()))).rows).toHaveLength(1)
  })
})

describe('a derived value', () => {
  const column = (name: string, type: string, more: object = {}) => ({
    ...{ name, from: name, type, description: 'A column.', ...more },
  })
  /** The values of expressions over one row. */
  const derive = async (row: Readonly<Record<string, readonly [type: string, value: string]>>, ...texts: string[]) => {
    const contract = Contract.parse({
      ...yamlWords(everything),
      key: [Object.keys(row)[0]!],
      columns: Object.entries(row).map(([name, [type]]) => column(name, type, { scale: type === 'numeric' ? 2 : 9 })),
      derived: texts.map((text, at) => {
        const [type, expression] = text.split(': ')
        return { name: `x${at}`, type, expression, description: 'A.' }
      }),
      checks: [],
    })
    const values = Object.values(row).map(([, value]) => value)
    const { rows } = await bench.transform(contract, `${Object.keys(row).join(',')}\n${values.join(',')}\n`)
    return texts.map((_, at) => rows[0]?.[`x${at}`])
  }

  it('is empty where it does not fit, also in a comparison with a constant', async () => {
    const row = { a: ['numeric', '9999999999999999.99'] } as const
    expect(await derive(row, 'numeric: a * a', 'bool: 926.2 >= a * a')).toEqual([null, null])
  })

  it('is empty where a division overflows, and the file is not refused', async () => {
    const row = { a: ['numeric', '9999999999999999.99'], b: ['numeric', '3'] } as const
    // In a list DuckDB works the division out of its TRY.
    expect(
      await derive(row, 'bool: b in (a * 100000 / 0.000000001, b)', 'bool: b in (a * 100000 / 0.000000001, 4)'),
    ).toEqual([...['true', null]])
  })

  it('of binary fractions is exact, and never infinite', async () => {
    const row = { f: ['float64', '123456789.123456789'], g: ['float64', '1e308'] } as const
    expect(await derive(row, 'numeric: numeric(f)', 'float64: g * f', 'bool: g * f > 1.5')).toEqual([
      ...['123456789.123456791', null, null],
    ])
  })

  it('of days stays in the years that a calendar date can have', async () => {
    const row = { d: ['date', '2025-02-05'], i: ['int64', '3652059'] } as const
    expect(await derive(row, 'date: add_days(d, 1)', 'date: add_days(d, i)', 'date: add_days(d, -i)')).toEqual([
      ...['2025-02-06', null, null],
    ])
  })
})

describe('local times as UTC', () => {
  it.each([
    'America/New_York',
    'America/Phoenix',
    'Europe/London',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Sao_Paulo',
    'America/St_Johns',
  ])('in %s are those of Temporal, with the first of two equal hours and the gap skipped forward', async (timeZone) => {
    const contract = contractOf([text('a', 'datetime', { format: 'yyyy-MM-dd HH:mm' }), text('b')], {
      derived: [{ name: 'utc', type: 'timestamp', from: 'a', parse: 'utc', description: 'UTC.' }],
    })
    const nights = [
      '2025-11-02',
      '2025-03-09',
      '2025-10-26',
      '2025-03-30',
      '2025-04-06',
      '2025-10-05',
      '1999-10-31',
      '2018-02-17',
      '2018-02-18',
      '2018-11-04',
      '1995-07-01',
      '2040-11-04',
      '2023-01-01',
      '2027-01-01',
    ]
    const times = nights.flatMap((day) =>
      Array.from({ length: 48 }, (_, half) => `${day} ${String(half >> 1).padStart(2, '0')}:${half % 2 ? '30' : '00'}`),
    )
    const location = { id: '1', name: 'There', timeZone, closeoutHour: 4 }
    const { rows } = await bench.transform(contract, `A,B\n${times.map((time) => `${time},x`).join('\n')}\n`, {
      location,
    })
    const expected = times.map((time) =>
      Temporal.PlainDateTime.from(time.replace(' ', 'T'))
        .toZonedDateTime(timeZone)
        .toInstant()
        .toString()
        .replace('T', ' ')
        .replace('Z', '+00'),
    )
    expect(rows.map((row) => row['utc'])).toEqual(expected)
  })
})

describe('a contract of no restaurant', () => {
  const shop = Contract.parse({
    version: 1,
    stream: 'sales',
    description: 'Sales.',
    key: ['id'],
    carries: { shard: 'branch', window: 'day' },
    columns: [
      { name: 'id', from: 'Id', type: 'int64', description: 'Id.' },
      { name: 'at', from: 'At', type: 'datetime', format: 'yyyy-MM-dd HH:mm', description: 'When.' },
    ],
  })
  const slice = { shard: 'north', window: '2025-02-05' }
  const given = {
    constants: constantsOf(shop, slice),
    rejectConstants: rejectConstantsOf(shop, slice),
    place: undefined,
  }

  it('has the constants it is given in every row and every reject, in their order', async () => {
    const { rows, rejects } = await bench.transform(shop, 'Id,At\n1,2025-02-05 10:00\nx,2025-02-05 10:00\n', given)
    expect(Object.keys(rows[0] ?? {}).slice(0, 4)).toEqual(['id', 'at', 'branch', 'day'])
    expect(rows).toMatchObject([{ branch: 'north', day: '2025-02-05', id: '1' }])
    expect(Object.keys(rejects[0] ?? {}).slice(0, 3)).toEqual(['branch', 'day', 'stream'])
    expect(rejects).toMatchObject([{ branch: 'north', day: '2025-02-05', column: 'id', value: 'x' }])
  })

  it.each([
    [
      'CONFIG_INVALID',
      'parse: utc',
      { derived: [{ name: 'at_utc', type: 'timestamp', from: 'at', parse: 'utc', description: 'UTC.' }] },
    ],
    ['EXPRESSION_INVALID', 'closeout_hour', { checks: [{ name: 'late', that: 'id > closeout_hour', effect: 'warn' }] }],
  ])('is refused with %s for %s where the slice has no place', async (code, word, change) => {
    const asking = Contract.parse({ ...yamlWords(shop), ...change })
    await expect(bench.transform(asking, 'Id,At\n1,2025-02-05 10:00\n', given)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(word),
    })
  })
})
