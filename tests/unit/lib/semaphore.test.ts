import { expect, it } from 'vitest'
import { createSemaphore } from '../../../functions/lib/semaphore.ts'

const settled = async () => {
  for (let turns = 0; turns < 5; turns++) await Promise.resolve()
}

it('gives out as many slots as it has, and the rest in the order they were asked for', async () => {
  const semaphore = createSemaphore(2)
  const order: string[] = []
  const ask = async (name: string) => {
    const release = await semaphore.acquire()
    order.push(name)
    return release
  }
  const releases = ['a', 'b', 'c', 'd'].map(ask)
  await settled()
  expect(order).toEqual(['a', 'b'])

  const releaseB = await releases[1]!
  releaseB()
  releaseB()
  await settled()
  expect(order).toEqual(['a', 'b', 'c'])
})

it('forgets who no longer waits', async () => {
  const semaphore = createSemaphore(1)
  const release = await semaphore.acquire()
  const abort = new AbortController()
  const impatient = semaphore.acquire(abort.signal)
  const patient = semaphore.acquire()
  abort.abort(new Error('too long'))
  release()

  await expect(impatient).rejects.toThrow('too long')
  ;(await patient)()
  ;(await semaphore.acquire(AbortSignal.any([])))()
  await expect(semaphore.acquire(abort.signal)).rejects.toThrow('too long')
})

it('gives out no new slot until a smaller limit is kept, and more at once for a larger one', async () => {
  const semaphore = createSemaphore(3)
  const releases = await Promise.all([1, 2, 3].map(() => semaphore.acquire()))
  semaphore.resize(1)
  let given = 0
  const ask = () => semaphore.acquire().then(() => given++)
  ask()
  ask()
  releases[0]!()
  releases[1]!()
  await settled()
  expect(given).toBe(0)
  releases[2]!()
  await settled()
  expect(given).toBe(1)
  semaphore.resize(2)
  await settled()
  expect(given).toBe(2)
})
