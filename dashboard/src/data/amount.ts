/** A count with separators: `118,402`. */
export function countOf(count: number): string {
  return count.toLocaleString('en-US')
}

/** Decimal text with separators and two places, more where they are not zero. It is never a number, so no cent is lost. */
export function moneyOf(decimal: string): string {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? []
  if (!/^-?\d+(\.\d+)?$/.test(decimal)) return decimal
  return `${sign}${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
}

/** Bytes for people: `41,204 B`, `3.1 MB`. */
export function bytesOf(bytes: number): string {
  if (bytes < 100_000) return `${countOf(bytes)} B`
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`
}

/** `1 file`, `2 files`. */
export function several(count: number, one: string, many = `${one}s`): string {
  return `${countOf(count)} ${count === 1 ? one : many}`
}
