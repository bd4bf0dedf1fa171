import type { Principal } from './decide.ts'
import type { Role } from './roles.ts'

/** Person or program whose identity was proven. */
export interface Identity {
  readonly email: string
  /** Organisation that vouches for the account; null where none does, as for a private account or a service account. */
  readonly domain: string | null
  readonly groups: readonly string[]
}

/** Role and locations that an e-mail, a domain or a group has. */
export interface Grant {
  readonly who: { readonly kind: 'email' | 'domain' | 'group'; readonly name: string }
  readonly role: Role
  /** Shards that it may see; null for all. */
  readonly shards: readonly string[] | null
}

/**
 * Pure: the principal of an identity, null without access. An entry with the e-mail comes before all others; then the first that matches
 * counts alone, since roles of one entry with locations of another would be more than either grants.
 */
export function principalOf(identity: Identity, grants: readonly Grant[]): Principal | null {
  const matching = grants.filter((grant) => matches(grant, identity))
  const grant = matching.find(({ who }) => who.kind === 'email') ?? matching[0]
  return grant ? { name: identity.email.toLowerCase(), role: grant.role, shards: grant.shards } : null
}

/** Pure: e-mails of administrators of all locations, at most three: who to ask for access. */
export function administrators(grants: readonly Grant[]): readonly string[] {
  const all = grants.filter(({ who, role, shards }) => who.kind === 'email' && role === 'admin' && shards === null)
  return [...new Set(all.map(({ who }) => who.name))].slice(0, 3)
}

function matches({ who }: Grant, { email, domain, groups }: Identity): boolean {
  const name = who.name.toLowerCase()
  if (who.kind === 'email') return email.toLowerCase() === name
  if (who.kind === 'domain') return domain?.toLowerCase() === name
  return groups.some((group) => group.toLowerCase() === name)
}
