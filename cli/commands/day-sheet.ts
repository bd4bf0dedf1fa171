import { BUSINESS_DATE, LOCATION_ID } from '../../functions/contract/carried.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { missingTable } from '../../functions/pipeline/views/missing-table.ts'
import { withReader } from '../ask.ts'
import type { Cell } from '../cell.ts'
import { type Call, command } from '../command.ts'
import { daySheetHtml, isZero, type SheetLine } from '../day-sheet-html.ts'
import { asMoney } from '../money.ts'
import { readDate, readMilliseconds } from '../values.ts'

const MOST = 100_000
const TIMEOUT = '60s'

/** The sheet of a day for finance. */
export const daySheet = command({
  name: 'day-sheet',
  description:
    'Print the sheet of a day for finance: sales, payments, cash, deposits, gift cards, each next to a second source.',
  args: {
    date: { type: 'positional', description: 'Business date, e.g. 2025-02-05.' },
    location: { type: 'string', valueHint: 'ID', description: 'Export id of one location. All of them if absent.' },
    html: { type: 'boolean', description: 'Print a page of HTML instead.' },
  },
  examples: [
    'daybreak day-sheet 2025-02-05',
    'daybreak day-sheet 2025-02-05 --location 185001 -o csv > sheet.csv',
    'daybreak day-sheet 2025-02-05 --html > sheet.html',
  ],
  async run(call) {
    const { args, output } = call
    const date = readDate('DATE', args.date)
    const lines = await readLines(call, { date, location: args.location ?? null })
    if (lines.length === 0) throw noSheet(date, args.location)
    if (args.html) return await output.raw(daySheetHtml(date, lines))
    await output.rows({ columns: COLUMNS, rows: lines.map((line) => ({ ...line })) })
    const open = lines.filter(({ difference }) => !isZero(difference)).length
    await output.text(
      open === 0
        ? 'Every line is what its second source says.'
        : `Lines that differ from their second source: ${open}.`,
    )
  },
})

const tone = (value: Cell) => (typeof value === 'string' && !isZero(value) ? 'bad' : null)

const COLUMNS = [
  'location',
  'section',
  'line',
  { key: 'amount', align: 'right' },
  { key: 'other', head: 'second source', align: 'right' },
  { key: 'difference', align: 'right', tone },
] as const

interface Asked {
  readonly date: string
  /** Null for all. */
  readonly location: string | null
}

async function readLines(
  call: Pick<Call, 'options' | 'context'>,
  { date, location }: Asked,
): Promise<readonly SheetLine[]> {
  try {
    return await withReader(call, async (reader, more) => {
      const { literal } = reader.dialect
      const own = location === null ? '' : ` AND ${LOCATION_ID} = ${literal(location)}`
      const sql =
        `SELECT ${LOCATION_ID}, section, line, amount, other_amount, difference FROM models.day_sheet ` +
        `WHERE ${BUSINESS_DATE} = DATE ${literal(date)}${own} ORDER BY ${LOCATION_ID}, place, line`
      const timeout = readMilliseconds('timeout', TIMEOUT)
      const { batches } = await reader.ask({ sql, limit: MOST, countTo: MOST, timeout, ...more })
      const lines: SheetLine[] = []
      for await (const batch of batches) for (const row of batch) lines.push(lineOf(row))
      return lines
    })
  } catch (error) {
    if (missingTable(error) === null) throw error
    throw noSheet(date, location ?? undefined, error)
  }
}

function lineOf(row: readonly (string | null)[]): SheetLine {
  const [location = '', section = '', line = '', amount = '', other = '', difference = ''] = row.map(
    (cell) => cell ?? '',
  )
  return { location, section, line, amount: asMoney(amount), other: asMoney(other), difference: asMoney(difference) }
}

function noSheet(date: string, location: string | undefined, cause?: unknown): DaybreakError {
  const where = location === undefined ? '' : ` of location ${location}`
  const message = `there is no day sheet of ${date}${where}: a location enters when its files of orders, items, checks, payments and the items report are loaded`
  return new DaybreakError('NOT_FOUND', message, {
    details: { next: `daybreak status --from ${date} --to ${date}` },
    cause,
  })
}
