import { asSlice, type Delivery, type Slice, type SliceMembers } from '../../functions/pipeline/entities.ts'

const UNARCHIVED: readonly string[] = ['expected', 'waived', 'seen', 'missing']
const EXPLAINED: readonly string[] = ['seen', 'missing', 'held', 'quarantined']
const STAGED: readonly string[] = ['staged', 'loaded']

/** A slice that can exist: what its state asks for is filled in, what it has no place for is left out. */
export function fitSlice(members: SliceMembers, delivery: Delivery): Slice {
  const { state, reason } = members
  const given = UNARCHIVED.includes(state) ? { raw: null, delivery: null } : members
  const raw = given.raw ?? (UNARCHIVED.includes(state) || state === 'quarantined' ? null : delivery.raw)
  const slice = asSlice({
    ...members,
    raw,
    delivery: raw === null ? null : (given.delivery ?? (STAGED.includes(state) ? delivery : null)),
    reason: reason ?? (EXPLAINED.includes(state) ? { code: 'INCOMPLETE', message: 'because of a test' } : null),
  })
  if ('misfit' in slice) throw new TypeError(`${slice.misfit}: expected ${slice.expected}`)
  return slice
}
