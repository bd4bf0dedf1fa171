import { describe, expect, it } from 'vitest'
import { withRelease } from '../../../functions/contract/changelog.ts'
import { compareContracts } from '../../../functions/contract/compatibility.ts'
import type { Contract } from '../../../functions/contract/contract.ts'
import { bumped, bumpOf, versionProblem } from '../../../functions/contract/semver.ts'
import { aContract } from '../../support/definition.ts'

const id = { name: 'id', from: 'Id', type: 'string', required: true, description: 'Key.' }
const amount = { name: 'amount', from: 'Amount', type: 'numeric', scale: 2, description: 'Money.' }
const contractOf = (columns: readonly object[], more: object = {}): Contract => aContract('sales', { columns, ...more })

const old = contractOf([id, amount], { contract_version: '1.4.2' })
const CHANGES: Readonly<Record<string, readonly object[]>> = {
  major: [id],
  minor: [id, amount, { ...amount, name: 'tip', from: 'Tip' }],
  patch: [id, { ...amount, from: ['Amount', 'Amounts'] }],
  nothing: [id, { ...amount, description: 'Other words.' }],
}
const after = (what: string, more: object = {}): Contract => contractOf(CHANGES[what] ?? [], more)
const problem = (what: string, version: string | undefined, more: object = {}) => {
  const fresh = after(what, { ...(version && { contract_version: version }), ...more })
  return versionProblem({ before: old, after: fresh, changes: compareContracts(old, fresh) })
}

describe('a version of a contract', () => {
  it.each([
    ['major', '2.0.0'],
    ['minor', '1.5.0'],
    ['patch', '1.4.3'],
  ] as const)('rises by %s to %s', (bump, version) => {
    expect(bumpOf(compareContracts(old, after(bump)))).toBe(bump)
    expect(bumped('1.4.2', bump)).toBe(version)
  })

  it.each([
    ['nothing', '1.4.2'],
    ['patch', '1.4.3'],
    ['patch', '1.5.0'],
    ['minor', '1.5.0'],
    ['minor', '1.10.0'],
    ['nothing', '2.0.0'],
  ])('is right for %s as %s', (what, version) => {
    expect(problem(what, version)).toBeNull()
  })

  it.each<readonly [what: string, version: string | undefined, message: RegExp]>([
    ['patch', '1.4.2', /is 1\.4\.2; expected 1\.4\.3 or higher, because the changes are patch/],
    ['minor', '1.4.3', /expected 1\.5\.0 or higher/],
    ['major', '1.5.0', /expected 2\.0\.0 or higher/],
    ['major', '2.0.0', /no person answers for it; expected `acknowledged: \{ version: 2\.0\.0/],
    ['nothing', '1.4.1', /a version only rises/],
    ['nothing', undefined, /was 1\.4\.2 and is gone/],
  ])('is too small for %s as %s', (what, version, message) => {
    expect(problem(what, version)).toMatch(message)
  })

  it('of a break needs a person who answers for this break, and not for an earlier one', () => {
    const by = (version: string) => ({ acknowledged: { version, name: 'A. Person', reason: 'Because.' } })
    expect(problem('major', '2.0.0', by('2.0.0'))).toBeNull()
    expect(problem('major', '2.0.0', by('1.0.0'))).toMatch(/acknowledged/)
  })

  it('is asked for by no contract that was never released', () => {
    const before = contractOf([id, amount])
    const fresh = contractOf([id])
    expect(versionProblem({ before, after: fresh, changes: compareContracts(before, fresh) })).toBeNull()
  })
})

describe('a changelog of contracts', () => {
  const change = { compatibility: 'breaking', subject: 'column amount', message: 'is gone' } as const
  const released = {
    stream: 'sales',
    version: '2.0.0',
    acknowledged: { name: 'A. Person', reason: 'Because.' },
    changes: [change],
  }

  it('has the newest release first, and keeps the others', () => {
    const one = withRelease(null, {
      pipeline: 'shop',
      date: '2026-01-01',
      contracts: [{ ...released, version: '1.0.0', acknowledged: null, changes: [] }],
    })
    const two = withRelease(one, { pipeline: 'shop', date: '2026-02-01', contracts: [released] })
    expect(two).toBe(
      [
        '# Changes of the contracts of shop\n',
        '## 2026-02-01\n',
        '### sales 2.0.0\n',
        '- breaking: column amount is gone.',
        '- Acknowledged by A. Person: Because.\n',
        '## 2026-01-01\n',
        '### sales 1.0.0\n',
        '- The first version.\n',
      ].join('\n'),
    )
  })
})
