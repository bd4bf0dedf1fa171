import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createIds, keyedId } from '../../../functions/lib/id.ts'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

it('ids have the form of version 7 of RFC 9562, with the time in front', () => {
  // The example of RFC 9562, appendix A.6: 0x017F22E279B0 is 2022-02-22T19:22:22Z.
  const newId = createIds({ now: () => 0x017f22e279b0, randomBytes })
  expect(newId()).toMatch(FORM)
  expect(newId()).toMatch(/^017f22e2-79b0-7/)
})

it('every bit that is not time, version or variant can be either', () => {
  const make = (byte: number) => createIds({ now: () => 1, randomBytes: (count) => new Uint8Array(count).fill(byte) })()
  expect(make(0)).toBe('00000000-0001-7000-8000-000000000000')
  expect(make(255)).toBe('00000000-0001-77ff-bfff-ffffffffffff')
})

it('ids are unique and sorted as they were made, while the clock stands still, jumps ahead and goes back', () => {
  const times = [5000, 5000, 9000, 4000, 4001, 9000, 9001]
  let call = 0
  const newId = createIds({ now: () => times[Math.floor(call++ / 5000)] ?? 9001, randomBytes })
  const ids = Array.from({ length: 35_000 }, newId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted().join() === ids.join(), 'sorted').toBe(true)
  for (const id of ids) if (!FORM.test(id)) expect(id).toMatch(FORM)
})

it('two makers at the same time do not make the same id', () => {
  const [one, other] = [createIds({ now: () => 1, randomBytes }), createIds({ now: () => 1, randomBytes })]
  const ids = Array.from({ length: 1000 }, () => [one(), other()]).flat()
  expect(new Set(ids).size).toBe(2000)
})

it('the same key makes the same id in every process, another key another one', () => {
  expect(keyedId('toast/sweep/1', 0x017f22e279b0)).toBe(keyedId('toast/sweep/1', 0x017f22e279b0))
  expect(keyedId('toast/sweep/1', 0x017f22e279b0)).toMatch(/^017f22e2-79b0-7/)
  expect(keyedId('toast/sweep/1', 0x017f22e279b0)).toMatch(FORM)
  const ids = Array.from({ length: 1000 }, (_, index) => keyedId(`key ${index}`))
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
