import { expect, it } from 'vitest'
import { wayFrom } from '../support/way.ts'

const PIPELINE = 'functions/pipeline'

/**
 * Files that one stays in, different files, and returns to one that was left, from a step of the story through all that it calls.
 * A change may make a way shorter; lower its numbers here then.
 */
it.each([
  ['bringIn', 'a look to a day that is published', { stays: 47, rooms: 24, returns: 23 }],
  ['ensureLoaded', 'a manifest to a loaded partition', { stays: 24, rooms: 12, returns: 12 }],
])('%s() leads from %s without more detours than before', (name, _, most) => {
  const { stays, rooms, returns } = wayFrom(`${PIPELINE}/night.ts`, name, PIPELINE)
  expect(stays.length, stays.join('\n')).toBeLessThanOrEqual(most.stays)
  expect(rooms).toBeLessThanOrEqual(most.rooms)
  expect(returns).toBeLessThanOrEqual(most.returns)
  // A walk that loses its way is short as well.
  expect(rooms).toBeGreaterThan(most.rooms / 2)
})
