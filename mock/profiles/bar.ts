import { barMenus } from '../menus/bar.ts'
import type { Channel, Profile } from '../profile.ts'
import { ahead, atTable, delivery, inStore, restaurant } from './restaurant.ts'

const barTab: Channel = {
  ...inStore,
  diningOptions: [
    ['Dine In', 9],
    ['', 1],
  ],
  payments: [
    ['Credit', 82],
    ['Cash', 17],
    ['Gift Card', 1],
  ],
  tipped: 0.85,
}

/** LV of the measured data: night life, a busy Saturday of 250 orders until past 3 AM. */
export const bar: Profile = {
  ...restaurant,
  name: 'bar',
  weekdayOrders: [48, 60, 78, 112, 215, 253, 130],
  hours: [
    [17, 4],
    [18, 7],
    [19, 10],
    [20, 12],
    [21, 14],
    [22, 16],
    [23, 16],
    [24, 14],
    [25, 11],
    [26, 3],
  ],
  channels: [
    [barTab, 92],
    [{ ...atTable, revenueCenter: 'Patio', diningArea: 'Patio' }, 5],
    [{ ...ahead, source: 'Toast Pickup App' }, 2],
    [delivery, 1],
  ],
  menus: barMenus,
  items: { median: 2.7, deviation: 0.66 },
  modifiersPerItem: 0.3,
  splitChecks: [0.15, 0.035],
  splitTenders: 0.012,
  guests: [
    [1, 60],
    [2, 22],
    [3, 6],
    [4, 7],
    [6, 3],
    [8, 1.5],
    [12, 0.5],
  ],
  minutesToPay: { median: 55, deviation: 0.7 },
  taxMicros: 82_500,
  discounted: 0.06,
  voidedOrders: 0.02,
  voidedItems: 0.006,
  autoGratuityFrom: 6,
  denied: 0.008,
  voidedPayments: 0.006,
  ticketsPerOrder: 2.2,
  openTwins: 0.004,
  cashBack: 0.003,
  tables: ['101', '102', '103', '104', '201', '202', 'VIP 1', 'VIP 2', 'Bar 1', 'Bar 2', 'Patio, left'],
  drawers: ['Bar-1 Receipt', 'Bar-2 Receipt', 'Front Receipt'],
  servers: ['Bartender A', 'Bartender B', 'Server 01', 'Server 02', 'Server 03', 'Server 04', 'Server 05', 'Server 06'],
}
