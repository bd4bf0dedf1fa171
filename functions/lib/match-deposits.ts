import { daysFrom } from './business-date.ts'
import { subtractDecimals, sumDecimals } from './decimal.ts'

/** Money that is expected at the bank, or that arrived there. */
export interface Deposit {
  readonly location: string
  /** Group of tenders that arrive together, such as `Cards`. */
  readonly deposit: string
  /** Day on which it is expected, or arrived. */
  readonly date: string
  /** Decimal. */
  readonly amount: string
}

/** A deposit on both sides, or on one of them. */
export interface Matched {
  readonly location: string
  readonly deposit: string
  readonly expectedOn: string | null
  readonly arrivedOn: string | null
  /** Decimals; null where there is none on this side. */
  readonly expected: string | null
  readonly bank: string | null
  /** Bank less expected. */
  readonly difference: string
  readonly state: 'equal' | 'differs' | 'not arrived' | 'not due' | 'not expected'
}

interface Options {
  /** Most days that a deposit arrives late: weekends and holidays of banks. */
  readonly days: number
  /** Last day that the statement knows. */
  readonly until: string
}

/**
 * Pure: puts what the bank got next to what was expected. Of one location and kind, first deposits with the same amount in the days after the
 * expected one find each other, then the oldest that are left. A deposit that is left then stands alone.
 */
export function matchDeposits(
  expected: readonly Deposit[],
  bank: readonly Deposit[],
  { days, until }: Options,
): readonly Matched[] {
  const keyOf = ({ location, deposit }: Deposit) => JSON.stringify([location, deposit])
  const [due, arrived] = [Map.groupBy(summed(expected), keyOf), Map.groupBy(bank.toSorted(byDate), keyOf)]
  const keys = new Set([...due.keys(), ...arrived.keys()])
  return [...keys].toSorted().flatMap((key) => {
    const left = [...(arrived.get(key) ?? [])]
    const take = (one: Deposit, isMeant: (other: Deposit) => boolean): Deposit | null => {
      const place = left.findIndex((other) => isInTime(one, other, days) && isMeant(other))
      return place < 0 ? null : (left.splice(place, 1)[0] ?? null)
    }
    const own = due.get(key) ?? []
    const equal = own.map((one) => take(one, ({ amount }) => isZero(subtractDecimals(amount, one.amount))))
    const pairs = own.map((one, at) => [one, equal[at] ?? take(one, () => true)] as const)
    return [
      ...pairs.map(([one, other]) => matchOf(one, other, daysFrom(one.date, until) < days)),
      ...left.map((other) => alone(other)),
    ].toSorted((a, b) => ((a.expectedOn ?? a.arrivedOn ?? '') < (b.expectedOn ?? b.arrivedOn ?? '') ? -1 : 1))
  })
}

const byDate = (a: Deposit, b: Deposit): number => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0)

function isInTime(expected: Deposit, arrived: Deposit, days: number): boolean {
  const late = daysFrom(expected.date, arrived.date)
  return late >= 0 && late <= days
}

/** One deposit per location, kind and day; none of nothing. */
function summed(deposits: readonly Deposit[]): readonly Deposit[] {
  const groups = Map.groupBy(deposits, ({ location, deposit, date }) => JSON.stringify([location, deposit, date]))
  return [...groups.values()]
    .flatMap((own) => own.slice(0, 1).map((one) => ({ ...one, amount: sumDecimals(own.map(({ amount }) => amount)) })))
    .filter(({ amount }) => !isZero(amount))
    .toSorted(byDate)
}

function matchOf(one: Deposit, other: Deposit | null, isYoung: boolean): Matched {
  const { location, deposit, date: expectedOn, amount: expected } = one
  const difference = subtractDecimals(other?.amount ?? '0', expected)
  const absent = isYoung ? 'not due' : 'not arrived'
  return {
    ...{ location, deposit, expectedOn, arrivedOn: other?.date ?? null, expected, bank: other?.amount ?? null },
    difference,
    state: other === null ? absent : isZero(difference) ? 'equal' : 'differs',
  }
}

function alone({ location, deposit, date: arrivedOn, amount: bank }: Deposit): Matched {
  const none = { expectedOn: null, expected: null, difference: bank, state: 'not expected' as const }
  return { location, deposit, arrivedOn, bank, ...none }
}

const isZero = (amount: string): boolean => /^-?0*(\.0*)?$/.test(amount)
