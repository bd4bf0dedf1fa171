import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { DuckDBConnection } from '@duckdb/node-api'

/** Calls of a process to its disk and its databases since the last `takeEffects`. */
export interface Effects {
  /** Waits for the disk: `fsync` of a file or a folder. */
  readonly fsyncs: number
  /** Statements to SQLite, without those that begin or end a transaction. */
  readonly sqliteStatements: number
  readonly sqliteTransactions: number
  /** Statements to DuckDB, of the transformer and the warehouse together. */
  readonly duckdbStatements: number
}

const NONE: Effects = { fsyncs: 0, sqliteStatements: 0, sqliteTransactions: 0, duckdbStatements: 0 }

let counted = { ...NONE }

const add = (name: keyof Effects) => {
  counted = { ...counted, [name]: counted[name] + 1 }
}

/** Calls before the original one; a wrapped member stays wrapped until the process ends. */
function before(owner: object, names: readonly string[], note: (first: unknown) => void): void {
  for (const name of names) {
    const call: unknown = Reflect.get(owner, name)
    if (typeof call !== 'function') continue
    Reflect.set(owner, name, function noted(this: unknown, ...args: unknown[]): unknown {
      note(args[0])
      return Reflect.apply(call, this, args)
    })
  }
}

before(StatementSync.prototype, ['all', 'get', 'run', 'iterate'], () => add('sqliteStatements'))
before(DatabaseSync.prototype, ['exec'], (sql) => {
  if (/^\s*begin/iu.test(String(sql))) add('sqliteTransactions')
  else if (!/^\s*(commit|rollback)/iu.test(String(sql))) add('sqliteStatements')
})
before(DuckDBConnection.prototype, ['run', 'stream', 'start', 'startStream', 'createPrepared', 'prepare'], () =>
  add('duckdbStatements'),
)
// Modules take `fsync` by name when they are loaded; those that write objects are loaded when a project is composed.
before(fs, ['fsync'], () => add('fsyncs'))
syncBuiltinESMExports()

/** The calls since the last time; counts from nought again. */
export function takeEffects(): Effects {
  const taken = counted
  counted = { ...NONE }
  return taken
}
