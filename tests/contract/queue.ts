import { expect, it } from 'vitest'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Queue } from '../../functions/pipeline/ports.ts'
import { aMessage } from '../support/ledger-rows.ts'

export interface QueueFixture {
  readonly queue: Queue
  /** Delivers what there is until nothing is left. A delivery succeeds unless the handler throws. */
  deliver(handler: (message: Message) => Promise<void>): Promise<void>
  /** The time by the clock of the queue. */
  now(): number
}

/** Promises of every queue: each message arrives, at least once. */
export function testQueue(create: () => Promise<QueueFixture>): void {
  const messages = Array.from({ length: 50 }, (_, index) => aMessage({ id: `m${index}`, attempts: 0, notBefore: 0 }))

  it('delivers every message, as it was published', async () => {
    const { queue, deliver } = await create()
    await queue.publish(messages)
    const seen = new Map<string, Message>()
    await deliver(async (message) => void seen.set(message.id, message))
    expect([...seen.values()].toSorted(byId)).toEqual(messages.toSorted(byId))
  })

  it('delivers a message again after a failed delivery', async () => {
    const { queue, deliver } = await create()
    await queue.publish(messages.slice(0, 5))
    const attempts = new Map<string, number>()
    await deliver(async ({ id }) => {
      attempts.set(id, (attempts.get(id) ?? 0) + 1)
      if (attempts.get(id) === 1) throw new Error('the first delivery of each fails')
    })
    expect([...attempts.values()].every((count) => count >= 2)).toBe(true)
    expect(attempts.size).toBe(5)
  })

  it('delivers what is published while it delivers', async () => {
    const { queue, deliver } = await create()
    await queue.publish(messages.slice(0, 1))
    const seen = new Set<string>()
    await deliver(async ({ id }) => {
      seen.add(id)
      if (seen.size <= 10) await queue.publish(messages.slice(seen.size, seen.size + 1))
    })
    expect(seen.size).toBe(11)
  })

  it('delivers a message that is not due yet once it is due if it says that it can, and else not at all', async () => {
    const { queue, deliver, now } = await create()
    const notBefore = now() + 3_600_000
    await queue.publish([aMessage({ id: 'later', attempts: 0, notBefore })])
    const early: boolean[] = []
    await deliver(async () => void early.push(now() < notBefore))
    expect(new Set(early)).toEqual(new Set(queue.can.delay ? [false] : []))
  })

  it('may be given the same message again and again, and nothing at all (fault 51)', async () => {
    const { queue, deliver } = await create()
    await queue.publish([])
    for (let time = 0; time < 5; time++) await queue.publish(messages.slice(0, 2))
    const seen = new Set<string>()
    await deliver(async ({ id }) => void seen.add(id))
    expect(seen).toEqual(new Set(['m0', 'm1']))
  })
}

function byId(a: Message, b: Message): number {
  return a.id < b.id ? -1 : 1
}
