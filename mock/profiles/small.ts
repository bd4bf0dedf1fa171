import { smallMenus } from '../menus/small.ts'
import type { Profile } from '../profile.ts'
import { inStore, restaurant } from './restaurant.ts'

/** MM of the measured data: a small bar with a kitchen, cash mostly, 20 to 60 orders a day. */
export const small: Profile = {
  ...restaurant,
  name: 'small',
  weekdayOrders: [24, 27, 33, 36, 55, 58, 30],
  hours: [
    [16, 6],
    [17, 8],
    [18, 9],
    [19, 9],
    [20, 7],
    [21, 3],
  ],
  channels: [
    [
      {
        ...inStore,
        diningOptions: [['', 1]],
        diningArea: '',
        payments: [
          ['Cash', 80],
          ['Credit', 20],
        ],
        tipped: 0.7,
      },
      1,
    ],
  ],
  menus: smallMenus,
  listsUnsold: false,
  items: { median: 2, deviation: 0.75 },
  modifiersPerItem: 1.07,
  splitChecks: [0.1, 0.01],
  splitTenders: 0.01,
  minutesToPay: { median: 14, deviation: 1.2 },
  taxMicros: 62_500,
  discounted: 0.06,
  voidedOrders: 0.03,
  voidedItems: 0.01,
  ticketsPerOrder: 0.5,
  tables: [''],
  drawers: ['Bar-1 Receipt'],
  servers: ['Bartender A'],
}
