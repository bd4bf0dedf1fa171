import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { BUSINESS_DATE, LOCATION_ID } from '../../functions/contract/carried.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { sumDecimals } from '../../functions/lib/decimal.ts'
import { type Deposit, type Matched, matchDeposits } from '../../functions/lib/match-deposits.ts'
import { askWarehouse } from '../ask.ts'
import type { Cell } from '../cell.ts'
import { type Call, command } from '../command.ts'
import { asMoney } from '../money.ts'
import { readCount } from '../values.ts'

const HEADER = [LOCATION_ID, 'arrived_on', 'deposit', 'amount']
const MOST = 1_000_000
// Most days from a business date to the refund of a payment.
const REFUNDS = 180

/** Compares a statement of the bank with expected deposits. */
export const deposits = command({
  name: 'deposits',
  description: 'Compare what the bank got, from a CSV file, with the deposits that payments lead to expect.',
  args: {
    file: {
      type: 'positional',
      description: `CSV with the header ${HEADER.join(',')}; a deposit as in tender_groups.`,
    },
    days: { type: 'string', default: '4', valueHint: 'N', description: 'Most days that a deposit arrives late.' },
    all: { type: 'boolean', description: 'List also those that are equal.' },
  },
  examples: ['daybreak deposits bank.csv', 'daybreak deposits bank.csv --all -o csv > compared.csv'],
  async run(call) {
    const { args, output } = call
    const days = readCount('--days', args.days, { min: 0, max: 60 })
    const bank = readStatement(args.file, await readFile(args.file, 'utf8').catch(absent(args.file)))
    const dates = bank.map(({ date }) => date).toSorted()
    const [first = '', until = ''] = [dates[0], dates.at(-1)]
    const matched = matchDeposits(await expectedBetween(addDays(first, -days), until, call), bank, { days, until })
    // A deposit that is expected before the first day of the file may stand in the file before it.
    const judged = matched.filter(({ bank: got, expectedOn }) => got !== null || (expectedOn ?? '') >= first)
    const wrong = judged.filter(({ state }) => state !== 'equal' && state !== 'not due')
    await output.rows({
      columns: COLUMNS,
      rows: judged.filter(({ state }) => args.all || state !== 'equal').map(toRow),
      empty: 'The bank got what was expected.',
    })
    const difference = asMoney(sumDecimals(['0', ...wrong.map((one) => one.difference)]))
    await output.text(
      `${judged.length - wrong.length} of ${judged.length} deposits as expected; difference: ${difference}.`,
    )
    return wrong.length > 0 ? 3 : 0
  },
})

const tone = (value: Cell) => (typeof value === 'string' && Number(value) !== 0 ? 'bad' : null)
const COLUMNS = [
  'location',
  'deposit',
  { key: 'expectedOn', head: 'expected on' },
  { key: 'arrivedOn', head: 'arrived on' },
  { key: 'expected', align: 'right' },
  { key: 'bank', align: 'right' },
  { key: 'difference', align: 'right', tone },
  'state',
] as const

function toRow({ expected, bank, difference, ...rest }: Matched) {
  const money = (amount: string | null) => (amount === null ? '' : asMoney(amount))
  return { ...rest, expected: money(expected), bank: money(bank), difference: asMoney(difference) }
}

function absent(file: string) {
  return (error: unknown): never => {
    throw new DaybreakError('USAGE_INVALID', `the file ${JSON.stringify(file)} cannot be read`, {
      cause: error,
      details: { next: 'daybreak deposits --help' },
    })
  }
}

/** @throws {DaybreakError} USAGE_INVALID with the line of a value that does not fit. */
function readStatement(file: string, text: string): readonly Deposit[] {
  const refuse = (line: number, problem: string) =>
    new DaybreakError('USAGE_INVALID', `${file}:${line} ${problem}`, { details: { next: 'daybreak deposits --help' } })
  const records = ((): readonly (readonly string[])[] => {
    try {
      return parse(text, { bom: true, skip_empty_lines: true })
    } catch (error) {
      throw refuse(1, `is no CSV: ${error instanceof Error ? error.message : error}`)
    }
  })()
  const [header = [], ...rows] = records
  if (header.join() !== HEADER.join())
    throw refuse(1, `has the header "${header.join(',')}"; expected "${HEADER.join(',')}"`)
  if (rows.length === 0) throw refuse(1, 'has no rows; expected one per deposit')
  return rows.map(([location = '', date = '', deposit = '', amount = ''], at) => {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date))
      throw refuse(at + 2, `arrived_on ${JSON.stringify(date)}: expected YYYY-MM-DD`)
    if (!/^-?\d{1,15}(\.\d{1,2})?$/.test(amount))
      throw refuse(at + 2, `amount ${JSON.stringify(amount)}: expected a decimal with at most two places`)
    return { location, date, deposit, amount }
  })
}

async function expectedBetween(
  from: string,
  to: string,
  call: Pick<Call, 'options' | 'context'>,
): Promise<readonly Deposit[]> {
  const sql =
    `SELECT ${LOCATION_ID}, tender_group, expected_on, ROUND(SUM(expected), 2) FROM models.deposits ` +
    `WHERE expected_on BETWEEN DATE '${from}' AND DATE '${to}' ` +
    `AND ${BUSINESS_DATE} BETWEEN DATE '${addDays(from, -REFUNDS)}' AND DATE '${to}' GROUP BY 1, 2, 3 ORDER BY 3, 1, 2`
  const { batches } = await askWarehouse({ sql, limit: MOST, countTo: MOST, timeout: 300_000 }, call)
  const rows = (await Array.fromAsync(batches)).flat()
  return rows.map(([location, deposit, date, amount]) => ({
    ...{ location: String(location ?? ''), deposit: String(deposit ?? ''), date: String(date ?? '') },
    amount: String(amount ?? '0'),
  }))
}
