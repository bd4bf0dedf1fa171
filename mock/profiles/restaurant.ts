import { restaurantMenus } from '../menus/restaurant.ts'
import type { Channel, Profile, Weighted } from '../profile.ts'

const TABLES = ['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'B1', 'B2', 'B3', 'B4', 'B7', 'Patio 12']
const SERVERS = ['Server 01', 'Server 02', 'Server 03', 'Server 04']
const GUESTS: Weighted<number> = [
  [1, 870],
  [2, 76],
  [3, 26],
  [4, 20],
  [5, 4],
  [0, 2],
  [8, 1],
  [32, 1],
]

const dayParts = (hour: number) => (hour < 10 ? 'Breakfast' : hour < 16 ? 'Lunch' : hour < 22 ? 'Dinner' : 'Late Night')

/** Guests who order and pay at their table. */
export const atTable: Channel = {
  source: 'Order-and-Pay-at-Table',
  diningOptions: [['Dine In', 1]],
  revenueCenter: 'Dining Room',
  diningArea: 'Dining Room',
  staffed: false,
  payments: [
    ['Credit', 990],
    ['Cash', 6],
    ['Gift Card', 4],
  ],
  tipped: 0.94,
  paid: 'after',
}
/** Guests who order from the staff. */
export const inStore: Channel = {
  source: 'In Store',
  diningOptions: [
    ['Dine In', 3],
    ['Take Out', 1],
  ],
  revenueCenter: 'Dining Room',
  diningArea: 'Dining Room',
  staffed: true,
  payments: [
    ['Credit', 90],
    ['Cash', 9],
    ['Gift Card', 1],
  ],
  tipped: 0.9,
  paid: 'after',
}
/** Orders that a delivery service sends. */
export const delivery: Channel = {
  source: 'API',
  diningOptions: [
    ['DoorDash - Delivery', 5],
    ['DoorDash - Takeout', 3],
  ],
  revenueCenter: 'Doordash',
  diningArea: '',
  staffed: false,
  payments: [['Other', 1]],
  otherType: 'DoorDash',
  tipped: 0,
  paid: 'at once',
}
/** Orders that are placed online and paid before. */
export const ahead: Channel = {
  source: 'Online',
  diningOptions: [
    ['Pick Up', 2],
    ['Delivery', 1],
  ],
  revenueCenter: 'Online Ordering',
  diningArea: '',
  staffed: false,
  payments: [['Credit', 1]],
  tipped: 0.5,
  paid: 'before',
}

/** DZ of the measured data: a full-service noodle house, 70 to 230 orders a day. */
export const restaurant: Profile = {
  name: 'restaurant',
  weekdayOrders: [117, 115, 117, 121, 187, 213, 181],
  hours: [
    [10, 7],
    [11, 384],
    [12, 666],
    [13, 418],
    [14, 319],
    [15, 249],
    [16, 286],
    [17, 515],
    [18, 816],
    [19, 758],
    [20, 401],
    [21, 85],
    [22, 5],
    [24, 3],
    [25, 2],
  ],
  channels: [
    [atTable, 54],
    [delivery, 27],
    [inStore, 18],
    [ahead, 1],
  ],
  menus: restaurantMenus,
  listsUnsold: true,
  items: { median: 4.2, deviation: 0.55 },
  modifiersPerItem: 0.2,
  splitChecks: [0.003, 0],
  splitTenders: 0.009,
  guests: GUESTS,
  minutesToPay: { median: 33.8, deviation: 0.4 },
  taxMicros: 91_300,
  discounted: 0.037,
  voidedOrders: 0.0045,
  voidedItems: 0.0003,
  autoGratuityFrom: 8,
  denied: 0.003,
  voidedPayments: 0.003,
  openTwins: 0.002,
  cashBack: 0.001,
  ticketsPerOrder: 1.5,
  tables: TABLES,
  drawers: ['Receipt (169)'],
  servers: SERVERS,
  services: dayParts,
}
