import { expect, it } from 'vitest'
import { includesRole, ROLES } from '../../../functions/access/roles.ts'

it('includes every role before its own, and none after it', () => {
  for (const [at, role] of ROLES.entries())
    expect(ROLES.filter((needed) => includesRole(role, needed))).toEqual(ROLES.slice(0, at + 1))
})
