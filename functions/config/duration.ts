const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration of the configuration, e.g. `5m`, in milliseconds. The schema has checked its form. */
export function toMilliseconds(duration: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? []
  const factor = Object.entries(UNITS).find(([name]) => name === unit)?.[1]
  if (factor === undefined) throw new TypeError(`"${duration}" is no duration`)
  return Number(count) * factor
}
