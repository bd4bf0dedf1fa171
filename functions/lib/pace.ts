/** Limits of a transfer. */
interface PaceLimits {
  /** Bytes per second. */
  readonly minimumRate: number
  /** Milliseconds of waiting over which the rate is measured. */
  readonly window: number
}

/**
 * Watches that bytes arrive fast enough, so that a transfer ends within its size divided by the minimum rate. Only the time
 * that is spent waiting for bytes counts, never that of a slow reader.
 */
export class Pace {
  readonly #limits: PaceLimits
  readonly #tooSlow: (why: string) => void
  #waited = 0
  #bytes = 0
  #since: number | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(limits: PaceLimits, tooSlow: (why: string) => void) {
    this.#limits = limits
    this.#tooSlow = tooSlow
  }

  /** Bytes that have arrived. */
  add(bytes: number): void {
    this.#bytes += bytes
  }

  /** Waits for the work; the time until it ends counts. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.#since = performance.now()
    this.#arm()
    try {
      return await work
    } finally {
      clearTimeout(this.#timer)
      this.#waited += performance.now() - this.#since
      this.#since = null
    }
  }

  #arm(): void {
    // Reads bytes that have arrived before it judges the rate.
    this.#timer = setTimeout(() => setImmediate(() => this.#judge()), Math.max(0, this.#limits.window - this.#waited))
  }

  #judge(): void {
    if (this.#since === null) return
    const { minimumRate, window } = this.#limits
    // Silence is a broken connection, which another part watches for.
    if (this.#bytes > 0 && this.#bytes < (minimumRate * window) / 1_000) {
      this.#tooSlow(`${this.#bytes} bytes arrived in ${window} ms; expected at least ${minimumRate} a second`)
      return
    }
    this.#waited = 0
    this.#bytes = 0
    this.#since = performance.now()
    this.#arm()
  }
}
