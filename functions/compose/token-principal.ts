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
  /** Grants of people now; a token never has more than its maker. */
  readonly grants: () => Promise<readonly Grant[]>
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
  const maker = (await grants()).find(
    ({ who }) => who.kind === 'email' && who.name.toLowerCase() === token.principal.toLowerCase(),
  )
  return {
    ...(maker ? atMost(made, maker) : made),
    ...{ name: token.principal, csrf: null, token: { id, name: token.name } },
  }
}

type Rights = Pick<SignedIn, 'role' | 'shards'>

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
