const WHOLE: Readonly<Record<string, number>> = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 }

/**
 * True when every value of one DuckDB type has an equal one in the other. A cast that is not lossless may round without
 * a word: '1.5' becomes the BIGINT 2.
 */
export function isLossless(from: string, to: string): boolean {
  if (from === to || to === 'VARCHAR') return true
  const source = digitsOf(from)
  const target = digitsOf(to)
  if (source === null || target === null) return false
  return target.scale >= source.scale && target.whole >= source.whole
}

/** Digits before and after the point; null for a type that is not an exact number. */
function digitsOf(type: string): { readonly whole: number; readonly scale: number } | null {
  const whole = WHOLE[type]
  if (whole !== undefined) return { whole, scale: 0 }
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? []
  return precision && scale ? { whole: Number(precision) - Number(scale), scale: Number(scale) } : null
}
