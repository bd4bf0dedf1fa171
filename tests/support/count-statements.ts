import { StatementSync } from 'node:sqlite'
import pg from 'pg'

let sent = 0

/** Counts the statements that this process sends to a ledger from now on, in SQLite and in PostgreSQL. */
export function countStatements(): () => number {
  countCalls(StatementSync.prototype, ['all', 'get', 'run', 'iterate'])
  countCalls(pg.Client.prototype, ['query'])
  return () => sent
}

function countCalls(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    const call: unknown = Reflect.get(prototype, name)
    if (typeof call !== 'function') continue
    Reflect.set(prototype, name, function counted(this: unknown, ...args: unknown[]): unknown {
      sent++
      return Reflect.apply(call, this, args)
    })
  }
}
