/** A work to measure: `size` counts its characters, keys or messages. */
export type SizedWork = (size: number) => unknown

const TRIES = 3

/**
 * Ratio of the processor time of `work(10 * size)` to that of `work(size)`, the least of three tries of each.
 * Linear work gives about 10, quadratic work about 100. Processor time, so a busy machine gives the same ratio.
 */
export async function growth(work: SizedWork, size: number): Promise<number> {
  await work(size)
  const small = await leastProcessorTime(() => work(size))
  const large = await leastProcessorTime(() => work(10 * size))
  return large / small
}

/** Growth that no quadratic work has, with room for caches and garbage collection. */
export const ALMOST_LINEAR = 40

async function leastProcessorTime(work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    times.push(user + system)
  }
  return Math.max(Math.min(...times), 1)
}
