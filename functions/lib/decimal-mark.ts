/** The mark before the decimals of a number, as people of a locale write it. @throws {RangeError} for a text that names none. */
export function decimalMark(locale: string): '.' | ',' {
  const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(1.5)
  return parts.find(({ type }) => type === 'decimal')?.value === ',' ? ',' : '.'
}
