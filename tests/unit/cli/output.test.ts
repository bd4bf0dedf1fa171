import { stripVTControlCharacters } from 'node:util'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from '../../../cli/cell.ts'
import { csvLine } from '../../../cli/csv.ts'
import type { Format } from '../../../cli/options.ts'
import { createOutput, type Table } from '../../../cli/output.ts'
import { cellText } from '../../../cli/table.ts'
import { collectedStream } from '../../support/cli.ts'

async function printed(
  format: Format,
  table: Table,
  more: { color?: boolean; columns?: number } = {},
): Promise<string> {
  const stdout = collectedStream()
  await createOutput({ stdout, format, color: more.color ?? false, columns: more.columns ?? null }).rows(table)
  return stdout.text()
}

const table: Table = {
  columns: ['location', { key: 'rows', head: 'Rows', align: 'right' }, { key: 'state', tone: () => 'bad' }],
  rows: [
    { location: '185001', rows: 12, state: 'loaded', extra: { deep: [1, null] } },
    { location: '餃子の店 🥟', rows: 12_345n, state: null },
  ],
}

describe('rows', () => {
  it('as a table show the named columns, aligned, without colours', async () => {
    expect(await printed('table', table)).toBe(
      ['LOCATION      ROWS  STATE', '185001          12  loaded', '餃子の店 🥟  12345', ''].join('\n'),
    )
  })

  it('as a table on a terminal have colours that can be taken away', async () => {
    const colored = await printed('table', table, { color: true })
    expect(colored).toContain('\u001b[31mloaded')
    expect(stripVTControlCharacters(colored)).toBe(await printed('table', table))
  })

  it('as JSON are one array of whole rows, integers beyond 2^53 as text', async () => {
    const text = await printed('json', { ...table, rows: [{ location: 'a', rows: 9_007_199_254_740_993n, extra: 1 }] })
    expect(JSON.parse(text)).toEqual([{ location: 'a', rows: '9007199254740993', extra: 1 }])
    expect(JSON.parse(await printed('json', { ...table, rows: [] }))).toEqual([])
  })

  it('as NDJSON are one object a line', async () => {
    const lines = (await printed('ndjson', table)).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).location)).toEqual(['185001', '餃子の店 🥟'])
  })

  it('as CSV read back as they were', async () => {
    const text = await printed('csv', table)
    expect(parse(text, { columns: true })).toEqual([
      { location: '185001', rows: '12', state: 'loaded' },
      { location: '餃子の店 🥟', rows: '12345', state: '' },
    ])
  })

  it('that are none say what to do next, to people only', async () => {
    const empty = { ...table, rows: [], empty: 'No runs yet. Start one with `daybreak run`.' }
    expect(await printed('table', empty)).toBe('No runs yet. Start one with `daybreak run`.\n')
    expect(await printed('csv', empty)).toBe('location,rows,state\r\n')
  })

  it('arrive as they come, and none is kept, in the formats for programs', async () => {
    const stdout = collectedStream()
    let made = 0
    async function* rows() {
      for (; made < 3; made++) {
        yield { made }
        expect(stdout.text().split('\n').length - 1).toBe(made + 1)
      }
    }
    await createOutput({ stdout, format: 'ndjson', color: false, columns: null }).rows({
      columns: ['made'],
      rows: rows(),
    })
    expect(made).toBe(3)
  })

  it('wrap in the last column at the width of the terminal', async () => {
    const long = { columns: ['code', 'message'], rows: [{ code: 'A', message: 'word '.repeat(40).trim() }] }
    const lines = stripVTControlCharacters(await printed('table', long, { columns: 60 }))
      .trimEnd()
      .split('\n')
    expect(lines.length).toBeGreaterThan(3)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('are counted beyond the limit of a table, and all there in the formats for programs', async () => {
    const many = { columns: ['n'], rows: Array.from({ length: 1475 }, (_, n) => ({ n })), limit: 50 }
    const lines = (await printed('table', many)).trimEnd().split('\n')
    expect(lines).toHaveLength(53)
    expect(lines.at(-1)).toBe('1,475 rows, 50 shown; `--limit`, `-o csv`')
    expect((await printed('csv', many)).trimEnd().split('\n')).toHaveLength(1476)
    const endless = { columns: ['n'], rows: [{ n: 1 }], total: () => ({ rows: 1_000_000, all: false }) }
    expect(await printed('table', endless)).toContain('more than 1,000,000 rows, 1 shown')
    expect(await printed('table', { ...many, limit: 1475 })).not.toContain('shown')
  })

  it.each([1, 300])('as a table read each cell once, with %i rows', async (count) => {
    const columns = Array.from({ length: 34 }, (_, at) => `c${at}`)
    let reads = 0
    const row = new Proxy<Row>({}, { get: () => `餃子 ${reads++}` })
    await printed('table', { columns, rows: Array.from({ length: count }, () => row) }, { columns: 100 })
    // Once for its text, once for what aligns it, and once per row to see that it is no promise.
    expect(reads).toBeLessThanOrEqual((2 * 34 + 1) * count)
  })

  it('break within a word that is longer than a line, never within a character', async () => {
    const long = { columns: ['a', 'b'], rows: [{ a: 'x', b: '👨‍👩‍👧餃'.repeat(30) }] }
    const text = await printed('table', long, { columns: 40 })
    const parts = text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.slice(3))
    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts) expect(part).toMatch(/^(👨‍👩‍👧|餃)+$/u)
    expect(parts.join('')).toBe('👨‍👩‍👧餃'.repeat(30))
  })

  it('go nowhere, and nothing fails, when the reader has left', async () => {
    const stdout = collectedStream()
    stdout.destroy()
    await createOutput({ stdout, format: 'json', color: false, columns: null }).rows(table)
    expect(stdout.text()).toBe('')
  })
})

describe('CSV for spreadsheets', () => {
  it.each(['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '\r=x', '\n=x', '＝1'])(
    'text %j does not become a formula (S9)',
    (text) => {
      const [[cell] = []] = parse(csvLine([text]))
      expect(cell).toBe(`'${text}`)
    },
  )

  it.each(['-12.50', '+1', '0E-8', '-3'])('the number %s stays a number (S9)', (text) => {
    expect(csvLine([text])).toBe(`${text}\r\n`)
  })

  it('any text reads back as it was, but for the apostrophe before a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 5 }), (cells) => {
        const [read = []] = parse(csvLine(cells), {
          relax_column_count: true,
          skip_empty_lines: false,
          record_delimiter: '\r\n',
        })
        expect(read.map((cell: string, at: number) => (cell === `'${cells[at]}` ? cells[at] : cell))).toEqual(cells)
        for (const cell of read) expect(/^[=@\t\r]/.test(cell)).toBe(false)
      }),
    )
  })
})

describe('text from outside', () => {
  it.each([
    ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['a\nb', 'a\\nb'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\u009b31m', '\\u009b31m'],
  ])('%j cannot move the cursor of a terminal', (text, shown) => {
    expect(cellText(text)).toBe(shown)
  })
})
