/** Money is whole cents, item tax whole units of 1e-8 dollars; only these functions turn them into text. */

/** Units of 1e-8 dollars in one cent. */
export const UNITS_PER_CENT = 1_000_000

/** `-1529` as `-15.29`; never a thousands separator. */
export function money(cents: number): string {
  const size = Math.abs(cents)
  return `${cents < 0 ? '-' : ''}${Math.floor(size / 100)}.${pad2(size % 100)}`
}

/** Item tax as Java's BigDecimal prints it: eight decimals, and zero as `0E-8`. */
export function itemTax(units: number): string {
  if (units === 0) return '0E-8'
  return `${Math.floor(units / 100_000_000)}.${String(units % 100_000_000).padStart(8, '0')}`
}

/** `2` as `2.0`. */
export function quantity(value: number): string {
  return javaDouble(value)
}

/** A number as Java's `Double.toString` prints it: `1.0`, `0.11570247933884298`, `8.01392517571792E-4`. */
export function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  if (value === 0) return '0.0'
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** Half up, as Toast rounds money. Takes non-negative numbers. */
export function roundedCents(units: number): number {
  return Math.floor((units + UNITS_PER_CENT / 2) / UNITS_PER_CENT)
}

/** Shares of `total` in proportion to the weights, to the cent: they add up to exactly `total`. */
export function allocate(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  let weightSoFar = 0
  let given = 0
  return weights.map((weight) => {
    weightSoFar += weight
    const upTo = sum === 0 ? 0 : Math.floor((total * weightSoFar) / sum)
    const share = upTo - given
    given = upTo
    return share
  })
}

/** `5` as `05`. */
export function pad2(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
