import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'

/** A bad record on purpose, and where it is. */
export interface ExpectedReject {
  readonly line: number
  readonly record: number
  /** The rule that refuses it: a type, `required`, `field_count` or the name of the check. */
  readonly rule: string
  readonly column: string | null
}

/** File that was written, with the rejects it must give. */
export interface Generated {
  readonly path: string
  readonly bytes: number
  readonly records: number
  readonly rejects: readonly ExpectedReject[]
}

/** Path, size and seed of a file to write. */
interface GenerateOptions {
  readonly path: string
  readonly bytes: number
  readonly seed?: number
  /** Share of bad records. */
  readonly bad?: number
}

/** Header of ItemSelectionDetails.csv, verbatim. */
const HEADER =
  'Location,Order Id,Order #,Sent Date,Order Date,Check Id,Server,Table,Dining Area,Service,Dining Option,Item Selection Id,Item Id,Master Id,SKU,PLU,Menu Item,Menu Subgroup(s),Menu Group,Menu,Sales Category,Gross Price,Discount,Net Price,Qty,Tax,Void?,Deferred,Tax Exempt,Tax Inclusion Option,Dining Option Tax,Tab Name'
const NAMES = HEADER.split(',')
const at = (name: string): number => NAMES.indexOf(name)
const FLUSH_CHARACTERS = 4 << 20

const LOCATIONS = ['Main Street', 'Uptown', 'Airport Terminal B', 'Café Montréal', '"Springfield, IL"']
const SERVERS = ['Ava Nguyen', 'José García', "Liam O'Brien", 'Zoë Müller', 'Default Online Ordering']
const ITEMS = [
  'Cheeseburger',
  'House Salad',
  '"Fish & Chips, Large"',
  '"12"" Pepperoni Pizza"',
  'Pork Wontons (6) 🌶️ 红油抄手',
  'Iced Tea',
  'Crème Brûlée',
  'Side of Fries',
  'IPA Draft 16oz',
  '"Wings (10 pc), Hot"',
]
const NOTES = [
  '"Family Meal\nServes 4, with 2 sides"',
  '"Catering Tray\r\nPick up at back door"',
  '"Combo ""A""\n\nno ice"',
]
const GROUPS = ['Entrees', 'Appetizers', 'Beverages', 'Desserts', 'Beer', 'Kids', '']
const SERVICES = ['Breakfast', 'Lunch', 'Dinner', 'Late Night', '']
const OPTIONS = ['Dine In', 'Take Out', 'DoorDash - Delivery', '']

interface Bad {
  readonly rule: string
  readonly column: string | null
  /** Column of the file and its wrong value, or how many fields are too many. */
  readonly change: { readonly field: string; readonly value: string } | number
}

const BAD: readonly Bad[] = [
  ...['13/45/24 2:35 PM', 'N/A', '2024-10-24T14:35:00', '10/24/24 25:35 PM'].map((value) => ({
    rule: 'datetime',
    column: 'order_at',
    change: { field: 'Order Date', value },
  })),
  ...['abc', '12.3.4', '1_000', '--1', '12.34567'].map((value) => ({
    rule: 'numeric',
    column: 'discount',
    change: { field: 'Discount', value },
  })),
  ...['maybe', '2', 't'].map((value) => ({ rule: 'bool', column: 'is_void', change: { field: 'Void?', value } })),
  { rule: 'required', column: 'order_id', change: { field: 'Order Id', value: '' } },
  { rule: 'required', column: 'gross_price', change: { field: 'Gross Price', value: '' } },
  { rule: 'quantity_is_not_negative', column: 'qty', change: { field: 'Qty', value: '-1.0' } },
  ...[-1, -7, 1, 2].map((change) => ({ rule: 'field_count', column: null, change })),
]

/** Mulberry32: small, fast, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Writes a file in the shape of ItemSelectionDetails.csv: the same seed and size give the same bytes. */
export async function generate({ path, bytes, seed = 42, bad = 0.001 }: GenerateOptions): Promise<Generated> {
  const random = randomOf(seed)
  const whole = (below: number): number => Math.floor(random() * below)
  const pick = <Item>(items: readonly Item[]): Item => items[whole(items.length)] ?? items[0]!
  const id = (): string => `6000000${String(100_000 + whole(900_000))}${String(100_000 + whole(900_000))}`
  const money = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  const time = (day: number, minute: number): string =>
    `${1 + (day % 12)}/${1 + (day % 28)}/24 ${Math.floor(minute / 60) % 12 || 12}:${String(minute % 60).padStart(2, '0')} ${minute < 720 ? 'AM' : 'PM'}`

  const output = createWriteStream(path)
  const rejects: ExpectedReject[] = []
  let text = `${HEADER}\n`
  let written = Buffer.byteLength(text)
  let records = 0
  let line = 2
  let order = {
    id: id(),
    number: 1,
    check: id(),
    day: 0,
    minute: 600,
    server: pick(SERVERS),
    place: pick(LOCATIONS),
    guest: '',
  }
  while (written < bytes) {
    if (random() < 0.22)
      order = {
        id: id(),
        number: 1 + whole(900),
        check: id(),
        day: whole(336),
        minute: 360 + whole(1_000),
        server: pick(SERVERS),
        place: pick(LOCATIONS),
        guest: random() < 0.6 ? '' : `Guest ${whole(5_000)}`,
      }
    const gross = 50 + whole(4_500)
    const discount = random() < 0.04 ? whole(gross) : 0
    const item = whole(ITEMS.length)
    const fields = [
      order.place,
      order.id,
      String(order.number),
      time(order.day, order.minute + whole(60)),
      time(order.day, order.minute),
      order.check,
      order.server,
      String(1 + whole(80)),
      'Dining Room',
      pick(SERVICES),
      pick(OPTIONS),
      `600000034${357_000_000 + records}`,
      `6000000090941${90_000 + item}`,
      `6000000090941${80_000 + item}`,
      random() < 0.7 ? '' : `SKU-${1_000 + item}`,
      '',
      random() < 0.005 ? pick(NOTES) : (ITEMS[item] ?? ''),
      '',
      pick(GROUPS),
      'Food',
      'Food',
      money(gross),
      money(discount),
      money(gross - discount),
      random() < 0.9 ? '1.0' : '2.0',
      random() < 0.1 ? '0E-8' : `${money(Math.round(gross * 0.0913))}000000`,
      random() < 0.01 ? 'true' : 'false',
      'false',
      random() < 0.02 ? 'true' : 'false',
      'Tax Not Included',
      'No Effect',
      order.guest,
    ]
    records++
    if (random() < bad) {
      const { rule, column, change } = pick(BAD)
      if (typeof change !== 'number') fields[at(change.field)] = change.value
      else if (change < 0) fields.length += change
      else for (let more = 0; more < change; more++) fields.push('more')
      rejects.push({ line, record: records, rule, column })
    }
    const record = `${fields.join(',')}\n`
    text += record
    written += Buffer.byteLength(record)
    line += record.split('\n').length - 1
    if (text.length < FLUSH_CHARACTERS) continue
    if (!output.write(text)) await once(output, 'drain')
    text = ''
  }
  output.end(text)
  await once(output, 'finish')
  const generated = { path, bytes: written, records, rejects }
  await writeFile(`${path}.json`, JSON.stringify(generated))
  return generated
}
