import { includesRole, type NeededRole, type Role, type Scoping } from './roles.ts'

/** Person or program that asks. */
export interface Principal {
  /** E-mail of an account; `this-machine` on a laptop. */
  readonly name: string
  readonly role: Role
  /** Shards that it may see; null for all. */
  readonly shards: readonly string[] | null
}

/** Access that a route grants. */
interface Needed {
  readonly role: NeededRole
  readonly scope: Scoping
}

/** Answer to a question of access. `absent`: for this principal the resource does not exist. */
export type Decision = 'allowed' | 'unauthenticated' | 'forbidden' | 'absent'

/** Pure: may a principal use a route, and for a resource of a shard, may it see that shard? */
export function decide(
  principal: Principal | null,
  { role, scope }: Needed,
  resource: { readonly shard: string } | null = null,
): Decision {
  if (role === 'public') return 'allowed'
  if (principal === null) return 'unauthenticated'
  if (role !== 'anyone' && !includesRole(principal.role, role)) return 'forbidden'
  if (scope === 'whole' && principal.shards !== null) return 'forbidden'
  if (scope === 'cut' && resource !== null && !maySee(principal, resource.shard)) return 'absent'
  return 'allowed'
}

/** Pure: true when a principal may see a shard. */
export function maySee({ shards }: Pick<Principal, 'shards'>, shard: string): boolean {
  return shards === null || shards.includes(shard)
}

/** Pure: the shards of a question, cut to those that a principal may see; undefined for all. */
export function cutShards(
  { shards }: Pick<Principal, 'shards'>,
  asked: readonly string[] = [],
): readonly string[] | undefined {
  if (asked.length === 0) return shards ?? undefined
  return shards === null ? asked : asked.filter((shard) => shards.includes(shard))
}
