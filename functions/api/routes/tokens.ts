import { maySee } from '../../access/decide.ts'
import { includesRole, ROLES } from '../../access/roles.ts'
import { DaybreakError } from '../../errors.ts'
import type { SignedIn } from '../../http/session.ts'
import type { Token } from '../../pipeline/people/records.ts'
import { instantText, optionalInstant } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { AUDIT_ROUTES } from '../contract/audit.ts'

const DAY = 86_400_000

/** Handlers of API tokens. */
export const TOKEN_HANDLERS: HandlersOf<Omit<typeof AUDIT_ROUTES, 'GET /api/audit'>> = {
  'GET /api/tokens': async ({ principal }, { ledger }) => {
    const tokens = await ledger.reads.tokens(isOwner(principal) ? {} : { principal: principal.name })
    return { body: { tokens: tokens.map(tokenAnswer) } }
  },
  'POST /api/tokens': async ({ body, principal, settle }, { tokens, ports, now }) => {
    if (tokens === null)
      throw new DaybreakError('NOT_FOUND', 'this server makes no API tokens; its environment has no `auth.token_key`')
    // A token that makes tokens would outlive its own end.
    if (principal.token) throw new DaybreakError('FORBIDDEN', 'a token makes no tokens; a person does')
    const shards = body.shards ?? principal.shards
    expectAtMost(principal, { role: body.role, shards })
    const at = now()
    const token: Token = {
      ...{ id: ports.newId(), name: body.name, principal: principal.name, role: body.role },
      scope: shards === null ? null : [...shards],
      ...{ createdAt: at, expiresAt: at + body.days * DAY, revokedAt: null, lastUsedAt: null },
    }
    const text = await tokens.sign({ id: token.id, subject: principal.name, expiresAt: token.expiresAt })
    const answer = tokenAnswer(token)
    const entry = { action: 'token.create', subject: `token/${token.id}`, before: null, after: answer }
    return await settle(entry, { body: { ...answer, token: text } }, [{ change: 'token', token }])
  },
  'DELETE /api/tokens/{id}': async ({ path, principal, settle }, { ledger, now }) => {
    const token = await ledger.reads.token(path.id)
    if (token === null || !mayRevoke(principal, token))
      throw new DaybreakError('NOT_FOUND', `there is no token ${JSON.stringify(path.id)}`)
    const revoked = { ...token, revokedAt: token.revokedAt ?? now() }
    const entry = { action: 'token.revoke', subject: `token/${token.id}` }
    const states = { before: tokenAnswer(token), after: tokenAnswer(revoked) }
    return await settle({ ...entry, ...states }, { body: null }, [{ change: 'token', token: revoked }])
  },
}

/** Pure: true for an administrator of all locations. */
function isOwner({ role, shards }: SignedIn): boolean {
  return role === 'admin' && shards === null
}

/** Pure: true for its maker or an administrator. A token revokes itself alone. */
function mayRevoke(principal: SignedIn, { id, principal: maker }: Token): boolean {
  if (principal.token) return principal.token.id === id
  return isOwner(principal) || principal.name === maker
}

/** @throws {DaybreakError} FORBIDDEN for a role or a location that the maker does not have. */
function expectAtMost(principal: SignedIn, { role, shards }: Pick<SignedIn, 'role' | 'shards'>): void {
  if (!includesRole(principal.role, role))
    throw new DaybreakError('FORBIDDEN', `role: ${role} is more than ${principal.role}, the role of ${principal.name}`)
  const hidden = shards?.find((shard) => !maySee(principal, shard))
  if (hidden !== undefined)
    throw new DaybreakError('FORBIDDEN', `shards: ${JSON.stringify(hidden)} is none of those of ${principal.name}`)
}

function tokenAnswer({ id, name, principal, role, scope, createdAt, expiresAt, revokedAt }: Token) {
  return {
    ...{ id, name, owner: principal },
    role: ROLES.find((each) => each === role) ?? 'viewer',
    shards: Array.isArray(scope) ? scope.map(String) : null,
    createdAt: instantText(createdAt),
    expiresAt: instantText(expiresAt),
    revokedAt: optionalInstant(revokedAt),
  }
}
