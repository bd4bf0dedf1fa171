import type { Customer } from './order.ts'
import type { Random } from './random.ts'

// Obviously no real person: example.com, and the 555-01xx numbers that are set aside for fiction.
const FIRST = [
  'Alex',
  'Sam',
  'Jordan',
  'Casey',
  'Morgan',
  'Riley',
  'Robin',
  'Jamie',
  'Taylor',
  'José',
  'Zoë',
  'Møna',
  '小明',
]
const LAST = ['Sample', 'Example', 'Guest', 'Testwell', 'Placeholder', 'Nobody', 'Fixture', 'O’Sample', 'Ñandú']
const AREAS = ['206', '312', '303', '415', '602', '716']

/** Ten digits, without punctuation. */
export function makePhone(random: Random): string {
  return `${random.pick(AREAS)}55501${String(random.int(0, 99)).padStart(2, '0')}`
}

/** The same number with dashes, as some payments carry it. */
export function dashed(phone: string): string {
  return `${phone.slice(0, 3)}-${phone.slice(3, 6)}-${phone.slice(6)}`
}

/** The name on a card: `LAST, FIRST`. */
export function makeCardName(random: Random): string {
  return `${random.pick(LAST)}, ${random.pick(FIRST)}`.toUpperCase()
}

/** A guest's own name for a tab. */
export function makeGuestName(random: Random): string {
  return `${random.pick(FIRST)} ${random.pick(LAST)}`
}

/** E-mail address of a guest, at example.com. */
export function makeEmail(random: Random): string {
  return `guest${random.int(1, 9999)}@example.com`
}

/** A known customer. The same number always means the same one. */
export function makeCustomer(random: Random, id: string): Customer {
  return { id, name: makeGuestName(random), email: makeEmail(random), phone: makePhone(random) }
}

/** `Void User` and `Void Approver`: what Java's toString() made of a user. */
export function restaurantUser(id: string, name: string): string {
  return `RestaurantUser [id=${id}, user email = ${name}@example.com]`
}
