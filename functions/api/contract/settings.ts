import { z } from 'zod'
import { route } from './route.ts'
import { Id, Instant } from './values.ts'

/** Kinds of settings. */
export const SETTING_KINDS = ['rules', 'channels', 'policies', 'rotations', 'people', 'digests'] as const
const Kind = z.enum(SETTING_KINDS)

/** A setting. One that a file of the project owns is read only here. */
export const Setting = z
  .object({
    kind: Kind,
    id: Id,
    version: z.int().min(0).describe('Sent as `If-Match: "VERSION"` with a change.'),
    origin: z
      .string()
      .nullable()
      .describe('Place in the project that defines it: `config/notify.yaml:12`. Null: changed here.'),
    body: z.record(z.string(), z.unknown()).describe('As in config/notify.yaml, without secrets.'),
    updatedAt: Instant.nullable(),
    updatedBy: z.string().nullable(),
  })
  .meta({ id: 'Setting' })

const rule = { kind: 'rules', id: 'late' }

/** Routes of settings and on-call. */
export const SETTING_ROUTES = {
  'GET /api/settings/{kind}': route({
    summary: 'Settings of a kind.',
    role: 'viewer',
    scope: 'none',
    answer: z.object({ settings: z.array(Setting) }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'Rules', path: { kind: 'rules' } }],
  }),
  'PUT /api/settings/{kind}/{id}': route({
    summary: 'Make or change a setting. `If-Match` names the version that was read, `"0"` a new one.',
    role: 'admin',
    scope: 'whole',
    body: z.record(z.string(), z.unknown()),
    answer: Setting,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT', 'PRECONDITION_FAILED', 'PRECONDITION_REQUIRED'],
    examples: [
      {
        title: 'A rule',
        path: rule,
        ifMatch: 0,
        body: { when: 'completeness < 100', at: '07:00 location', severity: 'page', policy: 'night' },
      },
    ],
  }),
  'GET /api/settings/{kind}/{id}': route({
    summary: 'A setting.',
    role: 'viewer',
    scope: 'none',
    answer: Setting,
    errors: ['NOT_FOUND'],
    examples: [{ title: 'A rule', path: rule }],
  }),
  'POST /api/settings/channels/{id}:test': route({
    summary: 'Send a test message to a channel.',
    role: 'admin',
    scope: 'whole',
    body: z.object({}),
    answer: z.object({ ok: z.boolean(), message: z.string() }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'Does it arrive?', path: { id: 'ops' }, body: {} }],
  }),
  'POST /api/settings/rules/{id}:try': route({
    summary: 'What a rule would have said in the last 30 days.',
    role: 'admin',
    scope: 'whole',
    body: z.object({ body: z.record(z.string(), z.unknown()).optional().describe('A rule that is not saved yet.') }),
    answer: z.object({ sentence: z.string(), fired: z.array(z.object({ at: Instant, message: z.string() })) }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'Would it have fired?', path: { id: 'late' }, body: {} }],
  }),
  'DELETE /api/settings/{kind}/{id}': route({
    summary: 'Remove a setting.',
    role: 'admin',
    scope: 'whole',
    answer: z.null(),
    status: 204,
    errors: ['NOT_FOUND', 'STATE_CONFLICT', 'PRECONDITION_FAILED', 'PRECONDITION_REQUIRED'],
    examples: [{ title: 'Remove a rule', path: rule, ifMatch: 1 }],
  }),
  'GET /api/on-call': route({
    summary: 'Who is on call, until when, and who is next.',
    role: 'viewer',
    scope: 'none',
    query: z.object({
      at: Instant.optional(),
      days: z.coerce.number().int().min(1).max(400).default(28).describe('Days of shifts, 1 to 400.'),
    }),
    answer: z.object({
      rotations: z.array(
        z.object({
          rotation: Id,
          timeZone: z.string(),
          person: z.string().nullable(),
          until: Instant.nullable(),
          next: z.string().nullable(),
          shifts: z.array(
            z.object({
              person: z.string(),
              name: z.string().describe('Name of the person, for people.'),
              from: Instant,
              to: Instant,
              isOverride: z.boolean().describe('`true`: swapped, by hand.'),
            }),
          ),
        }),
      ),
    }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'Now' }],
  }),
  'POST /api/on-call/overrides': route({
    summary: 'Give a shift to another person.',
    role: 'operator',
    scope: 'none',
    body: z.object({ rotation: Id, person: z.string().min(1).max(200), from: Instant, to: Instant }),
    answer: z.object({ id: Id }),
    status: 201,
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      {
        title: 'Swap a night',
        body: { rotation: 'primary', person: 'ben', from: '2026-12-01T14:00:00Z', to: '2026-12-02T14:00:00Z' },
      },
    ],
  }),
} as const
