import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CheckResult } from '../../../functions/pipeline/entities.ts'
import { judge, rejectsAllowed } from '../../../functions/pipeline/steps/check-day.ts'
import { soften } from '../../../functions/pipeline/steps/cross-check.ts'

const counts = (accepted: number, rejected: number) => ({
  lines: 0,
  blankLines: 0,
  records: 1 + accepted + rejected,
  accepted,
  rejected,
})
const result: CheckResult = {
  check: 'sums',
  rule: 'R3',
  state: 'fail',
  effect: 'block',
  tested: 10,
  failed: 1,
  message: '1 of 10 differ',
}
const rules = { budget: 0.001, allowance: 5, checks: [] }

describe('the verdict on a slice', () => {
  it('stages what adds up', () => {
    expect(judge({ ...rules, counts: counts(10, 0) })).toEqual({ stage: true })
    expect(judge({ ...rules, counts: counts(0, 0) })).toEqual({ stage: true })
  })

  it('holds counts that do not add up, by any number', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e3), fc.integer({ min: -5, max: 5 }), (accepted, rejected, off) => {
        const verdict = judge({
          ...rules,
          budget: 1,
          counts: { ...counts(accepted, rejected), records: 1 + accepted + rejected + off },
        })
        expect(verdict.stage).toBe(off === 0)
      }),
    )
  })

  it('fault 24: loads with few rejects and holds with many', () => {
    expect(judge({ ...rules, counts: counts(9_990, 10) }).stage).toBe(true)
    expect(judge({ ...rules, counts: counts(9_989, 11) })).toMatchObject({
      stage: false,
      reason: { code: 'REJECT_BUDGET_EXCEEDED' },
    })
  })

  it('counts the rows that a rejected record swallowed', () => {
    const one = { ...rules, counts: counts(124, 1) }
    expect(judge({ ...one, hidden: 3 }).stage).toBe(true)
    expect(judge({ ...one, hidden: 117 })).toMatchObject({
      stage: false,
      reason: {
        code: 'REJECT_BUDGET_EXCEEDED',
        message: '118 of 242 rows were rejected, 117 of them inside other records; 5 are allowed (reject_budget 0.001)',
      },
    })
  })

  it('allows a few rejects in a small file, and never more than a twentieth', () => {
    expect(rejectsAllowed(142, rules)).toBe(5)
    expect(rejectsAllowed(40, rules)).toBe(2)
    expect(rejectsAllowed(19, rules)).toBe(0)
    expect(rejectsAllowed(1_000_000, rules)).toBe(1_000)
  })

  it('holds for a failed blocking check and not for a warning', () => {
    expect(judge({ ...rules, counts: counts(10, 0), checks: [result] })).toMatchObject({
      stage: false,
      reason: { code: 'CHECK_BLOCKED' },
    })
    expect(
      judge({ ...rules, counts: counts(10, 0), checks: [{ ...result, effect: 'warn', state: 'warn' }] }).stage,
    ).toBe(true)
  })

  const held: CheckResult = { ...result, effect: 'hold' }

  it('holds for a failed check with that effect, until its bytes are cleared', () => {
    const input = { ...rules, counts: counts(10, 0), checks: [held] }
    expect(judge(input)).toMatchObject({ stage: false, state: 'held', reason: { code: 'FILE_HELD' } })
    expect(judge({ ...input, checks: [{ ...held, state: 'warn' }] })).toEqual({ stage: true })
    expect(judge({ ...input, clearance: 'published' })).toEqual({ stage: true })
    for (const how of ['released', 'confirmed'] as const)
      expect(judge({ ...input, clearance: how })).toMatchObject({ stage: true, override: { how } })
    expect(judge({ ...input, force: true })).toMatchObject({ stage: true, override: { how: 'forced' } })
  })

  it('blocks what a person released, and forces neither what does not add up', () => {
    const blocked = { ...rules, counts: counts(10, 0), checks: [held, result], clearance: 'released' } as const
    expect(judge(blocked)).toMatchObject({ stage: false, state: 'quarantined' })
    const wrong = { ...rules, counts: { ...counts(10, 0), records: 12 }, force: true }
    expect(judge(wrong)).toMatchObject({ stage: false, reason: { code: 'NOT_RECONCILED' } })
  })

  it('refuses no file for a cross check while rows are rejected, and disputes the day instead', () => {
    expect(soften(result, 0)).toBe(result)
    expect(soften(result, 2)).toMatchObject({
      state: 'fail',
      effect: 'dispute',
      message: expect.stringContaining('2 of their rows were rejected'),
    })
    expect(soften({ ...result, state: 'pass' }, 2).state).toBe('pass')
  })
})
