import { pad2 } from './numbers.ts'

/** Seconds as `Duration (Opened to Paid)` shows them: hours without bound, every component with its own sign. */
export function clockDuration(seconds: number): string {
  const size = Math.abs(seconds)
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  return parts.map((part) => (seconds < 0 && part > 0 ? `-${pad2(part)}` : pad2(part))).join(':')
}

const UNITS = [
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Seconds as `Fulfillment Time` shows them: `1 hour, 2 minutes and 3 seconds`. Units that are zero are left out. */
export function proseDuration(seconds: number): string {
  let rest = seconds
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`]
  })
  if (parts.length < 2) return parts[0] ?? '0 seconds'
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
