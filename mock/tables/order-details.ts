import type { CsvRecord } from '../csv.ts'
import { clockDuration } from '../durations.ts'
import type { NightContext } from '../night-context.ts'
import { money } from '../numbers.ts'
import { checkTotal, type Order, sumOf } from '../order.ts'

/** Records of OrderDetails.csv. */
export function orderDetails({ location, clock, ids }: NightContext, orders: readonly Order[]): CsvRecord[] {
  const optional = (instant: number | undefined) => (instant === undefined ? '' : clock.dateTime(instant))
  return orders.map((order) => {
    const { checks, paidAt } = order
    const sum = (value: (check: Order['checks'][number]) => number) => money(sumOf(checks, value))
    return [
      location.name,
      ids.text(order.id),
      String(order.number),
      checks.map(({ number }) => number).join(', '),
      clock.dateTime(order.openedAt),
      String(order.guests),
      checks.flatMap(({ tabName }) => (tabName === '' ? [] : [tabName])).join(', '),
      order.server,
      order.table,
      // `None` is a name like any other: what Toast prints for an order outside every revenue center.
      order.channel.diningArea !== '' && order.table === '' ? 'None' : order.channel.revenueCenter,
      order.table === '' ? '' : order.channel.diningArea,
      order.service,
      order.diningOption === '' ? '' : checks.map(() => order.diningOption).join(', '),
      sum(({ discount }) => discount),
      sum(({ net }) => net),
      sum(({ tax }) => tax),
      sum(({ tip }) => tip),
      sum(({ gratuity }) => gratuity),
      sum(checkTotal),
      String(order.voided),
      optional(paidAt),
      optional(order.closedAt),
      paidAt === undefined || !order.hasDuration ? '' : clockDuration(paidAt - order.openedAt),
      order.channel.source,
    ]
  })
}
