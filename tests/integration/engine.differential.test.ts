import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Contract } from '../../functions/contract/contract.ts'
import { yamlWords } from '../../functions/lib/yaml-object.ts'
import { draws } from '../support/draws.ts'
import { openTransformBench, type Row, type TransformBench } from '../support/transform.ts'
import { everything } from '../support/transform-contract.ts'
import { ORACLE_COLUMNS, oracle } from '../support/transform-oracle.ts'

const named = new Set<string>(ORACLE_COLUMNS)
const contract = Contract.parse({
  ...yamlWords(everything),
  columns: everything.columns.filter(({ name }) => named.has(name)),
  derived: everything.derived.filter(({ name }) => name === 'at_utc' || name === 'doubled'),
})

const numbers = fc.oneof(
  fc.constantFrom(
    '0E-8',
    '1.89E-4',
    '0E-99',
    '0.00E+99',
    '1E-11',
    '123E-4',
    '-0E-8',
    '12.345',
    '1,020.00',
    '$5.00',
    '-$5',
    '(12.00)',
    '1e2',
    '1.50E1',
  ),
  fc.constantFrom(
    '1_000',
    '0x10',
    ' 7',
    '7 ',
    '--1',
    '1.2.3',
    '.5',
    '5.',
    '.',
    '-',
    '+5',
    '1E',
    '7.000000000000000000000',
  ),
  fc.constantFrom('9223372036854775807', '9223372036854775808', '-9223372036854775808', '9999999999999999.99', '1e17'),
  fc.constantFrom('7', '7.0', '7.5', '1e3', '-0', '007', '-1000.00', '-1000.01', 'NaN', 'inf', 'abc', 'é'),
  fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 999 })).map(([a, b]) => `${a}.${b}`),
)
const good = { id: 'A1', n: '7', amount: '12.34', tax: '0.50000000', ratio: '0.5', flag: 'true', at: '2/5/25 9:07 PM' }
const cells: Record<string, fc.Arbitrary<string>> = {
  id: fc.constantFrom(
    '600000034357000896',
    '1',
    '',
    'x',
    '\u00a01\t',
    'a\u00a0b',
    'a\tb',
    '1\u200d2',
    '\x1b',
    'k'.repeat(1_025),
  ),
  n: numbers,
  amount: numbers,
  tax: numbers,
  ratio: fc.constantFrom(
    '0.11570247933884298',
    '8.01392517571792E-4',
    '0',
    '1.2',
    'x',
    'NaN',
    'Infinity',
    '1e999',
    ' 1',
  ),
  flag: fc.constantFrom(
    'true',
    'False',
    'TRUE',
    'tRuE',
    'Yes',
    'no',
    't',
    '1',
    'y',
    ' true',
    'yes ',
    'maybe',
    'n',
    'ſfalſe',
  ),
  at: fc.constantFrom(
    '2/5/25 9:07 PM',
    '2/30/25 9:07 PM',
    '2/5/25 13:45 PM',
    '11/2/25 1:30 AM',
    '3/9/25 2:30 AM',
    '2/5/2025 9:07 PM',
    '2/5/25 9:07',
    '12/31/99 12:00 AM',
    '7/4/68 12:30 PM',
  ),
}
const texts = fc.constantFrom(
  '',
  'None',
  'NONE',
  ' lead',
  'trail ',
  'a,b',
  'say ""hi""',
  'two\nlines',
  'cr\r\nlf',
  '红油 🌶️',
  '12 in',
  '=1+1',
  'no\u00a0break\u2009',
  '\u200bzero',
  'ze\u200bro',
  'tab\tin',
  'bell\x07',
  '👨‍👩‍👧',
  'a\u200db',
  '\u202eevil',
  '\ufeff',
)
const field = (name: string) =>
  cells[name]
    ? fc.oneof({ weight: 6, arbitrary: fc.constant(good[name as keyof typeof good]) }, cells[name], fc.constant(''))
    : texts

const record = fc.record({
  values: fc.record(Object.fromEntries(ORACLE_COLUMNS.map((name) => [name, field(name)]))),
  shape: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.constantFrom(-3, -1, 1, 2)),
  quoteAll: fc.boolean(),
  blankBefore: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
})
const file = fc.record({
  header: fc.shuffledSubarray([...ORACLE_COLUMNS], { minLength: ORACLE_COLUMNS.length }),
  records: fc.array(record, { maxLength: 40 }),
  rowEnd: fc.constantFrom('\n', '\r\n'),
  lastEnd: fc.boolean(),
})

/** The file as text. Texts of the pool have their quotes doubled already. */
function fileText({ header, records, rowEnd, lastEnd }: typeof file extends fc.Arbitrary<infer T> ? T : never): string {
  const quote = (text: string, always: boolean) =>
    always || /[",\r\n\f\v\x85\u2028\u2029\ufeff]|^ | $/.test(text) ? `"${text}"` : text
  const lines = records.map(({ values, shape, quoteAll, blankBefore }) => {
    const fields = header.map((name) => quote(values[name] ?? '', quoteAll))
    const shaped = shape < 0 ? fields.slice(0, shape) : [...fields, ...Array.from({ length: shape }, () => 'more')]
    return (blankBefore ? rowEnd : '') + shaped.join(',')
  })
  // A last record that lacks fields and a line break is a half-written file, and another test's matter.
  const end = lastEnd || (records.at(-1)?.shape ?? -1) < 0 ? rowEnd : ''
  return [header.map((name) => name.toUpperCase()).join(','), ...lines].join(rowEnd) + end
}

let bench: TransformBench
let tiny: TransformBench
beforeAll(async () => {
  bench = await openTransformBench()
  tiny = await openTransformBench({ pieceBytes: 700, lanes: 2 })
})
afterAll(async () => {
  await bench.close()
  await tiny.close()
})

const normal = (row: Row, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      name === 'ratio' && row[name] !== null ? String(Number(row[name])) : (row[name] ?? null),
    ]),
  )

it('accepts, rejects and sums exactly as an independent reading with csv-parse, BigInt and Temporal', async () => {
  const columns = [...ORACLE_COLUMNS, 'at_utc', 'doubled', '_row_number']
  await fc.assert(
    fc.asyncProperty(file, fc.boolean(), async (given, inPieces) => {
      const text = fileText(given)
      const expected = oracle(text, given.header)
      const { rows, rejects, result } = await (inPieces ? tiny : bench).transform(contract, text)
      expect(rows.map((row) => normal(row, columns))).toEqual(expected.rows.map((row) => normal(row, columns)))
      expect(rejects.map(({ line, record: number, column, rule }) => ({ line, record: number, column, rule }))).toEqual(
        expected.rejects,
      )
      expect(result.totals).toMatchObject(expected.totals)
      expect(result.counts).toMatchObject({ accepted: expected.rows.length, rejected: expected.rejects.length })
    }),
    { numRuns: draws({ suite: 16, soak: 400 }) },
  )
})
