import { expect, it } from 'vitest'
import { DaybreakError } from '../../functions/errors.ts'
import { MESSAGE_KINDS, type Message, type MessageKind } from '../../functions/notify/message.ts'
import type { Delivery, Notifier, Recipient } from '../../functions/notify/ports.ts'
import { exampleMessage } from '../support/notify/messages.ts'

/** A message as the receiving system has it. */
export interface Arrived {
  /** Conversation and thread: equal for messages that a person sees together. */
  readonly thread: string
  readonly text: string
  /** Equal for copies of one message, where the system can tell them. */
  readonly id: string
}

export interface NotifierFixture {
  readonly notifier: Notifier
  readonly recipients: readonly Recipient[]
  /** Kinds that the channel does not take. */
  readonly refuses: readonly MessageKind[]
  /** Texts that no error may hold. */
  readonly secrets: readonly string[]
  arrived(): readonly Arrived[]
  /** Asks for a pause of so many seconds; null where the system names no time. */
  readonly busy: (() => number | null) | null
  readonly broken: () => void
  /** Refuses for good. */
  readonly refuse: () => void
  /** Takes a message and does not say so. */
  readonly deaf: () => void
  readonly well: () => void
  /** Messages that are there after a copy of one: one where the system drops copies, else two of which one says so. */
  readonly copies: 'one' | 'same id' | 'says so'
  readonly stop: () => Promise<void>
}

let count = 0

function delivery(message: Message, changes: Partial<Delivery> = {}): Delivery {
  count++
  return {
    id: `n${count}`,
    message,
    recipient: { kind: 'channel' },
    thread: null,
    isCopy: false,
    only: null,
    ...changes,
  }
}

async function failureOf(work: Promise<unknown>): Promise<DaybreakError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DaybreakError)
  return error as DaybreakError
}

/** Promises of every channel. */
export function testNotifier(create: () => Promise<NotifierFixture>): void {
  it('brings headline, lines and link to every kind of recipient, as text', async () => {
    const { notifier, recipients, arrived } = await create()
    for (const recipient of recipients) await notifier.deliver(delivery(exampleMessage(), { recipient }))
    const messages = arrived()
    expect(messages).toHaveLength(recipients.length)
    for (const { text } of messages) {
      expect(text).toContain('PAGE 29 Nov is not complete: 2 of 40 locations (5 %).')
      expect(text).toContain('all 7 files missing since 05:00 local.')
      expect(text).toContain('https://daybreak.example.com/incidents/0193?tz=UTC')
    }
  })

  it('puts news of a root into the thread of its first message', async () => {
    const { notifier, arrived } = await create()
    const { reference } = await notifier.deliver(delivery(exampleMessage()))
    const news = exampleMessage({ kind: 'resolved', title: 'Store 7 at 06:03, Store 19 at 06:17.' })
    expect(await notifier.deliver(delivery(news, { thread: reference }))).toMatchObject({ reference })
    expect(new Set(arrived().map(({ thread }) => thread)).size).toBe(1)
    expect(arrived().some(({ text }) => text.includes('RESOLVED Store 7 at 06:03'))).toBe(true)
  })

  it('keeps roots apart', async () => {
    const { notifier, arrived } = await create()
    await notifier.deliver(delivery(exampleMessage()))
    await notifier.deliver(delivery(exampleMessage({ topic: 'Another', thread: 'prod/source/toast/X/0194' })))
    expect(new Set(arrived().map(({ thread }) => thread)).size).toBe(2)
  })

  it.each(MESSAGE_KINDS)('takes or refuses for good the kind %s', async (kind) => {
    const { notifier, refuses, arrived } = await create()
    const sent = notifier.deliver(delivery(exampleMessage({ kind })))
    if (refuses.includes(kind)) expect((await failureOf(sent)).code).toBe('CHANNEL_REFUSED')
    else {
      await sent
      const isSilent = kind === 'acknowledged' || kind === 'resolved'
      expect(arrived().length).toBeGreaterThanOrEqual(isSilent ? 0 : 1)
    }
  })

  it('cuts what is too long instead of failing', async () => {
    const { notifier, arrived } = await create()
    const long = exampleMessage({
      title: 'x'.repeat(5_000),
      lines: ['\u{1F4A5}'.repeat(4_000)],
      thread: 't'.repeat(500),
    })
    await notifier.deliver(delivery(long))
    expect(arrived()).toHaveLength(1)
  })

  it('says that a later try may help while the receiver is busy, broken or gone, and then delivers', async () => {
    const { notifier, busy, broken, well, arrived } = await create()
    if (busy) {
      const seconds = busy()
      const error = await failureOf(notifier.deliver(delivery(exampleMessage())))
      expect([error.code, error.details['retryAfter'] ?? null]).toEqual([
        'CHANNEL_UNREACHABLE',
        seconds === null ? null : seconds * 1000,
      ])
    }
    broken()
    expect((await failureOf(notifier.deliver(delivery(exampleMessage())))).code).toBe('CHANNEL_UNREACHABLE')
    well()
    await notifier.deliver(delivery(exampleMessage()))
    expect(arrived()).toHaveLength(1)
  })

  it('says that no try will help where the receiver refuses', async () => {
    const { notifier, refuse, arrived } = await create()
    refuse()
    expect((await failureOf(notifier.deliver(delivery(exampleMessage())))).code).toBe('CHANNEL_REFUSED')
    expect(arrived()).toEqual([])
  })

  it('may deliver twice where the answer was lost, as is documented of the channel', async () => {
    const { notifier, deaf, well, arrived, copies } = await create()
    const first = delivery(exampleMessage())
    deaf()
    expect((await failureOf(notifier.deliver(first))).code).toBe('CHANNEL_UNREACHABLE')
    well()
    await notifier.deliver({ ...first, isCopy: true })
    const messages = arrived()
    if (copies === 'one') expect(messages).toHaveLength(1)
    else {
      expect(messages).toHaveLength(2)
      if (copies === 'same id') expect(messages[0]?.id).toBe(messages[1]?.id)
      else expect(messages.map(({ text }) => text.includes('(sent again)'))).toEqual([false, true])
    }
  })

  it('never puts a secret into an error', async () => {
    const { notifier, busy, broken, refuse, deaf, stop, secrets } = await create()
    for (const spoil of [busy, broken, refuse, deaf]) {
      if (spoil === null) continue
      spoil()
      expectNoSecret(await failureOf(notifier.deliver(delivery(exampleMessage()))), secrets)
    }
    await stop()
    const gone = await failureOf(notifier.deliver(delivery(exampleMessage())))
    expect(gone.code).toBe('CHANNEL_UNREACHABLE')
    expectNoSecret(gone, secrets)
  })
}

function expectNoSecret(error: DaybreakError, secrets: readonly string[]): void {
  const told = [error.message, JSON.stringify(error.details), String(error.cause), error.stack].join('\n')
  for (const secret of secrets) expect(told).not.toContain(secret)
}
