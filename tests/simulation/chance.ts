import { seeded } from '../support/seeded.ts'

/** The only source of chance in a simulation. */
export interface Chance {
  /** From 0 to below 1. */
  readonly next: () => number
  /** True with a probability. */
  is(probability: number): boolean
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number
  /** One of them. */
  one<Item>(items: readonly Item[]): Item
  /** Milliseconds from nothing to very long, the long ones rare: as latencies are. */
  latency(usual: number): number
  bytes(count: number): Uint8Array
}

export function createChance(seed: number): Chance {
  const next = seeded(seed)
  const chance: Chance = {
    next,
    is: (probability) => next() < probability,
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    one: (items) => items[Math.floor(next() * items.length)]!,
    latency: (usual) => Math.ceil(usual * -Math.log(1 - next())),
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)),
  }
  return chance
}
