import { AsyncLocalStorage } from 'node:async_hooks'

/** Subject of the current work. Every line logged during it has these fields, unless the line has its own. */
export interface LogFacts {
  readonly pipeline?: string
  readonly runId?: string
  readonly shard?: string
  readonly stream?: string
  readonly window?: string
}

const storage = new AsyncLocalStorage<{ facts: LogFacts }>()

/** Runs work about something. A request around it is about the same from then on, so its last line says so, too. */
export function withLogFacts<Result>(facts: LogFacts, work: () => Result): Result {
  const around = storage.getStore()
  if (around) around.facts = { ...around.facts, ...facts }
  return storage.run({ facts: { ...around?.facts, ...facts } }, work)
}

/** Facts of the work under way; none outside of any. */
export function logFacts(): LogFacts {
  return storage.getStore()?.facts ?? {}
}
