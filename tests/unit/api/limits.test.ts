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
