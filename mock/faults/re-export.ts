import { Temporal } from 'temporal-polyfill'
import type { BusinessDate } from '../../functions/pipeline/entities.ts'
import type { CsvRecord, Table } from '../csv.ts'
import { money } from '../numbers.ts'
import type { MarkedTable } from './rows.ts'

type Change = (value: string) => string

const TIP = 500

/**
 * What Toast knows two days later: one more tip on an order, its check and its payment; captures settled, with fees; one
 * payment refunded on its own row. The files still agree with each other to the cent.
 */
export function reExport(tables: readonly Table[], date: BusinessDate): MarkedTable[] {
  const payments = tables.find(({ file }) => file === 'PaymentDetails.csv')
  const [tipped, refunded] = payments ? settledAlone(payments) : []
  const addTip = (value: string) => money(cents(value) + TIP)
  return tables.map((table) => {
    if (table.file === 'OrderDetails.csv') return edit(table, 'Order Id', tipped?.order, { Tip: addTip, Total: addTip })
    if (table.file === 'CheckDetails.csv') return edit(table, 'Check Id', tipped?.check, { Total: addTip })
    if (table.file !== 'PaymentDetails.csv') return { table, marks: [] }
    const settled = { ...table, records: table.records.map((record) => settle(table, record)) }
    const withTip = edit(settled, 'Payment Id', tipped?.payment, { Tip: addTip, Total: addTip })
    const refund = edit(withTip.table, 'Payment Id', refunded?.payment, {
      'Refund Date': () => dayAfter(date),
      'Refund Amount': () => refunded?.amount ?? '',
      'Refund Tip Amount': () => '0.00',
    })
    return { table: refund.table, marks: [...withTip.marks, ...refund.marks] }
  })
}

interface Settled {
  readonly payment: string
  readonly order: string
  readonly check: string
  readonly amount: string
}

/** Card payments that are the only row of their order, so that a change concerns one order, one check and one payment. */
function settledAlone({ header, records }: Table): Settled[] {
  const at = (record: CsvRecord, name: string) => record[header.indexOf(name)] ?? ''
  const rows = Map.groupBy(records, (record) => at(record, 'Order Id'))
  return records
    .filter((record) => at(record, 'Type') === 'Credit' && rows.get(at(record, 'Order Id'))?.length === 1)
    .filter(
      (record) =>
        ['CAPTURED', 'AUTHORIZED'].includes(at(record, 'Status')) && at(record, 'Swiped Card Amount') === '0.00',
    )
    .map((record) => ({
      payment: at(record, 'Payment Id'),
      order: at(record, 'Order Id'),
      check: at(record, 'Check Id'),
      amount: at(record, 'Amount'),
    }))
}

function settle({ header }: Table, record: CsvRecord): CsvRecord {
  const at = (name: string) => header.indexOf(name)
  const type = record[at('Type')]
  const successful = record[at('Status')] === 'AUTHORIZED' || record[at('Status')] === 'CAPTURED'
  if (type !== 'Credit' || !successful) return record
  const fee = money(Math.round(cents(record[at('Total')] ?? '0.00') * 0.029) + 15)
  return record.map((value, index) => (index === at('Status') ? 'CAPTURED' : index === at('V/MC/D Fees') ? fee : value))
}

function edit(
  table: Table,
  key: string,
  id: string | undefined,
  changes: Readonly<Record<string, Change>>,
): MarkedTable {
  const at = table.header.indexOf(key)
  const index = table.records.findIndex((record) => record[at] === id)
  const before = table.records[index]
  if (!before) return { table, marks: [] }
  const record = before.map((value, column) => changes[table.header[column] ?? '']?.(value) ?? value)
  const records = table.records.map((row, place) => (place === index ? record : row))
  const marks = Object.keys(changes).map((column) => ({
    record,
    kind: 'corrected',
    column,
    value: record[table.header.indexOf(column)] ?? '',
  }))
  return { table: { ...table, records }, marks }
}

function cents(text: string): number {
  return Math.round(Number(text) * 100)
}

function dayAfter(date: BusinessDate): string {
  const { month, day, year } = Temporal.PlainDate.from(date).add({ days: 1 })
  return `${month}/${day}/${String(year).slice(2)} 3:34 PM`
}
