import type { MenuItem, ModifierWithIds } from './menu.ts'
import type { Channel, PaymentType } from './profile.ts'

/** One order as the house knows it, before it is written into seven files. Money is cents, times are seconds since 1970. */
export interface Order {
  readonly id: number
  readonly number: number
  readonly checks: readonly Check[]
  readonly channel: Channel
  readonly diningOption: string
  readonly openedAt: number
  /** Undefined when it was never paid. */
  readonly paidAt: number | undefined
  readonly closedAt: number | undefined
  /** False where Toast leaves the duration empty. */
  readonly hasDuration: boolean
  readonly guests: number
  readonly server: string
  readonly table: string
  readonly service: string
  readonly voided: boolean
}

/** Check of an order. */
export interface Check {
  readonly id: number
  readonly number: number
  readonly openedAt: number
  /** Undefined on the rare check without items: its Opened columns are empty. */
  readonly showsOpened: boolean
  readonly tabName: string
  readonly customer: Customer | undefined
  readonly tableSize: number
  readonly items: readonly Item[]
  readonly payments: readonly Payment[]
  /** Reasons of its discounts, as `Reason of Discount` shows them. */
  readonly reasons: readonly string[]
  readonly discount: number
  readonly net: number
  readonly tax: number
  readonly tip: number
  readonly gratuity: number
  readonly receipt: string
}

/** Guest whose name is on a check. */
export interface Customer {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly phone: string
}

/** Item of a check. */
export interface Item {
  readonly id: number
  readonly item: MenuItem | OpenItem
  readonly sentAt: number
  readonly qty: number
  readonly gross: number
  /** Discount on the item alone. */
  readonly discount: number
  /** After that discount and its share of a discount on the check. */
  readonly net: number
  /** Units of 1e-8 dollars. */
  readonly taxUnits: number
  readonly voided: boolean
  readonly taxExempt: boolean
  readonly untaxedForTakeout: boolean
  readonly modifiers: readonly Modifier[]
}

/** Something sold that no menu lists: menu and group are empty. */
export interface OpenItem {
  readonly open: 'Food' | 'Drink'
  readonly name: string
  readonly itemId: string
  readonly masterId: string
}

/** An option of a modifier group, or what a guest wrote: a note has neither ids nor a price. */
export type Modifier =
  | { readonly id: number; readonly group: ModifierWithIds; readonly option: ModifierWithIds['options'][number] }
  | { readonly id: number; readonly note: string }

/** Status of a payment, in Toast's words. */
export type PaymentStatus = 'CAPTURED' | 'AUTHORIZED' | 'DENIED' | 'VOIDED' | 'OPEN' | 'ERROR' | 'CANCELLED'

/** Payment of a check. */
export interface Payment {
  readonly id: number
  readonly paidAt: number
  /** With tax, without tip and gratuity. */
  readonly amount: number
  readonly tip: number
  readonly gratuity: number
  readonly type: PaymentType
  readonly status: PaymentStatus
  readonly card: Card | undefined
  readonly gift: { readonly first5: string; readonly last4: string } | undefined
  readonly drawer: string
  readonly tendered: number
  readonly email: string
  readonly phone: string
  readonly receipt: string
  readonly voidedBy: { readonly user: string; readonly approver: string; readonly at: number } | undefined
}

/** Card of a payment. */
export interface Card {
  readonly type: string
  readonly last4: string
  readonly entry: 'swiped' | 'keyed' | 'tapped'
}

/** True for payments that bring money: only these count towards a check. */
export function isSuccessful({ status }: Payment): boolean {
  return status === 'CAPTURED' || status === 'AUTHORIZED'
}

/** All items of an order, in the order of its checks. */
export function itemsOf(order: Order): readonly Item[] {
  return order.checks.flatMap(({ items }) => items)
}

/** Amounts that the guest pays for a check: net, tax, tip and gratuity. */
export function checkTotal({ net, tax, tip, gratuity }: Check): number {
  return net + tax + tip + gratuity
}

/** Sum of one number over checks. */
export function sumOf<Row>(rows: readonly Row[], value: (row: Row) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0)
}
