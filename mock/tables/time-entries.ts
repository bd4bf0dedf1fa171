import type { CsvRecord } from '../csv.ts'
import type { NightContext } from '../night-context.ts'
import { money } from '../numbers.ts'
import type { Order } from '../order.ts'
import { createRandom } from '../random.ts'

/** Records of TimeEntries.csv: one shift for each of the staff, some of them ended by the closeout. */
export function timeEntries(context: NightContext, orders: readonly Order[]): CsvRecord[] {
  const { profile, random } = context
  const first = Math.min(...orders.map(({ openedAt }) => openedAt)) - 3_000
  return profile.servers.map((name, index) => shift(context, { name, index, startsAt: first + random.int(0, 9_000) }))
}

interface Shift {
  readonly name: string
  readonly index: number
  readonly startsAt: number
}

function shift({ location, clock, ids, random }: NightContext, { name, index, startsAt }: Shift): CsvRecord {
  const forgotten = random.chance(0.08)
  const endsAt = forgotten ? clock.closeout : Math.min(startsAt + random.int(3 * 3600, 9 * 3600), clock.closeout - 600)
  const hundredths = Math.floor(((endsAt - startsAt) * 100) / 3600)
  const regular = Math.min(hundredths, 800)
  const tips = random.int(0, 12_000)
  const employee = createRandom(location.id, name)
  const entry = guid(random)
  const declared = random.chance(0.5) ? null : random.int(0, 4_000)
  return [
    location.name,
    `LOC${location.id.slice(-2)}`,
    ids.text(ids.at(startsAt)),
    entry,
    ids.text(99_200_000_000 + index),
    guid(employee),
    index === 0 ? String(101 + index) : '',
    `Doe${String(index + 1).padStart(2, '0')}, Jamie`,
    ids.text(8_850_001_418 + index),
    guid(employee),
    '',
    name,
    clock.dateTime(startsAt),
    clock.dateTime(endsAt),
    forgotten ? 'Yes' : 'No',
    money(hundredths),
    '0.00',
    '0.00',
    money(hundredths),
    declared === null ? '' : money(declared),
    money(tips),
    '0.00',
    money(tips + (declared ?? 0)),
    '0.00',
    '',
    money(regular),
    money(hundredths - regular),
    '',
    '',
    '',
  ]
}

/** A version 4 GUID made of the given chance. */
export function guid(random: { int(low: number, high: number): number }): string {
  const hex = (length: number) => Array.from({ length }, () => random.int(0, 15).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
}
