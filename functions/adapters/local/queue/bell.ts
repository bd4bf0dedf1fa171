import type { Clock } from '../../../pipeline/ports.ts'

/** Wakes waiting code, so that waiting needs no polling. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, or after so many milliseconds; null waits for the ring alone. */
  wait(milliseconds: number | null): Promise<void>
}

/** Creates a bell on a clock. */
export function createBell(clock: Clock): Bell {
  let next = Promise.withResolvers<void>()
  return {
    ring() {
      next.resolve()
      next = Promise.withResolvers()
    },
    async wait(milliseconds) {
      if (milliseconds === null) return await next.promise
      const rung = new AbortController()
      const { promise } = next
      await Promise.race([promise, clock.sleep(milliseconds, rung.signal)])
      rung.abort()
    },
  }
}
