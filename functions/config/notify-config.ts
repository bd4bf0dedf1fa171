import { z } from 'zod'
import { ROLES } from '../access/roles.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import { Duration, Secret } from './scalars.ts'

const Name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'expected a name such as `night`: lower case, digits, `-`, `_`')

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as `06:00`')

const Zone = z.string().min(1).describe('IANA name, e.g. America/New_York.')

/** A server on this machine that stands in for the service: tokens never go anywhere else. */
const StandIn = z
  .string()
  .regex(/^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}$/, 'expected a server on this machine, as http://127.0.0.1:PORT')
  .optional()
  .describe('A stand-in on this machine in place of the service, for tests.')

/** A person who gets messages. */
export const PersonConfig = z.strictObject({
  name: z.string().min(1).describe('What others call the person.'),
  zone: Zone,
  email: z.email().optional().describe('Address for channels of the kind `email`.'),
  slack: z
    .string()
    .regex(/^[UW][A-Z0-9]{2,20}$/, 'expected the id of a member such as `U024BE7LH`')
    .optional()
    .describe('Member id in Slack, for direct messages.'),
  role: z
    .enum(ROLES)
    .default('viewer')
    .describe('What the person may do, and for steps of a policy that tell everybody of a role.'),
  locations: z
    .union([z.literal('all'), z.array(z.string().min(1))])
    .default('all')
    .describe(
      'Locations that the person may see, and whose incidents and digests it gets: ids, or `tag:NAME` for those with the tag in config/locations.yaml.',
    ),
  page: z.array(Name).default([]).describe('Channels for pages; the next one is used where one fails.'),
  ticket: z.array(Name).default([]).describe('Channels for tickets; those for pages if it is empty.'),
  quiet: z
    .strictObject({ from: TimeOfDay.describe('First minute.'), to: TimeOfDay.describe('First minute after them.') })
    .optional()
    .describe('Quiet hours in the zone of the person, also across midnight. They hold tickets, never pages.'),
  digest: z
    .union([z.literal('off'), TimeOfDay])
    .default('off')
    .describe('Time of the morning digest in the zone of the person.'),
})
/** A person who gets messages. */
export type PersonConfig = z.infer<typeof PersonConfig>

/** A way to people outside. */
export const ChannelConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('email').describe('Mail over SMTP.'),
    smtp: Secret.describe('Holds `smtp://USER:PASSWORD@HOST:587`, or `smtps://` for TLS from the first byte.'),
    from: z.string().min(3).describe('Sender, e.g. `Daybreak <daybreak@example.com>`.'),
    to: z.array(z.email()).default([]).describe('Addresses for a step that tells the channel itself.'),
    tls: z
      .enum(['required', 'off'])
      .default('required')
      .describe('`off` sends without STARTTLS; only for a relay on this machine.'),
  }),
  z.strictObject({
    kind: z.literal('slack').describe('A channel of Slack, and direct messages.'),
    token: Secret.describe('Bot token with `chat:write` and `im:write`.'),
    channel: z
      .string()
      .regex(/^(#[\p{L}\p{N}_-]{1,80}|[CG][A-Z0-9]{2,20})$/u, 'expected `#name` or the id of a channel')
      .describe('Channel for a step that tells the channel itself.'),
    endpoint: StandIn,
  }),
  z.strictObject({
    kind: z.literal('pagerduty').describe('Events API v2 of PagerDuty.'),
    key: Secret.describe('Integration key of the service.'),
    webhook: Secret.optional().describe(
      'Secret of a webhook subscription (v3) with `incident.acknowledged`, sent to `/hooks/pagerduty/NAME` of the API: an acknowledgement there counts here.',
    ),
    endpoint: StandIn,
  }),
  z.strictObject({
    kind: z.literal('webhook').describe('A CloudEvent by POST, signed as Standard Webhooks say.'),
    url: Secret.describe('Holds the address: https, no private address, no redirect.'),
    signing: Secret.optional().describe('Holds the key of the signature.'),
  }),
])
/** A way to people outside. */
export type ChannelConfig = z.infer<typeof ChannelConfig>

/** Persons who take turns on call. */
export const RotationConfig = z.strictObject({
  zone: Zone,
  handoff: z
    .string()
    .regex(/^((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01]\d|2[0-3]):[0-5]\d$/, 'expected `Mon 09:00`, or `09:00` for days')
    .describe('Wall clock time at which a shift begins; with the weekday where shifts are weeks.'),
  every: z
    .string()
    .regex(/^[1-9]\d?[dw]$/, 'expected days or weeks, e.g. `1w`')
    .default('1w')
    .describe('Length of a shift in days or weeks of the wall clock.'),
  starts: z.iso
    .date()
    .default('2026-01-05')
    .describe('The first person has the shift that begins on this day or next after it; the turns go on from there.'),
  people: z.array(Name).min(1).describe('Persons in the order of their turns.'),
})
/** Persons who take turns on call. */
export type RotationConfig = z.infer<typeof RotationConfig>

const Target = z
  .string()
  .regex(
    /^(on-call|role|person|channel) [a-z][a-z0-9_-]{0,39}$/,
    'expected `on-call ROTATION`, `role ROLE`, `person NAME` or `channel NAME`',
  )
  .describe('`on-call ROTATION`, `role ROLE`, `person NAME` or `channel NAME`.')

/** Steps by which an incident reaches further people. */
export const PolicyConfig = yamlObject({
  levels: z
    .array(
      z.strictObject({
        to: Target,
        after: Duration.default('0s').describe('Time after the first message of the round.'),
      }),
    )
    .min(1)
    .describe('Steps, each later than the one before it.'),
  repeat: z.int().min(0).max(20).default(0).describe('Rounds after the first, while no person acknowledges.'),
  repeat_after: Duration.default('30m').describe('Pause between the last step of a round and the next round.'),
  ack_lasts: Duration.default('4h').describe(
    'Time after which an acknowledged incident that is still open tells again.',
  ),
})
/** Steps by which an incident reaches further people. */
export type PolicyConfig = z.infer<typeof PolicyConfig>

const Severity = z.enum(['page', 'ticket']).describe('A page comes at any hour; quiet hours hold a ticket.')

/** Incidents that are notified, and their urgency and policy. */
const IncidentRoute = z.strictObject({
  pipeline: z.string().min(1).optional().describe('Those of one pipeline.'),
  kind: z.string().min(1).optional().describe('Those of one kind of cause, e.g. `missing`.'),
  code: z.string().min(1).optional().describe('Those with one error code.'),
  severity: z.enum(['warning', 'error']).optional().describe('Those of one severity.'),
  as: z.enum(['page', 'ticket', 'none']).describe('`none` shows them and tells no person.'),
  policy: Name.optional().describe('Policy; needed unless `as` is `none`.'),
})

/** Incidents that are notified, and their urgency and policy. */
export type IncidentRoute = z.infer<typeof IncidentRoute>

/** A condition that becomes an incident. */
export const RuleConfig = z.strictObject({
  id: Name.describe('Name of the rule, part of the key of its incidents.'),
  when: z.string().min(1).describe('Metric, comparison and limit, e.g. `completeness < 100`.'),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d \S+$/, 'expected a time and `location` or a zone, e.g. `07:00 location`')
    .optional()
    .describe('Asked once a day, in the zone of each location or in a zone; asked every minute if absent.'),
  for: Duration.default('0s').describe('The condition must hold for so long.'),
  clear: z
    .number()
    .optional()
    .describe('Value at which it is over; the limit of `when` if absent. Further from the fault than that limit.'),
  pipeline: z.string().min(1).optional().describe('Only this pipeline; each of them if absent.'),
  locations: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(
      'Only files of these locations: ids, or `tag:NAME` for those with the tag in config/locations.yaml; all if absent.',
    ),
  severity: Severity,
  policy: Name.describe('Policy.'),
})
/** A condition that becomes an incident. */
export type RuleConfig = z.infer<typeof RuleConfig>

/** Role and locations of a person, an organisation or a group. */
const AccessConfig = z.strictObject({
  who: z
    .string()
    .regex(
      /^((user|serviceAccount|group):[^\s:@]+@[^\s:@]+|domain:[^\s:@]+)$/,
      'expected `user:ana@example.com`, `serviceAccount:E-MAIL`, `group:E-MAIL` or `domain:example.com`',
    )
    .describe(
      'Account, organisation or group. A group counts where the tokens of the provider name groups; those of Identity-Aware Proxy do not.',
    ),
  role: z.enum(ROLES).describe('What it may do.'),
  locations: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
    .default('all')
    .describe('Locations that it may see: ids, or `tag:NAME` for those with the tag in config/locations.yaml.'),
})
/** Role and locations of a person, an organisation or a group. */
export type AccessConfig = z.infer<typeof AccessConfig>

/** File config/notify.yaml. */
export const NotifyConfig = z.strictObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  address: z.url().optional().describe('Address of the dashboard, for the links of messages.'),
  people: z
    .record(Name, PersonConfig)
    .default({})
    .describe('Persons who get messages. The e-mail of a person also gives access to the API.'),
  access: z
    .array(AccessConfig)
    .optional()
    .describe(
      'Who else may use the API. An entry of `people` with the e-mail comes first; then the first that matches counts.',
    ),
  channels: z.record(Name, ChannelConfig).default({}).describe('Ways to people outside.'),
  rotations: z.record(Name, RotationConfig).default({}).describe('Who is on call.'),
  policies: z.record(Name, PolicyConfig).default({}).describe('Steps by which an incident reaches further people.'),
  incidents: z
    .array(IncidentRoute)
    .default([])
    .describe('Incidents that are told; the first entry that matches counts, and one without a match is only shown.'),
  rules: z.array(RuleConfig).default([]).describe('Conditions that become incidents.'),
  goals: yamlObject({
    complete_by: TimeOfDay.default('07:00').describe('Local time by which a day should be complete.'),
    complete_percent: z.number().min(0).max(100).default(99.5).describe('Share of location-days complete by then.'),
    load_minutes: z.number().min(0).default(10).describe('Minutes from file to table, 95th percentile.'),
    rejected_percent: z.number().min(0).max(100).default(0.1).describe('Share of rejected rows.'),
    resolved_hours: z.number().min(0).default(2).describe('Hours until an incident is resolved.'),
    month_cost: z.number().min(0).optional().describe('Budget of a month in USD.'),
  })
    .prefault({})
    .describe('Goals of the monthly report.'),
  report: z.array(Name).default([]).describe('Persons who get the monthly report by mail.'),
  heartbeat: Secret.optional().describe(
    "Holds an address, https://..., that each complete pass of the watch asks for: a dead man's switch outside.",
  ),
})
/** File config/notify.yaml. */
export type NotifyConfig = z.infer<typeof NotifyConfig>
