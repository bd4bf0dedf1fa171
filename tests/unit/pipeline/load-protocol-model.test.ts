import { describe, expect, it } from 'vitest'
import { SOAK } from '../../support/draws.ts'
import { explore, type Mutation, type Settings } from './load-protocol.ts'

describe('the load protocol, in every order of what its workers do', () => {
  it.each<[Settings, number]>([
    [{ workers: 3, crashes: SOAK ? 2 : 1, failures: 0, marks: false }, 100_000],
    [{ workers: 3, crashes: 0, failures: 0, marks: true }, 30_000],
    [{ workers: 2, crashes: 2, failures: 1, marks: true, ends: true }, 5_000],
    [{ workers: 2, crashes: 0, failures: 0, marks: true, restore: true }, 5_000],
  ])('ends with table, row and slices in agreement, and never goes back: %j', (settings, atLeast) => {
    const { states, violations } = explore(settings)
    expect(Object.fromEntries(violations)).toEqual({})
    expect(states).toBeGreaterThan(atLeast)
  })

  it.each<[Mutation, string, Partial<Settings>]>([
    ['job_named_after_content', 'the table is not what the ledger says', {}],
    ['slices_before_row', 'the table goes back to an older revision', {}],
    ['no_look_after_success', 'the table is not what the ledger says', { marks: false }],
    ['epoch_while_pending', 'two jobs of one partition can still commit', {}],
    ['epoch_while_pending', 'the table goes back to an older revision', {}],
    ['manifest_overwritten', 'the table goes back to an older revision', {}],
    ['mark_without_row', 'a slice says loaded and is not', {}],
    ['attempt_keeps_id', 'there are more attempts than failures', { failures: 1 }],
    ['used_id_taken_for_done', 'the table is not what the ledger says', { restore: true, workers: 2 }],
    ['no_survey', 'the table is not what the ledger says', { restore: true, workers: 2 }],
    ['taken_number_not_wanted', 'no worker can end any more', { workers: 2, crashes: 1, ends: true }],
  ])('is broken by %s: %s', (mutation, wrong, settings) => {
    const { violations } = explore({ crashes: 0, failures: 0, marks: true, ...settings, mutation, until: wrong })
    expect([...violations.keys()]).toContain(wrong)
  })
})
