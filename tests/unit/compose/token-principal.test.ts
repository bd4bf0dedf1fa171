import { describe, expect, it } from 'vitest'
import type { Grant } from '../../../functions/access/people.ts'
import { rightsNow } from '../../../functions/compose/token-principal.ts'

const MADE = { role: 'operator', shards: ['1', '2'] } as const
const grant = (kind: Grant['who']['kind'], name: string, more: Partial<Grant> = {}): Grant => ({
  ...{ who: { kind, name }, role: 'operator', shards: null },
  ...more,
})

describe('rights of an API token', () => {
  it.each([
    ['ends with the last entry of its maker', [], null],
    ['ends when only others have entries', [grant('email', 'ben@acme.test'), grant('domain', 'other.test')], null],
    ['keeps its role where an entry with the e-mail has it', [grant('email', 'Ana@acme.test')], MADE],
    [
      'falls to the entry with the e-mail, before that of its domain',
      [grant('domain', 'acme.test'), grant('email', 'ana@acme.test', { role: 'viewer', shards: ['2', '3'] })],
      { role: 'viewer', shards: ['2'] },
    ],
    ['keeps its rights where the domain of its maker covers them', [grant('domain', 'ACME.test')], MADE],
    ['ends when the domain covers its role no more', [grant('domain', 'acme.test', { role: 'viewer' })], null],
    ['ends when the domain covers its locations no more', [grant('domain', 'acme.test', { shards: ['1'] })], null],
    ['keeps its rights where a group covers them', [grant('group', 'night@acme.test')], MADE],
  ])('%s', (_, grants, expected) => {
    expect(rightsNow({ ...MADE }, 'ana@acme.test', grants)).toEqual(expected)
  })

  it('are its own where an account of the machine made it', () => {
    expect(rightsNow({ ...MADE }, 'ana', [])).toEqual(MADE)
  })
})
