import { z } from 'zod'
import { ROLES } from '../../access/roles.ts'
import { EXAMPLE, route } from './route.ts'
import { Id, Instant, NEXT, PAGE, Shard } from './values.ts'

/** Action of a person or a program. */
export const AuditEntry = z.object({
  at: Instant,
  actor: z.string(),
  role: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  details: z.string(),
  requestId: z.string().nullable(),
  before: z.unknown().describe('The resource before the action; null where it did not exist.'),
  after: z.unknown(),
})

/** A token of a program. Its text is shown once. */
export const Token = z
  .object({
    id: Id,
    name: z.string(),
    owner: z.string(),
    role: z.enum(ROLES),
    shards: z.array(Shard).nullable(),
    createdAt: Instant,
    expiresAt: Instant,
    revokedAt: Instant.nullable(),
  })
  .meta({ id: 'Token' })

/** Routes of the audit and of tokens. */
export const AUDIT_ROUTES = {
  'GET /api/audit': route({
    summary: 'Actions of people and programs, newest first.',
    role: 'admin',
    scope: 'whole',
    query: z.object({
      actor: z.string().max(200).optional(),
      action: z.string().max(100).optional().describe('Action, or its beginning before a dot: `slice`.'),
      subject: z.string().max(300).optional(),
      from: Instant.optional(),
      to: Instant.optional(),
      ...PAGE,
    }),
    answer: z.object({ entries: z.array(AuditEntry), ...NEXT }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'The newest entries' }],
  }),
  'GET /api/tokens': route({
    summary: "The caller's tokens; those of all for an admin.",
    role: 'viewer',
    scope: 'none',
    answer: z.object({ tokens: z.array(Token) }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'My tokens' }],
  }),
  'POST /api/tokens': route({
    summary: 'Make a token for a program. Its text is in this answer and nowhere else.',
    role: 'viewer',
    scope: 'none',
    body: z.object({
      name: z.string().trim().min(1).max(100),
      role: z.enum(ROLES).describe("At most the caller's."),
      shards: z.array(Shard).max(1000).optional().describe("At most the caller's."),
      days: z.int().min(1).max(90).default(30),
    }),
    answer: Token.extend({ token: z.string() }),
    status: 201,
    isShownOnce: true,
    errors: ['REQUEST_INVALID', 'FORBIDDEN', 'NOT_FOUND', 'KEY_REUSED', 'STATE_CONFLICT'],
    examples: [{ title: 'For a script', body: { name: 'report', role: 'viewer', days: 30 } }],
  }),
  'DELETE /api/tokens/{id}': route({
    summary: 'Revoke a token, from now on.',
    role: 'viewer',
    scope: 'none',
    answer: z.null(),
    status: 204,
    errors: ['NOT_FOUND'],
    examples: [{ title: 'Revoke', path: { id: EXAMPLE.token } }],
  }),
} as const
