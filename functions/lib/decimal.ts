/** Exact sums by column, as decimal text. */
type Sums = Readonly<Record<string, string>>

/** Exact sums of decimal texts, column by column. */
export function sumTotals(all: readonly Sums[]): Sums {
  const columns = [...new Set(all.flatMap((totals) => Object.keys(totals)))].sort()
  return Object.fromEntries(columns.map((column) => [column, sumDecimals(all.map((totals) => totals[column] ?? '0'))]))
}

/** Exact sum of decimal texts. */
export function sumDecimals(values: readonly string[]): string {
  const scale = Math.max(...values.map((value) => value.split('.')[1]?.length ?? 0))
  const sum = values.reduce((total, value) => total + toUnits(value, scale), 0n)
  return fromUnits(sum, scale)
}

function fromUnits(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return units < 0n ? `-${text}` : text
}

function toUnits(value: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = value.replace('-', '').split('.')
  const units = BigInt(whole + fraction.padEnd(scale, '0'))
  return value.startsWith('-') ? -units : units
}

/** Exact difference of two decimal texts: the first less the second. */
export function subtractDecimals(a: string, b: string): string {
  return sumDecimals([a, b.startsWith('-') ? b.slice(1) : `-${b}`])
}

/** Equal as decimals: `12.50` and `12.5000` are, `12.5` and `12.51` are not. Never by way of a float. */
export function equalDecimals(a: string, b: string): boolean {
  return canonical(a) === canonical(b)
}

function canonical(amount: string): string {
  const [whole = '0', fraction = ''] = amount.split('.')
  const digits = fraction.replace(/0+$/, '')
  const text = digits === '' ? whole : `${whole}.${digits}`
  return text === '-0' ? '0' : text
}

/** Exact product of a decimal text and a whole number. */
export function multiplyDecimal(value: string, factor: number): string {
  const scale = value.split('.')[1]?.length ?? 0
  return fromUnits(toUnits(value, scale) * BigInt(factor), scale)
}
