import { z } from 'zod'
import { route } from './route.ts'

/** Routes of changes, documents and health. */
export const LIVE_ROUTES = {
  'GET /api/live': route({
    summary: 'WebSocket that tells of changes, never of data: docs/live.md is its protocol.',
    role: 'viewer',
    scope: 'cut',
    answer: z.null(),
    status: 101,
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'Follow' }],
  }),
  'GET /api/changes': route({
    summary: 'Changes after a cursor: those that the WebSocket tells, for a client without one.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ after: z.string().max(100).optional().describe('Cursor; the present one is given if absent.') }),
    answer: z.object({
      cursor: z.string(),
      reset: z.boolean().describe('True when the cursor is too old: everything may have changed.'),
      topics: z.array(z.string()).describe('E.g. `slice/toast/2026-11-29/100007`, `run/0193...`, `incident/...`.'),
    }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'Where am I?' }],
  }),
  'GET /api/openapi.json': route({
    summary: 'This API as OpenAPI 3.1.',
    role: 'anyone',
    scope: 'none',
    answer: z.record(z.string(), z.unknown()),
    errors: ['UNAUTHENTICATED'],
    examples: [{ title: 'The document' }],
  }),
} as const
