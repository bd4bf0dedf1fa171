import { DaybreakError } from '../errors.ts'
import type { Message } from '../notify/message.ts'
import type { Json } from '../pipeline/entities.ts'

/** Content of a row of the outbox. */
export interface Body {
  readonly message: Message
  /** Members or subjects of the root when it was decided. */
  readonly extent: number
}

/** The content as the ledger keeps it. */
export function toBody(body: Body): Json {
  return JSON.parse(JSON.stringify(body)) as Json
}

/** The content of a row that `toBody` wrote. @throws {DaybreakError} LEDGER_DAMAGED for a row that another program changed. */
export function fromBody(body: unknown): Body {
  if (isBody(body)) return body
  throw new DaybreakError('LEDGER_DAMAGED', 'the body of a notification is not one that Daybreak wrote')
}

function isBody(body: unknown): body is Body {
  if (typeof body !== 'object' || body === null) return false
  return 'message' in body && typeof body.message === 'object' && 'extent' in body && typeof body.extent === 'number'
}

/** State of a message at its receiver, as far as it is known. */
export interface StoredReceipt {
  /** Name of the message there; null before it was taken. */
  readonly reference: string | null
  /** Addresses that an earlier delivery did not reach; null for all. */
  readonly left: readonly string[] | null
  /** False where the receiver said that it did not take the message. */
  readonly mayHaveArrived: boolean
}

/** The receipt as a row keeps it. */
export function toReceipt(receipt: StoredReceipt): string {
  return JSON.stringify(receipt)
}

/** The receipt of a row; null where no delivery ended yet. */
export function fromReceipt(text: string | null): StoredReceipt | null {
  return text === null ? null : (JSON.parse(text) as StoredReceipt)
}
