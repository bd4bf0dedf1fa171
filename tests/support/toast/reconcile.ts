import {
  clockSeconds,
  dayNumber,
  groupBy,
  minutes,
  type NightBytes,
  proseSeconds,
  type Row,
  readRows,
  total,
  units,
} from './read.ts'

/** One place where a night breaks a rule that was measured on real exports. */
export interface Finding {
  readonly rule: string
  readonly what: string
}

interface Files {
  readonly orders: readonly Row[]
  readonly checks: readonly Row[]
  readonly payments: readonly Row[]
  readonly items: readonly Row[]
  readonly report: readonly Row[]
  readonly cash: readonly Row[]
  readonly kitchen: readonly Row[]
  readonly date: string
  readonly closeoutHour: number
}

type Rule = (files: Files) => Iterable<string>

const CENT = 1_000_000n
const SUCCESSFUL = ['CAPTURED', 'AUTHORIZED', 'CAPTURE_IN_PROGRESS']
const isTrue = (text: string | undefined) => text?.toLowerCase() === 'true'
const near = (a: bigint, b: bigint, tolerance: bigint) => a - b <= tolerance && b - a <= tolerance
const sold = (rows: readonly Row[]) => rows.filter((row) => !isTrue(row['Void?']))
const show = (value: bigint) => String(Number(value) / 1e8)

/** Everything the rules R1 to R21 find wrong in one night. Written from the facts alone: shares nothing with the generator. */
export function reconcile(night: NightBytes, date: string, closeoutHour = 4): Finding[] {
  const files: Files = {
    orders: readRows(night, 'OrderDetails.csv'),
    checks: readRows(night, 'CheckDetails.csv'),
    payments: readRows(night, 'PaymentDetails.csv'),
    items: readRows(night, 'ItemSelectionDetails.csv'),
    report: readRows(night, 'AllItemsReport.csv'),
    cash: readRows(night, 'CashEntries.csv'),
    kitchen: readRows(night, 'KitchenTimings.csv'),
    date,
    closeoutHour,
  }
  return Object.entries(RULES).flatMap(([rule, check]) => [...check(files)].map((what) => ({ rule, what })))
}

const RULES: Readonly<Record<string, Rule>> = {
  *R1({ orders }) {
    for (const row of orders) {
      const parts = ['Amount', 'Tax', 'Tip', 'Gratuity'].map((column) => units(row[column]!)).reduce((a, b) => a + b)
      if (parts !== units(row.Total!)) yield `order ${row['Order Id']}: parts ${show(parts)}, total ${row.Total}`
    }
  },
  *R2({ payments }) {
    for (const row of payments) {
      const parts = units(row.Amount!) + units(row.Tip!) + units(row.Gratuity!)
      if (parts !== units(row.Total!)) yield `payment ${row['Payment Id']}: parts ${show(parts)}, total ${row.Total}`
    }
  },
  *R3({ orders, items }) {
    const byOrder = groupBy(sold(items), 'Order Id')
    for (const row of orders) {
      const net = total(byOrder.get(row['Order Id']!) ?? [], 'Net Price')
      if (net !== units(row.Amount!)) yield `order ${row['Order Id']}: items ${show(net)}, amount ${row.Amount}`
    }
  },
  *R4({ orders, items }) {
    const byOrder = groupBy(sold(items), 'Order Id')
    for (const row of orders) {
      const net = total(byOrder.get(row['Order Id']!) ?? [], 'Gross Price') - units(row['Discount Amount']!)
      if (net !== units(row.Amount!))
        yield `order ${row['Order Id']}: gross less discount ${show(net)}, amount ${row.Amount}`
    }
  },
  *R5({ orders, items }) {
    const byOrder = groupBy(sold(items), 'Order Id')
    for (const row of orders) {
      const tax = total(byOrder.get(row['Order Id']!) ?? [], 'Tax')
      if (!near(tax, units(row.Tax!), CENT)) yield `order ${row['Order Id']}: items' tax ${show(tax)}, tax ${row.Tax}`
    }
  },
  *R6({ orders, checks }) {
    const byNumber = groupBy(checks, 'Check #')
    for (const row of orders) {
      const sum = row.Checks!.split(', ').reduce((all, number) => all + total(byNumber.get(number) ?? [], 'Total'), 0n)
      if (sum !== units(row.Total!)) yield `order ${row['Order Id']}: checks ${show(sum)}, total ${row.Total}`
    }
  },
  *R7({ checks, payments }) {
    const byCheck = groupBy(
      payments.filter((row) => SUCCESSFUL.includes(row.Status!)),
      'Check Id',
    )
    for (const row of checks) {
      const paid = total(byCheck.get(row['Check Id']!) ?? [], 'Total')
      if (paid !== units(row.Total!)) yield `check ${row['Check Id']}: paid ${show(paid)}, total ${row.Total}`
    }
  },
  *R8({ report }) {
    const all = report.find((row) => level(row) === 'ALL')
    if (!all) return
    for (const name of ['MENU', 'GROUP', 'ITEM']) {
      const rows = report.filter((row) => level(row) === name)
      for (const column of ['Net Amount', 'Gross Amount', 'Item Qty', 'Void Qty', 'Discount Amount']) {
        const sum = total(rows, column)
        if (sum !== units(all[column]!)) yield `${name} rows: ${column} ${show(sum)}, all ${all[column]}`
      }
    }
  },
  *R9({ report, orders, items }) {
    const all = report.find((row) => level(row) === 'ALL')
    if (!all) return
    const amount = total(orders, 'Amount')
    if (amount !== units(all['Net Amount']!)) yield `orders ${show(amount)}, report ${all['Net Amount']}`
    const qty = total(sold(items), 'Qty')
    if (qty !== units(all['Item Qty']!)) yield `items ${show(qty)}, report ${all['Item Qty']}`
  },
  *R10({ report }) {
    for (const row of report) {
      const money = (column: string) => units(row[column]!)
      const name = [row['Menu Name'], row['Menu Group'], row['Menu Item']].join(' > ')
      if (money('Gross Amount') - money('Discount Amount') !== money('Net Amount')) yield `${name}: gross - discount`
      if (money('Gross Amount') + money('Void Amount') !== money('Gross Amount (incl voids)')) yield `${name}: voids`
    }
  },
  *R11({ items }) {
    for (const row of items) {
      if (units(row['Net Price']!) > units(row['Gross Price']!) - units(row.Discount!))
        yield `item ${row['Item Selection Id']}`
    }
  },
  *R12({ payments, cash }) {
    if (cash.length === 0) return
    const paid = payments.filter((row) => row.Type === 'Cash' && SUCCESSFUL.includes(row.Status!))
    const entries = cash.filter((row) => row.Action === 'CASH_PAYMENT')
    if (paid.length !== entries.length) yield `${paid.length} cash payments, ${entries.length} entries`
    if (total(paid, 'Total') !== total(entries, 'Amount')) yield `cash payments ${show(total(paid, 'Total'))}`
  },
  *R13({ orders, checks, payments, items, cash }) {
    const unique: [readonly Row[], string][] = [
      [orders, 'Order Id'],
      [checks, 'Check Id'],
      [payments, 'Payment Id'],
      [items, 'Item Selection Id'],
      [cash, 'Entry Id'],
    ]
    for (const [rows, column] of unique) {
      if (new Set(rows.map((row) => row[column])).size !== rows.length) yield `${column} repeats`
    }
  },
  *R14({ orders, checks, payments, items }) {
    const orderIds = new Set(orders.map((row) => row['Order Id']))
    const checkIds = new Set(checks.map((row) => row['Check Id']))
    for (const row of [...items, ...payments]) {
      const name = row['Payment Id'] ?? row['Item Selection Id']
      if (!orderIds.has(row['Order Id'])) yield `${name} belongs to no order`
      if (!checkIds.has(row['Check Id'])) yield `${name} belongs to no check`
    }
  },
  *R15({ orders }) {
    for (const row of orders.filter(({ Voided }) => isTrue(Voided))) {
      if (['Amount', 'Tax', 'Total'].some((column) => units(row[column]!) !== 0n)) yield `order ${row['Order Id']}`
    }
  },
  *R16({ orders }) {
    for (const row of orders) {
      if (row.Paid === '' || row.Closed === '') continue
      if (minutes(row.Closed!) < minutes(row.Paid!)) yield `order ${row['Order Id']} closed before it was paid`
      const duration = row['Duration (Opened to Paid)']!
      const difference = minutes(row.Paid!) - minutes(row.Opened!)
      if (duration !== '' && Math.abs(clockSeconds(duration) / 60 - difference) > 1)
        yield `order ${row['Order Id']}: duration ${duration}, difference ${difference} minutes`
    }
  },
  *R17({ kitchen }) {
    for (const row of kitchen) {
      if (row['Fulfilled Date'] === '') continue
      const seconds = (minutes(row['Fulfilled Date']!) - minutes(row['Fired Date']!)) * 60
      const told = proseSeconds(row['Fulfillment Time']!)
      if (seconds < 0 || Math.abs(seconds - told) > 60) yield `ticket ${row.ID}: ${seconds} s apart, told ${told} s`
    }
  },
  *R18({ orders, date, closeoutHour }) {
    const [year, month, day] = date.split('-').map(Number)
    const midnight = dayNumber(`${month}/${day}/${year}`) * 1440
    for (const row of orders) {
      const opened = minutes(row.Opened!)
      if (opened < midnight || opened >= midnight + (24 + closeoutHour) * 60)
        yield `order ${row['Order Id']} opened ${row.Opened}`
    }
  },
  *R19({ orders, report }) {
    const all = report.find((row) => level(row) === 'ALL')
    if (all && orders.length === 0 && units(all['Item Qty']!) > 0n) yield 'items were sold without an order'
  },
  *R21({ orders, report }) {
    const all = report.find((row) => level(row) === 'ALL')
    const living = orders.filter(({ Voided }) => !isTrue(Voided)).length
    if (all && Number(all['# Orders']) !== living) yield `report ${all['# Orders']}, orders ${living}`
  },
}

function level(row: Row): string {
  if (row['Menu Name'] === 'ALL MENUS') return 'ALL'
  if (row['Menu Group'] === '') return 'MENU'
  if (row['Menu Item'] !== '') return 'ITEM'
  return row.Subgroup === '' ? 'GROUP' : 'SUBGROUP'
}
