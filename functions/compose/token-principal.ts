import { isDeepStrictEqual } from 'node:util'
import type { Grant } from '../access/people.ts'
import { ROLES, type Role } from '../access/roles.ts'
import type { TokenIssuer } from '../adapters/oidc/tokens.ts'
import { DaybreakError } from '../errors.ts'
import type { SignedIn } from '../http/session.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'

/** Ledger, clock and keys that an API token is judged with. */
interface TokenPorts {
  readonly ledger: PeopleLedger
  readonly now: () => number
  readonly tokens: TokenIssuer | null
  /** Grants of people now; a token never has more than its maker. Null on a laptop, whose one user needs no grant. */
  readonly grants: (() => Promise<readonly Grant[]>) | null
}

// Seconds of the last use do not matter, and each is a write.
const TOUCH = 60_000

/** The principal of an API token. @throws {DaybreakError} UNAUTHENTICATED, also for a token that was revoked. */
export async function tokenPrincipal(text: string, { ledger, now, tokens, grants }: TokenPorts): Promise<SignedIn> {
  if (tokens === null) throw refused('no key of this server signs API tokens')
  const { id } = await tokens.verify(text)
  const token = await ledger.reads.token(id)
  if (token === null) throw refused('the ledger does not know it')
  if (token.revokedAt !== null) throw refused('it was revoked')
  if (token.expiresAt <= now()) throw refused('it is over')
  if (token.lastUsedAt === null || now() - token.lastUsedAt > TOUCH) await ledger.touchToken(id, now())
  const made = { role: roleOf(token.role), shards: shardsOf(token.scope) }
  const rights = grants === null ? made : rightsNow(made, token.principal, await grants())
  if (rights === null) throw refused(`its maker, ${token.principal}, has no access any more that covers it`)
  return { ...rights, name: token.principal, csrf: null, token: { id, name: token.name } }
}

type Rights = Pick<SignedIn, 'role' | 'shards'>

/**
 * Pure: rights of a token now; null when its maker has none that cover it. An entry with the maker's e-mail limits them. Without one, the
 * entry of a domain or group must still cover them: a token does not say which groups its maker is in. A maker that is no e-mail is an
 * account of the machine that has the ledger, which no entry names.
 */
export function rightsNow(made: Rights, maker: string, grants: readonly Grant[]): Rights | null {
  const name = maker.toLowerCase()
  if (!name.includes('@')) return made
  const own = grants.find(({ who }) => who.kind === 'email' && who.name.toLowerCase() === name)
  if (own) return atMost(made, own)
  const domain = name.slice(name.lastIndexOf('@') + 1)
  const isCovered = grants
    .filter(({ who }) => who.kind === 'group' || (who.kind === 'domain' && who.name.toLowerCase() === domain))
    .some((grant) => isDeepStrictEqual(atMost(made, grant), made))
  return isCovered ? made : null
}

/** Pure: rights that both have. */
function atMost(made: Rights, maker: Rights): Rights {
  const role = ROLES[Math.min(ROLES.indexOf(made.role), ROLES.indexOf(maker.role))] ?? 'viewer'
  if (made.shards === null || maker.shards === null) return { role, shards: made.shards ?? maker.shards }
  const { shards } = maker
  return { role, shards: made.shards.filter((shard) => shards.includes(shard)) }
}

function roleOf(text: string): Role {
  return ROLES.find((role) => role === text) ?? 'viewer'
}

function shardsOf(scope: unknown): Rights['shards'] {
  if (scope === null) return null
  return Array.isArray(scope) ? scope.filter((shard) => typeof shard === 'string') : []
}

function refused(why: string): DaybreakError {
  return new DaybreakError('UNAUTHENTICATED', `the token is not accepted: ${why}`)
}
