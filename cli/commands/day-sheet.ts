import type { ApiAnswer } from '../../functions/api/contract/client.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { withApi } from '../api.ts'
import type { Cell } from '../cell.ts'
import { command } from '../command.ts'
import { daySheetHtml, isZero, type SheetLine } from '../day-sheet-html.ts'
import { asMoney } from '../money.ts'
import { readDate, readTime } from '../values.ts'

/** The sheet of a day for finance. */
export const daySheet = command({
  name: 'day-sheet',
  remote: 'served',
  description:
    'Print the sheet of a day for finance: sales, payments, cash, deposits, gift cards, each next to a second source.',
  args: {
    date: { type: 'positional', description: 'Business date, e.g. 2025-02-05.' },
    location: { type: 'string', valueHint: 'ID', description: 'Export id of one location. All of them if absent.' },
    'as-of': {
      type: 'string',
      valueHint: 'TIME',
      description: 'The sheet as it followed from the tables at this instant, or at the end of this day, in UTC.',
    },
    html: { type: 'boolean', description: 'Print a page of HTML instead.' },
  },
  examples: [
    'daybreak day-sheet 2025-02-05',
    'daybreak day-sheet 2025-02-05 --location 185001 -o csv > sheet.csv',
    'daybreak day-sheet 2025-02-05 --as-of 2025-02-10',
    'daybreak day-sheet 2025-02-05 --html > sheet.html',
  ],
  async run(call) {
    const { args, output } = call
    const date = readDate('DATE', args.date)
    const query = {
      ...(args.location !== undefined && { shard: [args.location] }),
      ...(args['as-of'] !== undefined && { asOf: readTime('--as-of', args['as-of']) }),
    }
    const sheet = await withApi(call, (api) => api('GET /api/day-sheet/{date}', { path: { date }, query }))
    const lines = linesOf(sheet)
    if (lines.length === 0) throw noSheet(date, args.location)
    if (args.html) return await output.raw(daySheetHtml(date, lines))
    await output.rows({ columns: COLUMNS, rows: lines.map((line) => ({ ...line })) })
    const open = lines.filter(({ difference }) => !isZero(difference)).length
    const told =
      open === 0 ? 'Every line is what its second source says.' : `Lines that differ from their second source: ${open}.`
    const as = sheet.asOf === null ? '' : ` As of ${sheet.asOf}, by ${byModels(sheet.release)}.`
    const left = sheet.missing.length === 0 ? '' : ` Without a sheet: ${sheet.missing.join(', ')}.`
    await output.text(`${told}${left}${as}`)
  },
})

const byModels = (release: number | null) =>
  release === null ? 'the present models' : `release ${release} of the models`

const tone = (value: Cell) => (typeof value === 'string' && !isZero(value) ? 'bad' : null)

const COLUMNS = [
  'location',
  'section',
  'line',
  { key: 'amount', align: 'right' },
  { key: 'other', head: 'second source', align: 'right' },
  { key: 'difference', align: 'right', tone },
] as const

function linesOf({ locations }: ApiAnswer<'GET /api/day-sheet/{date}'>): readonly SheetLine[] {
  return locations.flatMap(({ shard, lines }) =>
    lines.map(({ section, line, amount, other, difference }) => ({
      ...{ location: shard, section, line },
      ...{ amount: money(amount), other: money(other), difference: money(difference) },
    })),
  )
}

const money = (amount: string | null) => (amount === null ? '' : asMoney(amount))

function noSheet(date: string, location: string | undefined): DaybreakError {
  const where = location === undefined ? '' : ` of location ${location}`
  const message = `there is no day sheet of ${date}${where}: a location enters when its files of orders, items, checks, payments and the items report are loaded`
  return new DaybreakError('NOT_FOUND', message, { details: { next: `daybreak status --from ${date} --to ${date}` } })
}
