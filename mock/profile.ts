import type { Menu } from './menu.ts'

/** Values, each with a weight. */
export type Weighted<Value> = readonly (readonly [Value, number])[]

/** Type of a payment, in Toast's words. */
export type PaymentType = 'Credit' | 'Cash' | 'Other' | 'Gift Card'

/** A way in which orders reach the house, and what follows from it in every file. */
export interface Channel {
  readonly source: string
  readonly diningOptions: Weighted<string>
  readonly revenueCenter: string
  /** Empty in a place without seats. */
  readonly diningArea: string
  /** False where the server is `Default Online Ordering`. */
  readonly staffed: boolean
  readonly payments: Weighted<PaymentType>
  readonly otherType?: string
  /** Share of orders with a tip on the card. */
  readonly tipped: number
  /** Paid when it is ordered (delivery services), after the meal, or before the promised time (pre-orders). */
  readonly paid: 'at once' | 'after' | 'before'
}

/** How one kind of house trades. Shares are probabilities; hours count from midnight and pass 24 in bars. */
export interface Profile {
  readonly name: string
  /** Mean orders on Monday to Sunday. */
  readonly weekdayOrders: readonly [number, number, number, number, number, number, number]
  readonly hours: Weighted<number>
  readonly channels: Weighted<Channel>
  readonly menus: readonly Menu[]
  /** AllItemsReport lists dishes without orders, too. */
  readonly listsUnsold: boolean
  /** Items of an order are log-normal. */
  readonly items: { readonly median: number; readonly deviation: number }
  readonly modifiersPerItem: number
  /** Orders with a second check, and with a third. */
  readonly splitChecks: readonly [number, number]
  /** Checks paid by two payments. */
  readonly splitTenders: number
  readonly guests: Weighted<number>
  readonly minutesToPay: { readonly median: number; readonly deviation: number }
  /** Tax in millionths: 91300 is 9.13 %. */
  readonly taxMicros: number
  readonly discounted: number
  readonly voidedOrders: number
  readonly voidedItems: number
  readonly autoGratuityFrom: number
  /** Failed payment rows, in addition to the successful one. */
  readonly denied: number
  readonly voidedPayments: number
  readonly openTwins: number
  readonly cashBack: number
  readonly ticketsPerOrder: number
  readonly tables: readonly string[]
  readonly drawers: readonly string[]
  readonly servers: readonly string[]
  readonly services: (hour: number) => string
}
