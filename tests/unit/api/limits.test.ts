import { expect, it } from 'vitest'
import { createLimits, LIMITS } from '../../../functions/api/limits.ts'

it('takes a burst, then refuses with RATE_LIMITED and the seconds to wait, and fills again with time', () => {
  let now = 0
  const limits = createLimits(LIMITS, () => now)
  for (let sent = 0; sent < LIMITS.write.burst; sent++) limits.take('ana', 'write')
  expect(() => limits.take('ana', 'write')).toThrow(
    expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfter: 1 } }),
  )
  // Another kind and another principal are counted apart.
  limits.take('ana', 'read')
  limits.take('ben', 'write')
  now += 1000
  limits.take('ana', 'write')
  limits.take('ana', 'write')
  expect(() => limits.take('ana', 'write')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
})

it('takes ten open answers of a principal, and a further one when one has ended', () => {
  const limits = createLimits(LIMITS, () => 0)
  const [first] = Array.from({ length: 10 }, () => limits.open('ana'))
  expect(() => limits.open('ana')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  limits.open('ben')
  first?.()
  first?.()
  limits.open('ana')
  expect(() => limits.open('ana')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
})
