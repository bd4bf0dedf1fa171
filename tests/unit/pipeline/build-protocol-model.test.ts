import { describe, expect, it } from 'vitest'
import { SOAK } from '../../support/draws.ts'
import { explore, type Mutation, type Settings } from './build-protocol.ts'

describe('the build protocol, in every order of what its workers do', () => {
  it.each<[Settings, number]>([
    [{ workers: 2, changes: 2, losses: 0 }, 10_000],
    [{ workers: 2, changes: 1, losses: 1 }, 10_000],
    [{ workers: 3, changes: SOAK ? 2 : 1, losses: 0 }, 30_000],
  ])('ends with the table equal to its inputs, and never goes back: %j', (settings, atLeast) => {
    const { states, ends, violations } = explore(settings)
    expect(Object.fromEntries(violations)).toEqual({})
    expect(states).toBeGreaterThan(atLeast)
    expect(ends).toBeGreaterThan(0)
  })

  it.each<[Mutation, string, number?]>([
    ['verdict_not_recorded', 'the table goes back to older rows'],
    ['checks_not_wanted', 'a held partition is never looked at again', 1],
    ['shared_staging', 'rows are published that no check has seen'],
    ['epoch_while_publishing', 'two publications of one partition can still commit'],
    ['used_id_runs_again', 'the table goes back to older rows'],
  ])('is broken by %s: %s', (mutation, wrong, changes = 2) => {
    const { violations } = explore({ workers: 2, changes, losses: 0, mutation, until: wrong })
    expect([...violations.keys()]).toContain(wrong)
  })
})
