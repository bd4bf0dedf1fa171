import type { Subscription } from './resources.ts'
import type { Timers } from './time.ts'

/** A message as its topic took it. */
export interface Published {
  readonly id: string
  readonly publishTime: number
  readonly data: Uint8Array
  readonly attributes: Readonly<Record<string, string>>
}

/** A message that a subscription still has to bring. */
export interface Held {
  /** Its id; a copy made on purpose has a key of its own. */
  readonly key: string
  readonly message: Published
  /** Negative acknowledgements and missed deadlines. */
  readonly failures: number
  /** Those of them that Pub/Sub counts: while its dead letter policy was in force. */
  readonly counted: number
  readonly dueAt: number
}

/** A delivery that is under way. */
export interface Lease {
  readonly ackId: string
  readonly held: Held
}

interface Live extends Lease {
  readonly cancel: () => void
  readonly onExpired: () => void
}

export interface BacklogOptions {
  readonly timers: Timers
  readonly config: () => Subscription
  /** A failed message as it is from now on; null when it is gone. */
  readonly afterFailure: (held: Held) => Held | null
  /** Which of those that are due comes next. */
  readonly choose: (due: readonly Held[]) => Held | undefined
  /** Told of messages that were kept for longer than the retention. */
  readonly onOutdated: (message: Published) => void
}

/** The messages of one subscription, and who works on them until when. */
export interface Backlog {
  add(message: Published, options?: { readonly copy?: number; readonly delay?: number }): void
  /** The next message that is due, leased for as long as the acknowledgement deadline says; null when none is. */
  take(onExpired?: () => void): Lease | null
  /** Ends a lease, and the message with it. False when the lease had ended. */
  ack(ackId: string): boolean
  /** Ends a lease; the message comes again. False when the lease had ended. */
  nack(ackId: string): boolean
  /** Lets a lease end so many seconds from now. */
  extend(ackId: string, seconds: number): void
  /** All messages, leased or not. */
  list(): readonly Held[]
  /** When the next message is due that no worker has; null when there is none. */
  nextAt(): number | null
  close(): void
}

export function createBacklog({ timers, config, afterFailure, choose, onOutdated }: BacklogOptions): Backlog {
  const held = new Map<string, Held>()
  const leases = new Map<string, Live>()
  const leased = new Set<string>()
  let taken = 0

  const free = () => [...held.values()].filter(({ key }) => !leased.has(key))
  const release = (ackId: string): Live | undefined => {
    const lease = leases.get(ackId)
    if (!lease) return undefined
    lease.cancel()
    leases.delete(ackId)
    leased.delete(lease.held.key)
    return lease
  }
  const fail = (lease: Live) => {
    const next = afterFailure(lease.held)
    if (next) held.set(next.key, next)
    else held.delete(lease.held.key)
  }
  const expireAt = (ackId: string, instant: number) =>
    timers.at(instant, () => {
      const lease = release(ackId)
      if (!lease) return
      fail(lease)
      lease.onExpired()
    })
  const dropOutdated = () => {
    for (const { key, message } of free()) {
      if (message.publishTime + config().messageRetentionDuration > timers.now()) continue
      held.delete(key)
      onOutdated(message)
    }
  }

  return {
    add(message, { copy = 0, delay = 0 } = {}) {
      const key = copy === 0 ? message.id : `${message.id}#${copy}`
      held.set(key, { key, message, failures: 0, counted: 0, dueAt: timers.now() + delay })
    },
    take(onExpired = () => undefined) {
      dropOutdated()
      const due = free().filter(({ dueAt }) => dueAt <= timers.now())
      const next = choose(due.toSorted((a, b) => a.dueAt - b.dueAt))
      if (!next) return null
      const ackId = `${next.key}@${++taken}`
      const cancel = expireAt(ackId, timers.now() + config().ackDeadlineSeconds * 1000)
      leases.set(ackId, { ackId, held: next, cancel, onExpired })
      leased.add(next.key)
      return { ackId, held: next }
    },
    ack(ackId) {
      const lease = release(ackId)
      if (lease) held.delete(lease.held.key)
      return lease !== undefined
    },
    nack(ackId) {
      const lease = release(ackId)
      if (lease) fail(lease)
      return lease !== undefined
    },
    extend(ackId, seconds) {
      const lease = leases.get(ackId)
      if (!lease) return
      lease.cancel()
      leases.set(ackId, { ...lease, cancel: expireAt(ackId, timers.now() + seconds * 1000) })
    },
    list: () => [...held.values()],
    nextAt() {
      const next = Math.min(...free().map(({ dueAt }) => dueAt))
      return Number.isFinite(next) ? next : null
    },
    close() {
      for (const ackId of [...leases.keys()]) release(ackId)
      held.clear()
    },
  }
}
