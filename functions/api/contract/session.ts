import { z } from 'zod'
import { ROLES } from '../../access/roles.ts'
import { route } from './route.ts'
import { Name, Shard } from './values.ts'

/** The caller, with role and locations. */
export const Me = z.object({
  name: z.string().describe('E-mail of a person or a service account; `this-machine` on a laptop.'),
  role: z.enum(ROLES),
  shards: z.array(Shard).nullable().describe('Locations that the caller may see; null for all.'),
  timeZone: z.string().nullable().describe('Zone that the caller chose; null for none.'),
  csrf: z.string().nullable().describe('Header `x-daybreak-csrf` of every write; null for a caller with a token.'),
  environment: Name,
  version: z.string().describe('Release of the server.'),
})

/** Routes about the caller. */
export const SESSION_ROUTES = {
  'GET /api/me': route({
    summary: 'The caller, with role and locations.',
    role: 'anyone',
    scope: 'none',
    answer: Me,
    errors: ['UNAUTHENTICATED'],
    examples: [{ title: 'Who am I?' }],
  }),
  'POST /api/session': route({
    summary: 'Change a one-time token for a session cookie.',
    role: 'public',
    scope: 'none',
    body: z.object({ token: z.string().min(1).max(4096).describe('One-time token; it is used up.') }),
    answer: Me,
    status: 201,
    errors: ['UNAUTHENTICATED'],
    examples: [{ title: 'Sign in with the token that the server printed', body: { token: 'TOKEN' } }],
  }),
  'POST /api/session:link': route({
    summary: 'Make a link that signs in once, within ten minutes. Only for a program with the token of this machine.',
    role: 'admin',
    scope: 'whole',
    body: z.object({}),
    answer: z.object({ url: z.string() }),
    status: 201,
    isShownOnce: true,
    errors: ['FORBIDDEN', 'KEY_REUSED', 'STATE_CONFLICT'],
    examples: [{ title: 'A new link', body: {} }],
  }),
  'DELETE /api/session': route({
    summary: 'End the session.',
    role: 'anyone',
    scope: 'none',
    answer: z.null(),
    status: 204,
    errors: ['UNAUTHENTICATED'],
    examples: [{ title: 'Sign out' }],
  }),
} as const
