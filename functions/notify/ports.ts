import type { ChannelConfig } from '../config/notify-config.ts'
import type { Message } from './message.ts'

/** The place that a message goes to. */
export type Recipient =
  /** The channel itself: its Slack channel, its mail addresses, its service. */
  | { readonly kind: 'channel' }
  | { readonly kind: 'person'; readonly name: string; readonly email?: string; readonly slack?: string }

/** One message on its way to one recipient. */
export interface Delivery {
  /** Stays the same when it is sent again, so that a receiver can tell a copy. */
  readonly id: string
  readonly message: Message
  readonly recipient: Recipient
  /** Reference of the first message of the same thread to this recipient; null for the first itself. */
  readonly thread: string | null
  /** True where an earlier delivery of it may have arrived. */
  readonly isCopy: boolean
  /** Mail addresses that an earlier delivery did not reach; null for all. */
  readonly only: readonly string[] | null
}

/** An address that did not take a message that others took. */
export interface Unreached {
  readonly address: string
  readonly isFinal: boolean
  readonly why: string
}

/** Answer of a receiving system. */
export interface Receipt {
  /** Name of the message there, for those that follow in its thread; null where the system gives no name. */
  readonly reference: string | null
  readonly unreached: readonly Unreached[]
}

/** A channel that is open. */
export interface Notifier {
  readonly kind: ChannelConfig['kind']
  /**
   * Sends a message, or changes the one that it follows.
   * @throws {DaybreakError} CHANNEL_UNREACHABLE where a later try may help, with `retryAfter` in milliseconds where the receiver
   * named a time; CHANNEL_REFUSED for good. Neither message holds an address, a token or a text of the receiver that does.
   */
  deliver(delivery: Delivery): Promise<Receipt>
  close(): Promise<void>
}
