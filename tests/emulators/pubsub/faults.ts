import type { Held } from './backlog.ts'
import { Refusal, type StatusName } from './wire.ts'

/** How the server misbehaves. Nothing is left out of what Pub/Sub may do. */
export interface PubsubFaults {
  /** So many deliveries of each message instead of one, all due at once. */
  readonly copies?: number
  /** A number from 0 to below 1: any message that is due comes next. */
  readonly reorder?: () => number
  /** Milliseconds that a message is late. */
  readonly delay?: (attributes: Readonly<Record<string, string>>) => number
  /** So many acknowledgements of pushes are not heard. */
  readonly loseAnswers?: number
  /** The next publish requests fail: with the messages taken (only the answer is lost), or without. */
  readonly publish?: { readonly status: StatusName; readonly times: number; readonly taken?: boolean }
  /** The next publish requests are never answered. */
  readonly silence?: number
}

/** Faults that are switched on, and how often each is still to come. */
export interface Faults {
  set(faults: PubsubFaults): void
  copies(): number
  choose(due: readonly Held[]): Held | undefined
  delay(attributes: Readonly<Record<string, string>>): number
  losesAnswer(): boolean
  /** Around the taking of messages. */
  publish<Answer>(take: () => Answer): Answer | Promise<never>
}

export function createFaults(): Faults {
  let faults: PubsubFaults = {}
  const left = { answers: 0, publishes: 0, silences: 0 }
  const spend = (what: keyof typeof left) => left[what] > 0 && left[what]-- > 0
  return {
    set(next) {
      faults = next
      left.answers = next.loseAnswers ?? 0
      left.publishes = next.publish?.times ?? 0
      left.silences = next.silence ?? 0
    },
    copies: () => faults.copies ?? 1,
    choose: (due) => due[Math.floor((faults.reorder?.() ?? 0) * due.length)],
    delay: (attributes) => Math.round(faults.delay?.(attributes) ?? 0),
    losesAnswer: () => spend('answers'),
    publish(take) {
      const { publish } = faults
      if (spend('silences')) return new Promise<never>(() => undefined)
      if (!publish || !spend('publishes')) return take()
      if (publish.taken) take()
      throw new Refusal(publish.status, 'the local Pub/Sub was told to fail')
    },
  }
}
