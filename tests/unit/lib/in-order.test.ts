import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inOrder } from '../../../functions/lib/in-order.ts'

it('yields in order for any order of ends, and runs up to its limit at a time', async () => {
  let running = 0
  let most = 0
  const results: number[] = []
  const start = async (index: number) => {
    most = Math.max(most, ++running)
    await wait((7 - index) * 2)
    running--
    return index
  }
  for await (const result of inOrder({ count: 7, ahead: 3 }, start)) results.push(result)

  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(most).toBe(3)
})

it('starts nothing more for a consumer that is slow or has left', async () => {
  let started = 0
  const start = async () => ++started
  for await (const _ of inOrder({ count: 100, ahead: 4 }, start)) {
    await wait(5)
    expect(started).toBe(4)
    break
  }
  expect(started).toBe(4)
})

it('throws a failure when its turn comes, and leaves no rejection unhandled', async () => {
  const results: number[] = []
  const start = async (index: number) => {
    if (index >= 2) throw new Error(`no ${index}`)
    return index
  }
  const reading = async () => {
    for await (const result of inOrder({ count: 9, ahead: 5 }, start)) results.push(result)
  }

  await expect(reading()).rejects.toThrow('no 2')
  expect(results).toEqual([0, 1])
  await wait(5)
})

it('yields nothing for no task', async () => {
  for await (const _ of inOrder({ count: 0, ahead: 5 }, async () => 1)) expect.unreachable()
})
