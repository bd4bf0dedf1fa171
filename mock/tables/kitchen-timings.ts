import type { CsvRecord } from '../csv.ts'
import { proseDuration } from '../durations.ts'
import type { NightContext } from '../night-context.ts'
import type { Check, Order } from '../order.ts'

/** Records of KitchenTimings.csv: a ticket per station and a few for the expediter. Empty where the kitchen has no screens. */
export function kitchenTimings(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  if (context.withoutScreens) return []
  return orders.flatMap((order) => order.checks.flatMap((check) => ticketsOf(context, order, check)))
}

function ticketsOf(context: NightContext, order: Order, check: Check): CsvRecord[] {
  const { random, profile } = context
  const stations = new Set(
    check.items.flatMap(({ item, voided }) => (voided || 'open' in item ? [] : (item.group.group.station ?? []))),
  )
  // A ticket for the expediter or one for each station, thinned or doubled to the tickets that the profile has.
  const wanted = Math.floor(profile.ticketsPerOrder * order.checks.length ** -1 + random.float())
  if (stations.size === 0 || wanted === 0) return []
  const places = random.shuffle([...stations]).slice(0, wanted)
  return places.map((station, index) =>
    ticketRecord(context, {
      order,
      check,
      station: profile.name === 'small' ? '' : station,
      level: index === 1 ? '2' : profile.name === 'small' ? '1' : random.chance(0.3) ? '1' : '',
    }),
  )
}

interface Ticket {
  readonly order: Order
  readonly check: Check
  readonly station: string
  readonly level: string
}

function ticketRecord(
  { location, clock, ids, random, profile }: NightContext,
  { order, check, station, level }: Ticket,
): CsvRecord {
  const firedAt = check.openedAt + random.int(5, 300)
  const seconds = Math.min(9_000, Math.max(12, Math.round(600 * Math.exp(random.normal() * 0.75))))
  // Some tickets are never bumped off the screen.
  const fulfilled = random.chance(0.98)
  return [
    location.name,
    ids.text(ids.at(firedAt)),
    order.server,
    String(check.number),
    order.table,
    clock.dateTime(check.openedAt),
    station,
    level,
    clock.dateTime(firedAt),
    fulfilled ? clock.dateTime(firedAt + seconds) : '',
    fulfilled ? proseDuration(seconds) : '',
    fulfilled ? random.pick(['Manager 1', ...profile.servers.slice(0, 2)]) : '',
  ]
}
