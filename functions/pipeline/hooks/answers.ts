import { DaybreakError } from '../../errors.ts'
import type { HookAnswer, HookRow } from './ports.ts'

interface Asked {
  readonly script: string
  readonly rows: readonly HookRow[]
}

/**
 * Pure: the answers of a script to its rows. As many as were asked, each a row with the same columns and texts or nulls, or a reason
 * against it. @throws {DaybreakError} HOOK_PROTOCOL for anything else, HOOK_FAILED where the script says `error`.
 */
export function answersOf({ rows, error }: Readonly<Record<string, unknown>>, asked: Asked): readonly HookAnswer[] {
  const fail = (what: string) => new DaybreakError('HOOK_PROTOCOL', `the script ${asked.script} answered with ${what}`)
  if (error !== undefined && error !== null)
    throw new DaybreakError('HOOK_FAILED', `the script ${asked.script} failed: ${String(error)}`)
  if (!Array.isArray(rows)) throw fail('no `rows`')
  if (rows.length !== asked.rows.length) throw fail(`${rows.length} rows; expected ${asked.rows.length}`)
  return rows.map((row: unknown, at) => answerOf(row, asked.rows[at] ?? {}, (what) => fail(`${what} in row ${at + 1}`)))
}

function answerOf(row: unknown, told: HookRow, fail: (what: string) => DaybreakError): HookAnswer {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw fail('no object')
  const names = Object.keys(row)
  const reason: unknown = Reflect.get(row, 'reject')
  // A table may have a column of that name, and then more than one.
  if (names.length === 1 && typeof reason === 'string' && !Object.hasOwn(told, 'reject')) return { reject: reason }
  const lost = Object.keys(told).find((name) => !Object.hasOwn(row, name))
  if (lost !== undefined) throw fail(`no column ${JSON.stringify(lost)}`)
  const other = names.find((name) => !Object.hasOwn(told, name))
  if (other !== undefined) throw fail(`the column ${JSON.stringify(other)}, which was not sent,`)
  const made = Object.entries(row).map(([name, value]: [string, unknown]) => {
    if (value === null || typeof value === 'string') return [name, value] as const
    throw fail(`${JSON.stringify(name)}: ${JSON.stringify(value)}, which is no text and not null,`)
  })
  return { row: Object.fromEntries(made) }
}
