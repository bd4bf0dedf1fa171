import { expect, it } from 'vitest'
import { relay } from '../../../functions/ledger/relay.ts'
import type { Message } from '../../../functions/pipeline/entities.ts'
import type { Ledger } from '../../../functions/pipeline/ports.ts'
import { aMessage } from '../../support/ledger-rows.ts'

function ledgerOf(messages: readonly Message[]): Pick<Ledger, 'messages'> {
  return {
    messages: async ({ states }) => messages.filter(({ state }) => states?.includes(state)),
  }
}

async function relayed(messages: readonly Message[], minimumAge?: number) {
  const batches: (readonly Message[])[] = []
  const queue = { publish: async (batch: readonly Message[]) => void batches.push(batch) }
  const age = minimumAge === undefined ? {} : { minimumAge }
  const sent = await relay({ ledger: ledgerOf(messages), queue, now: () => 1000, ...age })
  expect(batches.flat()).toHaveLength(sent)
  return batches
}

it('sends what is pending, due or not, and nothing that is done or dead', async () => {
  const pending = [aMessage({ id: 'a', createdAt: 1 }), aMessage({ id: 'b', createdAt: 2, notBefore: 9_999_999 })]
  const ended = [aMessage({ id: 'c', state: 'done' }), aMessage({ id: 'd', state: 'dead' })]
  expect(await relayed([...pending, ...ended])).toEqual([pending])
})

it('leaves a load that waits to those that send loads', async () => {
  const load = { kind: 'load', pipeline: 'toast', stream: 'order_details', window: '2025-02-05' } as const
  const sent = aMessage({ id: 'sent', createdAt: 1, work: load })
  expect(await relayed([aMessage({ id: 'waits', createdAt: 1, work: load, sentAt: null }), sent])).toEqual([[sent]])
})

it('sends what a clock that was ahead has recorded, and says that it is due', async () => {
  const ahead = aMessage({ id: 'a', createdAt: 90_000_000, notBefore: 90_000_500 })
  expect(await relayed([ahead], 100)).toEqual([[{ ...ahead, notBefore: 1000 }]])
})

it('leaves out what is younger than asked for', async () => {
  const messages = [900, 901].map((createdAt) => aMessage({ id: `${createdAt}`, createdAt }))
  expect(await relayed(messages, 100)).toEqual([messages.slice(0, 1)])
})

it('leaves out what was delivered before, where a queue outlives its workers', async () => {
  const messages = [0, 1].map((attempts) => aMessage({ id: `${attempts}`, attempts, createdAt: 1 }))
  const batches: (readonly Message[])[] = []
  const queue = { publish: async (batch: readonly Message[]) => void batches.push(batch) }
  expect(await relay({ ledger: ledgerOf(messages), queue, now: () => 2, untriedOnly: true })).toBe(1)
  expect(batches).toEqual([messages.slice(0, 1)])
})

it('sends a thousand at a time, and nothing when there is nothing', async () => {
  const messages = Array.from({ length: 2500 }, (_, index) => aMessage({ id: `${index}`, createdAt: index % 1000 }))
  expect((await relayed(messages)).map((batch) => batch.length)).toEqual([1000, 1000, 500])
  expect(await relayed([])).toEqual([])
})
