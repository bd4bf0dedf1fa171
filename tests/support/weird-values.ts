import fc from 'fast-check'
import { Contract } from '../../functions/contract/contract.ts'
import { yamlWords } from '../../functions/lib/yaml-object.ts'

const column = (name: string, type: string, more: object = {}) => ({
  name,
  from: name,
  type,
  description: 'A.',
  ...more,
})

/** Every type, and numbers of several scales; nothing is required, so that one odd value is all that is wrong with a row. */
export const lenient = Contract.parse({
  version: 1,
  stream: 'things',
  description: 'One row per thing.',
  file: 'Things.csv',
  key: ['whole'],
  table: { partition_by: 'business_date' },
  columns: [
    column('whole', 'int64'),
    column('none', 'numeric', { scale: 0 }),
    column('cents', 'numeric', { scale: 2 }),
    column('fine', 'numeric', { scale: 8 }),
    column('full', 'numeric'),
    column('ratio', 'float64'),
    column('flag', 'bool'),
    column('at', 'datetime', { format: ['M/d/yy h:mm a', "yyyy-MM-dd'T'HH:mm:ss", 'dd.MM.yyyy H:mm'] }),
    column('day', 'date', { format: ['M/d/yy', 'yyyy-MM-dd'] }),
    column('clock', 'time', { format: ['h:mm a', 'HH:mm:ss'] }),
    column('took', 'string'),
    column('prose', 'string'),
    column('who', 'string', { privacy: 'hash' }),
    column('card', 'string', { privacy: 'mask' }),
  ],
  derived: [
    { name: 'at_utc', type: 'timestamp', from: 'at', parse: 'utc', description: 'A.' },
    { name: 'took_seconds', type: 'int64', from: 'took', parse: 'signed_clock_duration', description: 'A.' },
    { name: 'prose_seconds', type: 'int64', from: 'prose', parse: 'prose_duration', description: 'A.' },
  ],
})

const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${most}}$`))
const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((texts) => texts.join(''))
const one = fc.constantFrom

const number = joined(
  one('', '', '', '-', '+', '$', '-$', '--', ' ', '$-'),
  fc.oneof(
    digits(4),
    digits(12),
    digits(32),
    joined(
      fc.nat(40).map((zeros) => '0'.repeat(zeros)),
      digits(5),
    ),
    joined(digits(4), one(','), digits(5)),
  ),
  fc.oneof(one('', '.'), joined(one('.'), digits(12)), joined(one('.'), digits(3), one('0'.repeat(30)))),
  fc.oneof(
    one('', '', 'E', ' ', '\t'),
    joined(one('e', 'E-', 'E+', 'e0', 'E-0'), fc.nat(12).map(String)),
    one('E-120', 'e400'),
  ),
)
const two = fc.oneof(
  fc.nat(14).map(String),
  fc.nat(70).map(String),
  fc.nat(70).map((value) => String(value).padStart(2, '0')),
)
const half = one('AM', 'PM', 'pm', 'Pm', 'A', '')
const year = one('2025', '1999', '1000', '2999', '0999', '1582', '1883', '2024', '1900', '25')
const date = fc.oneof(
  joined(two, one('/'), two, one('/'), two, one(' '), two, one(':'), two, one(' '), half),
  joined(one('3/9/25 ', '11/2/25 ', '11/1/26 '), one('1', '2', '12'), one(':00 ', ':30 ', ':59 '), one('AM', 'PM')),
  joined(year, one('-'), two, one('-'), two, one('T'), two, one(':'), two, one(':'), two),
  joined(two, one('.'), two, one('.'), year, one(' '), two, one(':'), two),
  joined(two, one('/'), two, one('/'), two),
  joined(year, one('-'), two, one('-'), two),
  joined(two, one(':'), two, one(' '), half),
  joined(two, one(':'), two, one(':'), two),
)
const took = joined(one('', '-', '+'), digits(10), one(':', ':-'), two, one(':', ':-'), two)
const units = one('weeks', 'week', 'days', 'hour', 'minutes', 'second', 'milliseconds', 'year')
const prose = fc
  .tuple(
    fc.array(joined(one('', '-'), digits(9), one(' '), units), { minLength: 1, maxLength: 3 }),
    one(', ', ' and ', ', and ', ' '),
  )
  .map(([parts, joint]) => parts.join(joint))
const letters = fc.string({
  unit: one(
    'a',
    'B',
    ' ',
    '"',
    ',',
    '\n',
    'é',
    '红',
    '😀',
    '\u00a0',
    "'",
    '\\',
    '*',
    '\t',
    '\u2028',
    '\u200d',
    '\ufeff',
    '\x07',
  ),
  maxLength: 6,
})
const word = one(
  'true',
  'True',
  'tRUE',
  'Yes',
  'NO',
  'nO',
  'f',
  '1',
  'NaN',
  'inf',
  '1e308',
  '1e309',
  '-0',
  '5e-324',
  '9223372036854775808',
  '٣',
)

const OWN: Readonly<Record<string, fc.Arbitrary<string>>> = {
  flag: word,
  at: date,
  day: date,
  clock: date,
  took,
  prose,
  who: letters,
  card: letters,
}
const names = lenient.columns.map(({ name }) => name)

/** A row of `lenient` in which one value is of a kind that may or may not fit its column. */
export const oddRow: fc.Arbitrary<string> = fc
  .constantFrom(...names)
  .chain((name) =>
    fc
      .oneof({ weight: 8, arbitrary: OWN[name] ?? number }, word, date, letters)
      .map((value) => names.map((each) => (each === name ? quoted(value) : '')).join(',')),
  )

const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
export const LENIENT_HEADER = names.join(',')

/** Bytes that nearly are a CSV file of three columns. */
export const nearlyCsv: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom('a,b,c', 'c,b,a', 'c,b,a,new', ' A,B ,c', '"a","b","c"', '\n\r\na,b,c', '\ufeffa,b,c', 'a,b'),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.array(
      fc.oneof(
        {
          weight: 30,
          arbitrary: fc.constantFrom(
            '1',
            '2',
            'x',
            ' ',
            'é',
            '红',
            ',',
            ',',
            '"',
            '""',
            '\n',
            '\r\n',
            '"a,b"',
            '"x\ny"',
          ),
        },
        {
          weight: 12,
          arbitrary: fc.constantFrom('\n1,2,3\n', '\nx,1,z\n', '\n"p ",2,"q""r"\n', '\n,,\n', '2,3,4,,\n', '\n1,2\n'),
        },
        {
          weight: 3,
          arbitrary: fc.constantFrom(
            ...[
              '\ufeff',
              '\x1a\n',
              '\r\r\n',
              '\u00a0',
              '\u200b',
              '\u202f',
              'a\u200db',
              '👨‍👩‍👧',
              '\f',
              '\x85',
              '\u2028',
              '\t',
              '\x7f',
            ],
          ),
        },
        {
          weight: 3,
          arbitrary: fc.constantFrom(
            ...['\n"x\n1,2,3\n2",5,6\n', '\n7,8,"a,b\n7,c"\n', '\n1,2,"p\n600000034,x"\n', '\n1,2,"so, and\nso, on"\n'],
          ),
        },
        {
          weight: 2,
          arbitrary: fc.constantFrom(
            ...[
              'a@b.cc',
              '+1 555 010 0001',
              '555-0100',
              '4111111111111111',
              '2025-02-05 11',
              '\nx@y.zz,k,600000034357000896\n',
            ],
          ),
        },
        { weight: 1, arbitrary: fc.constantFrom('\0', '\r', 'byte 81', 'byte E9', 'byte 93') },
      ),
      { maxLength: 60 },
    ),
  )
  .map(([header, end, parts]) => {
    const bytes = parts.map((part) =>
      part.startsWith('byte ') ? Buffer.from(part.slice(5), 'hex') : Buffer.from(part),
    )
    return Buffer.concat([Buffer.from(header + end), ...bytes, Buffer.from('\n')])
  })

const privacies = ['keep', 'mask', 'hash', 'drop'] as const
/** Contracts for them: each privacy class, required or not, with two keys that rows may repeat. */
export const strict: readonly Contract[] = privacies.map((privacy) =>
  Contract.parse({
    ...yamlWords(lenient),
    columns: [
      column(
        'a',
        'string',
        privacy === 'mask' ? { pattern: '[0-9x]{1,18}' } : privacy === 'hash' ? { allow: 'lines' } : {},
      ),
      column('b', 'int64'),
      column('c', 'string', { privacy, required: privacy === 'drop' }),
    ],
    derived: [],
    checks: [
      { name: 'one_a', unique: ['a'], effect: 'quarantine' },
      {
        name: 'one_b',
        empty_counts: privacy === 'keep',
        unique: ['b', ...(privacy === 'keep' || privacy === 'hash' ? ['c'] : [])],
        effect: 'quarantine',
      },
    ],
  }),
)
