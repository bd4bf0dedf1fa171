import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { Bucket, Duration } from './scalars.ts'

const Numeric = z.string().regex(/^\d{1,20}$/, 'expected digits, in quotes')
const Group = z
  .string()
  .regex(/^(group|user|serviceAccount|domain):[^\s:]+$/, 'expected a principal such as `group:analysts@example.com`')
const Cidr = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'expected a range such as `203.0.113.0/24`')

const Alerts = yamlObject({
  emails: z.array(z.email()).min(1).describe('E-mail addresses that receive every alert.'),
  slack_channel: z
    .string()
    .regex(/^#[a-z0-9_-]+$/)
    .optional()
    .describe('Channel of Slack, e.g. `#daybreak`; its token is given to `infra:apply` as TF_VAR_slack_token.'),
  pagerduty: z
    .boolean()
    .default(false)
    .describe('Page for what must not wait until morning; the key is given as TF_VAR_pagerduty_key.'),
})

const Repository = yamlObject({
  owner: z.string().min(1).describe('Owner on GitHub.'),
  name: z.string().min(1).describe('Repository on GitHub.'),
  owner_id: Numeric.describe(
    'Number of the owner. A name that is given up can be registered by anybody; a number not.',
  ),
  id: Numeric.describe('Number of the repository: `gh api repos/OWNER/NAME --jq .id`.'),
  branch: z.string().min(1).default('main').describe('Branch that is released.'),
})

/** Infrastructure of an environment. Only `infra/` reads it; the services do not. */
export const InfraConfig = yamlObject({
  project_number: Numeric.describe("Number of the project; Google's own accounts are named after it."),
  state_bucket: Bucket.describe(
    'Bucket of the Terraform state; made by hand once, see docs/runbooks/first-deployment.md.',
  ),
  inbox_bucket: Bucket.describe('Where files can be put by hand or by others; each arrival starts a look.'),
  logs_bucket: Bucket.describe('Where audit logs are kept.'),
  protect: z.boolean().default(true).describe('Nothing that holds data can be destroyed by `infra:apply`.'),
  paused: z.boolean().default(false).describe('Schedules exist and do not fire.'),
  raw_retention: Duration.default('30d').describe(
    'Minimum age at which a raw object can be deleted, with any permission.',
  ),
  raw_delete_after: Duration.optional().describe('Raw objects are deleted after so long; absent: never.'),
  parts_delete_after: Duration.default('400d').describe(
    'Parts are deleted after so long; they are made again from raw.',
  ),
  partition_expiration: Duration.optional().describe(
    'Partitions of all tables are deleted after so long; absent: never.',
  ),
  sftp_connections: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Connections that the SFTP server allows this login; bounds the number of worker instances.'),
  sftp_ranges: z
    .array(Cidr)
    .min(1)
    .default(['0.0.0.0/0'])
    .describe('Addresses that the SFTP server may have; connections to others are dropped.'),
  worker: yamlObject({
    cpu: z.enum(['1', '2', '4']).default('1').describe('Processors of an instance.'),
    memory: z.enum(['1Gi', '2Gi', '4Gi', '8Gi']).default('2Gi').describe('Memory of an instance.'),
    messages: z.int().min(1).max(16).default(4).describe('Messages that an instance works on at a time.'),
  })
    .prefault({})
    .describe('Size of a worker.'),
  ledger: yamlObject({
    tier: z.string().min(1).default('db-f1-micro').describe('Machine type of Cloud SQL.'),
    disk_gib: z.int().min(10).max(1000).default(10).describe('Size of the disk; it grows by itself.'),
    regional: z.boolean().default(false).describe('A second instance in another zone stands by.'),
  })
    .prefault({})
    .describe('The Cloud SQL instance. Unused when `ledger.host` is no `/cloudsql/` socket: then none is made.'),
  readers: z.array(Group).default([]).describe('Who may read the tables; hashed and masked columns stay closed.'),
  private_readers: z.array(Group).default([]).describe('Who may also read hashed and masked columns.'),
  callers: z
    .array(Group)
    .default([])
    .describe('Who may call the API, for backfills and replays: they act as the account `daybreak-operator`.'),
  people: z
    .array(Group)
    .default([])
    .describe(
      'Who passes Identity-Aware Proxy to the dashboard and the API. Their roles are a matter of Daybreak. Empty: no IAP.',
    ),
  smtp_port: z
    .int()
    .min(1)
    .max(65_535)
    .default(587)
    .refine((port) => port !== 25, 'Google Cloud lets no mail out by port 25; expected the port of a relay such as 587')
    .describe('Port of the mail server of config/notify.yaml; opened to the account that notifies, and to no other.'),
  operators: z
    .array(Group)
    .default([])
    .describe(
      'Who does what the runbooks say: start jobs, move traffic, pause schedules, rotate secrets, approve releases.',
    ),
  appliers: z
    .array(Group)
    .default([])
    .describe('Who may act as the accounts `daybreak-plan` and `daybreak-apply`, and so change infrastructure.'),
  alerts: Alerts.describe('Where alerts go.'),
  budget: yamlObject({
    billing_account: z
      .string()
      .regex(/^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/, 'expected a billing account such as `01AB23-45CD67-89EF01`')
      .describe('Billing account of the project.'),
    amount: z.int().min(1).describe('Money a month, in whole units of the currency.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('USD')
      .describe('Currency of the billing account.'),
  }).describe('Monthly cost above which a budget alert is sent.'),
  repository: Repository.describe('Where releases come from.'),
  approval: z.boolean().default(true).describe('A release waits for a person.'),
  encryption_keys: z.boolean().default(false).describe('Own keys (CMEK) for everything that stores data.'),
  access_policy: Numeric.optional().describe('Access policy of the organisation; given, a service perimeter is drawn.'),
})
export type InfraConfig = z.infer<typeof InfraConfig>
