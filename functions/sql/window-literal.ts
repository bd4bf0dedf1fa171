import { isHour } from '../lib/window-unit.ts'

/** A window as the value of the column that carries it: a date, or the first minute of an hour. */
export function windowSql(window: string): string {
  return isHour(window) ? `TIMESTAMP '${windowText(window)}'` : `DATE '${window.replaceAll("'", "''")}'`
}

/** The text of that value. */
export function windowText(window: string): string {
  return isHour(window) ? `${window.replace('T', ' ')}:00:00` : window
}

/** The window of a value as databases write it. */
export function windowOfText(text: string): string {
  const [day = '', hour] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):00:00/.exec(text)?.slice(1) ?? [text]
  return hour === undefined ? day : `${day}T${hour}`
}

/** Condition on a column that carries windows: they lie between two days, both included. */
export function windowsBetweenSql(
  column: string,
  { from = '0001-01-01', to = '9999-12-31' }: { readonly from?: string | undefined; readonly to?: string | undefined },
  hourly: boolean,
): string {
  if (!hourly) return `${column} BETWEEN ${windowSql(from)} AND ${windowSql(to)}`
  const [first, last] = [isHour(from) ? from : `${from}T00`, isHour(to) ? to : `${to}T23`]
  return `${column} BETWEEN ${windowSql(first)} AND ${windowSql(last)}`
}

/** True for a table whose loads replace hours. */
export function isHourly({ columns, partitionColumn }: Partitioned): boolean {
  return columns.some(({ name, type }) => name === partitionColumn && type === 'datetime')
}

interface Partitioned {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly partitionColumn: string | null
}
