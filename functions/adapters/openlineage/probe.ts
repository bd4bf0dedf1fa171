import { askReceiver, type Reach, TIMEOUT } from './ask-receiver.ts'

/** A receiver that is asked whether it is there. */
interface Probed {
  readonly url: string
  readonly reach: Reach
  readonly timeout?: number
}

/**
 * Status that a receiver answers to a request without an event and without the token: an event would stand in its graph. The same
 * addresses are refused as for events.
 * @throws {DaybreakError} CATALOG_REFUSED for an address that may not be called, CATALOG_UNREACHABLE without an answer.
 */
export async function probeReceiver({ url, reach, timeout = TIMEOUT }: Probed): Promise<number> {
  return await askReceiver(new URL(url), { event: null, headers: {}, timeout, reach })
}
