import type { ColumnType } from '../../contract/contract.ts'

const DAY_MILLISECONDS = 86_400_000

/** The text of a number as DuckDB writes it: decimals, dates and times are numbers of their smallest unit; instants in UTC. */
export function unitText(type: ColumnType, value: number | bigint, scale: number): string {
  if (type === 'numeric') return decimalText(BigInt(value), scale)
  if (type === 'date') return dateText(Number(value) * DAY_MILLISECONDS)
  if (type === 'time') return timeText(BigInt(value))
  if (type !== 'datetime' && type !== 'timestamp') return String(value)
  const day = BigInt(DAY_MILLISECONDS) * 1000n
  const within = ((BigInt(value) % day) + day) % day
  return `${dateText(Number((BigInt(value) - within) / 1000n))} ${timeText(within)}`
}

/** A decimal from its number of smallest units. */
export function decimalText(units: bigint, scale: number): string {
  if (scale === 0) return String(units)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const dateText = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

function timeText(micros: bigint): string {
  const clock = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(11, 19)
  const rest = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return rest === '' ? clock : `${clock}.${rest}`
}
