/** A number of slots that work waits for, first come, first served. */
export interface Semaphore {
  /** Slots that exist now. */
  readonly limit: number
  /** Waits for a slot; the result gives it back, once, however often it is called. Rejects with the signal's reason. */
  acquire(signal?: AbortSignal): Promise<() => void>
  /** More or fewer slots from now on. Slots that are taken stay taken. */
  resize(limit: number): void
}

/** A semaphore of this process. */
export function createSemaphore(initialLimit: number): Semaphore {
  const waiting = new Set<() => void>()
  let limit = initialLimit
  let taken = 0

  const takeSlot = () => {
    taken++
    let given = false
    return () => {
      if (given) return
      given = true
      taken--
      serve()
    }
  }
  const serve = () => {
    for (const next of waiting) {
      if (taken >= limit) return
      waiting.delete(next)
      next()
    }
  }

  return {
    get limit() {
      return limit
    },
    resize(newLimit) {
      limit = newLimit
      serve()
    },
    acquire(signal) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      if (taken < limit) return Promise.resolve(takeSlot())
      return new Promise((resolve, reject) => {
        const give = () => {
          signal?.removeEventListener('abort', leave)
          resolve(takeSlot())
        }
        const leave = () => {
          waiting.delete(give)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', leave, { once: true })
        waiting.add(give)
      })
    },
  }
}
