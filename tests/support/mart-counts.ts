import { parse } from 'csv-parse/sync'

/** Rows of a CSV file by header, every value as text. */
export type Records = readonly Readonly<Record<string, string>>[]

/** The files of one location and date by their names. */
export type Day = ReadonlyMap<string, Uint8Array>

/** Records of a file; none where it is missing. */
export function recordsOf(day: Day, name: string): Records {
  const bytes = day.get(name)
  return bytes ? parse(Buffer.from(bytes), { columns: true, bom: true }) : []
}

const PLACES = 9

/** A decimal at nine places; understands E-notation. Empty is zero. */
export function nano(text: string | undefined): bigint {
  const [mantissa = '', exponent = '0'] = (text || '0').toUpperCase().split('E')
  const [whole = '0', fraction = ''] = mantissa.replace('-', '').split('.')
  const shift = PLACES - fraction.length + Number(exponent)
  const digits = BigInt(whole + fraction)
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  return mantissa.startsWith('-') ? -value : value
}

/** As the warehouse prints a NUMERIC. */
export function plain(value: bigint): string {
  const text = (value < 0n ? -value : value).toString().padStart(PLACES + 1, '0')
  return `${value < 0n ? '-' : ''}${text.slice(0, -PLACES)}.${text.slice(-PLACES)}`
}

/** Sum of a column over the records that fit. */
export function sumOf(
  records: Records,
  header: string,
  fits: (record: Records[number]) => boolean = () => true,
): bigint {
  return records.filter(fits).reduce((sum, record) => sum + nano(record[header]), 0n)
}

const isTrue = (text: string | undefined) => text?.toLowerCase() === 'true'
export const isVoid = (record: Records[number]) => isTrue(record['Void?'])
const SUCCESSFUL = new Set(['CAPTURED', 'AUTHORIZED', 'CAPTURE_IN_PROGRESS'])
export const isMoney = (record: Records[number]) => SUCCESSFUL.has(record.Status ?? '')

const groups = (records: Records, keyOf: (record: Records[number]) => readonly string[]) =>
  [...Map.groupBy(records, (record) => JSON.stringify(keyOf(record)))].map(
    ([key, rows]) => [JSON.parse(key) as string[], rows] as const,
  )

type Row = readonly (string | null)[]

/** A mart counted from the records alone: the columns to compare, and rows in no order. */
export interface Count {
  readonly mart: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** Counts of the marts of one location and date. They share no code with the models. */
export function countMarts(day: Day): readonly Count[] {
  const [items, payments] = [recordsOf(day, 'ItemSelectionDetails.csv'), recordsOf(day, 'PaymentDetails.csv')]
  return [
    salesCount(recordsOf(day, 'OrderDetails.csv')),
    productCount(items),
    paymentCount(payments),
    cashCount(recordsOf(day, 'CashEntries.csv')),
    labourCount(recordsOf(day, 'TimeEntries.csv')),
    exceptionCount(day),
    depositCount(payments),
    modifierCount(recordsOf(day, 'ModifiersSelectionDetails.csv')),
    guestCount(recordsOf(day, 'CheckDetails.csv')),
  ]
}

function salesCount(orders: Records): Count {
  const rows = groups(orders, (order) => [order['Order Source'] || '(none)']).map(([[source = ''], each]): Row => {
    const [net, discounts] = [sumOf(each, 'Amount'), sumOf(each, 'Discount Amount')]
    const kept = each.filter((order) => !isTrue(order.Voided))
    return [
      source,
      ...[net + discounts, discounts, net, sumOf(each, 'Tax'), sumOf(each, 'Tip'), sumOf(each, 'Total')].map(plain),
      `${kept.length}`,
    ]
  })
  const sums = ['gross_sales', 'discounts', 'net_sales', 'tax', 'tips', 'total_due', 'orders']
  return { mart: 'daily_sales', columns: ['order_source', ...sums], rows }
}

function productCount(items: Records): Count {
  const keyOf = (item: Records[number]) => [
    item.Menu || '(none)',
    item['Menu Group'] || '(none)',
    item['Item Id'] || '(open)',
  ]
  const rows = groups(items, keyOf).map(([key, each]): Row => {
    const sold = each.filter((item) => !isVoid(item))
    const [gross, net] = [sumOf(sold, 'Gross Price'), sumOf(sold, 'Net Price')]
    const voided = [sumOf(each, 'Qty', isVoid), sumOf(each, 'Gross Price', isVoid)]
    return [...key, ...[sumOf(sold, 'Qty'), gross, gross - net, net, ...voided].map(plain)]
  })
  const sums = ['qty', 'gross_sales', 'discounts', 'net_sales', 'void_qty', 'void_amount']
  return { mart: 'product_mix', columns: ['menu', 'menu_group', 'item_id', ...sums], rows }
}

function paymentCount(payments: Records): Count {
  const rows = groups(payments, ({ Type, Status }) => [Type || '(none)', Status || '(none)']).map(
    ([key, each]): Row => {
      const money = each.filter(isMoney)
      const [refunds, tips] = [sumOf(money, 'Refund Amount'), sumOf(money, 'Refund Tip Amount')]
      const sums = [
        sumOf(each, 'Amount'),
        sumOf(each, 'Tip'),
        sumOf(each, 'Total'),
        sumOf(money, 'Total'),
        refunds,
        tips,
      ]
      return [...key, `${each.length}`, ...sums.map(plain)]
    },
  )
  const sums = ['payments', 'amount', 'tips', 'total', 'collected', 'refunds', 'refunded_tips']
  return { mart: 'payments_daily', columns: ['payment_type', 'status', ...sums], rows }
}

function cashCount(entries: Records): Count {
  const rows = groups(entries, (entry) => [entry['Cash Drawer'] || '(none)']).map(([key, each]): Row => {
    const of = (...actions: string[]) => sumOf(each, 'Amount', ({ Action = '' }) => actions.includes(Action))
    const expected = sumOf(each, 'Amount', ({ Action = '' }) => !Action.startsWith('CLOSE_OUT_'))
    const noSales = each.filter(({ Action }) => Action === 'NO_SALE').length
    return [...key, ...[of('CASH_PAYMENT', 'VOID_CASH_PAYMENT'), of('TIP_OUT'), expected].map(plain), `${noSales}`]
  })
  return {
    mart: 'cash_daily',
    columns: ['cash_drawer', 'cash_payments', 'tips_paid_out', 'expected_cash', 'no_sales'],
    rows,
  }
}

/** Null where no shift says anything: an empty cell is no zero. */
function known(each: Records, header: string): string | null {
  return each.every((record) => !record[header]) ? null : plain(sumOf(each, header))
}

function labourCount(shifts: Records): Count {
  const columns = ['job_title', 'people', 'hours', 'regular_hours', 'overtime_hours', 'cost', 'tips', 'open_shifts']
  const rows = groups(shifts, (shift) => [shift['Job Title'] || '(none)']).map(([key, each]): Row => {
    const people = new Set(each.map((shift) => shift['Employee Id'])).size
    const sums = ['Total Hours', 'Regular Hours', 'Overtime Hours', 'Total Pay', 'Total Tips'].map((header) =>
      known(each, header),
    )
    return [...key, `${people}`, ...sums, `${each.filter((shift) => !shift['Out Date']).length}`]
  })
  return { mart: 'labour_daily', columns, rows }
}

function exceptionCount(day: Day): Count {
  const payments = recordsOf(day, 'PaymentDetails.csv')
  const found: readonly (readonly [string, Records])[] = [
    ['voided_order', recordsOf(day, 'OrderDetails.csv').filter(({ Voided }) => isTrue(Voided))],
    ['voided_item', recordsOf(day, 'ItemSelectionDetails.csv').filter(isVoid)],
    ['discounts', recordsOf(day, 'CheckDetails.csv').filter(({ Discount }) => nano(Discount) !== 0n)],
    ['refund', payments.filter((row) => nano(row['Refund Amount']) + nano(row['Refund Tip Amount']) !== 0n)],
    ['voided_payment', payments.filter(({ Status }) => Status === 'VOIDED')],
    ['cash_given_back', payments.filter(({ Total }) => nano(Total) < 0n)],
    ['no_sale', recordsOf(day, 'CashEntries.csv').filter(({ Action }) => Action === 'NO_SALE')],
  ]
  const rows = found.filter(([, each]) => each.length > 0).map(([kind, each]): Row => [kind, `${each.length}`])
  return { mart: 'exceptions', columns: ['kind', 'count'], rows }
}

const CARDS = new Set(['Visa', 'Mastercard', 'Discover', 'JCB', 'Unknown'])

function depositOf({ Type, 'Card Type': card, 'Other Type': other }: Records[number]): string {
  const tender = Type === 'Credit' ? card : Type === 'Other' ? other : Type
  if (CARDS.has(tender ?? '')) return 'Cards'
  return tender === 'Amex' ? 'American Express' : tender || '(none)'
}

function depositCount(payments: Records): Count {
  const money = payments.filter((row) => isMoney(row) && !['Gift Card', 'House Account'].includes(row.Type ?? ''))
  const rows = groups(money, (row) => [depositOf(row)]).map(([key, each]): Row => {
    const [collected, fees] = [sumOf(each, 'Total'), sumOf(each, 'V/MC/D Fees')]
    const refunds = sumOf(each, 'Refund Amount') + sumOf(each, 'Refund Tip Amount')
    return [...key, ...[collected, refunds, fees, collected - refunds - fees].map(plain)]
  })
  return { mart: 'deposits', columns: ['tender_group', 'collected', 'refunds', 'fees', 'expected'], rows }
}

function modifierCount(modifiers: Records): Count {
  const kept = modifiers.filter((row) => !isVoid(row))
  const rows = groups(kept, (row) => [row['Option Group Name'] || '(none)']).map(
    ([key, each]): Row => [...key, plain(sumOf(each, 'Qty')), plain(sumOf(each, 'Gross Price'))],
  )
  return { mart: 'modifier_mix', columns: ['option_group', 'qty', 'gross_sales'], rows }
}

function guestCount(checks: Records): Count {
  const known = checks.filter((row) => row['Customer Id'])
  const rows: readonly Row[] = known.length === 0 ? [] : [[`${known.length}`, plain(sumOf(known, 'Total'))]]
  return { mart: 'guests', columns: ['checks', 'spend'], rows }
}

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400, week: 604_800 }

/** `1 hour, 2 minutes and 3 seconds` in seconds. */
function secondsOf(words: string): number {
  return [...words.matchAll(/(\d+) (second|minute|hour|day|week)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0),
    0,
  )
}

function daypartOf(time: string): string {
  const [, hour = '0', half] = /(\d+):\d+ (AM|PM)/.exec(time) ?? []
  const at = (Number(hour) % 12) + (half === 'PM' ? 12 : 0)
  return at < 5 || at > 20 ? 'Late night' : at < 11 ? 'Breakfast' : at < 16 ? 'Lunch' : 'Dinner'
}

/** The value that a share of the sorted values does not exceed, between two of them if need be. */
function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low + (high - low) * (place - Math.floor(place))
}

/** Rows of kitchen_times as text: station, part of the day, tickets, three percentiles, longest. */
export function kitchenCount(day: Day): readonly string[] {
  const done = recordsOf(day, 'KitchenTimings.csv').filter((row) => row['Fulfillment Time'])
  const keyOf = (row: Records[number]) => [row.Station || '(none)', daypartOf(row['Fired Date'] ?? '')]
  return groups(done, keyOf)
    .map(([key, each]) => {
      const seconds = each.map((row) => secondsOf(row['Fulfillment Time'] ?? '')).toSorted((a, b) => a - b)
      const percentiles = [0.5, 0.9, 0.95, 1].map((share) => percentile(seconds, share))
      return `${key.join(' ')} ${[seconds.length, ...percentiles].map((number) => number.toFixed(6)).join(' ')}`
    })
    .toSorted()
}
