import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { Duration, Secret } from './scalars.ts'

/** Choices after a failure. */
const OnFailure = z
  .enum(['fail', 'warn', 'reject', 'quarantine'])
  .describe(
    'What happens when the hook fails. `fail`: the work ends as failed. `warn`: a warning in the log, and the work goes on. `reject`: the rows of the batch are rejects; of `row.before`. `quarantine`: the window is held back, and the table stays as it was; of `batch`, `row.before` and `in_transaction`. Default: `fail` before, `warn` after, `reject` for rows, `quarantine` in a transaction.',
  )

const common = {
  on_failure: OnFailure.optional(),
  timeout: Duration.default('20s').describe('How long one attempt, or one batch of rows, may take.'),
  dry_run: z.boolean().default(false).describe('Runs with `--dry-run` too. Of `row.before`.'),
  backfill: z.boolean().default(false).describe('Runs in backfills too.'),
}

const retries = z.int().min(0).max(10)

const SqlHook = yamlObject({
  sql: z.string().min(1).describe('A statement in the SQL of the connection. Nothing is put into it.'),
  on: z.enum(['source', 'destination']).default('destination').describe('Where it runs.'),
  in_transaction: z
    .boolean()
    .default(false)
    .describe('Runs in the transaction that writes the window: before its rows, or after them. Of `window` alone.'),
  idempotent: z.boolean().default(false).describe('True where the statement may run twice. Needed by `retries`.'),
  retries: retries.default(0).describe('Further attempts after a lost connection or a conflict.'),
  ...common,
})

const Members = z.record(z.string().min(1), z.array(z.string()).min(1))

const Wait = yamlObject({
  http: z
    .string()
    .startsWith('https://')
    .describe('Address that is asked until the work is over. `{answer.NAME}` is a member of the first answer.'),
  until: Members.describe('Members of the answer, and the values with which the work is over.'),
  expect: Members.optional().describe('Members of the last answer, and the values of success. Default: each.'),
  every: Duration.default('15s').describe('Pause between two questions.'),
  timeout: Duration.default('1h').describe('Longest time in all.'),
})

const HttpHook = yamlObject({
  http: z
    .string()
    .startsWith('https://')
    .describe('Address of the request. Its host must be in `hooks.hosts` of the environment.'),
  method: z.enum(['POST', 'PUT']).default('POST').describe('Method of the request.'),
  secret: Secret.optional().describe('Key of the signature (Standard Webhooks).'),
  token: Secret.optional().describe('Sent as `Authorization: Bearer`.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Further headers.'),
  body: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Body of the request. `{pipeline}`, `{run}`, `{stream}`, `{window}`, `{load_id}`, `{key}` and `{digest}` in its texts are replaced. Default: the event.',
    ),
  wait: Wait.optional().describe('Asks another address until the work that was begun is over.'),
  retries: retries.default(3).describe('Further attempts after 408, 429, 5xx, or no answer.'),
  ...common,
})

const ScriptHook = yamlObject({
  script: z
    .string()
    .regex(
      /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[A-Za-z0-9_./-]+$/,
      'expected a path of the project, such as `config/hooks/clean.ts`',
    )
    .describe('File of the project: `.ts`, `.mjs` and `.js` run in Node, `.py` in Python, any other by itself.'),
  args: z.array(z.string()).default([]).describe('Arguments of the process. No shell reads them.'),
  secrets: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a name such as `API_KEY`'), Secret)
    .default({})
    .describe('Secrets in the environment of the process, by the name of the variable.'),
  batch: z.int().min(1).max(100_000).default(1_000).describe('Rows of one request.'),
  ...common,
})

const AnyHook = z.union([SqlHook, HttpHook, ScriptHook])
/** Something that is run before or after a step. */
export type Hook = SqlHook | HttpHook | ScriptHook
/** A statement at one of both sides. */
export type SqlHook = z.infer<typeof SqlHook>
/** A request to another service. */
export type HttpHook = z.infer<typeof HttpHook>
/** A process of the project. */
export type ScriptHook = z.infer<typeof ScriptHook>

const moments = (what: string) =>
  yamlObject({
    before: z.array(AnyHook).default([]).describe(`Before ${what}.`),
    after: z.array(AnyHook).default([]).describe(`After ${what}.`),
  }).prefault({})

const ofStreams = {
  window: moments('a window').describe('Before a window is read, and after it is in its table.'),
  batch: moments('a batch').describe('Before and after a shard of a window is read.'),
  row: moments('rows').describe(
    'Scripts that change or reject rows before they are parsed, or see rows after they are written.',
  ),
}

/** Hooks of one stream. */
export const StreamHooks = yamlObject(ofStreams)
/** Hooks of one stream. */
export type StreamHooks = z.infer<typeof StreamHooks>

/** Hooks of a pipeline: those of its runs, and those that each of its streams has. */
export const PipelineHooks = yamlObject({
  run: moments('a run').describe('Before a run is planned, and before its end is recorded.'),
  ...ofStreams,
})
/** Hooks of a pipeline. */
export type PipelineHooks = z.infer<typeof PipelineHooks>

/** Rights of hooks in an environment. */
export const HookRights = yamlObject({
  scripts: z
    .enum(['allow', 'refuse'])
    .optional()
    .describe('Whether scripts of the project may run. Default: `allow` with `queue: { kind: local }`, else `refuse`.'),
  hosts: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+$/, 'expected a host such as `hooks.acme.com` or `*.acme.com`'))
    .default([])
    .describe('Hosts that hooks may send requests to; `*.` stands for one or more names before it.'),
  networks: z
    .array(z.string().regex(/^[0-9a-f.:]+\/\d{1,3}$/, 'expected a network such as `10.8.0.0/16`'))
    .default([])
    .describe(
      'Private networks that such a host may be in. Without an entry no private address is called; link-local ones never are.',
    ),
  ca: Secret.optional().describe(
    'Certificate of an authority that hosts of hooks are signed by, in addition to those of this machine.',
  ),
})
/** Rights of hooks in an environment. */
export type HookRights = z.infer<typeof HookRights>

/** Step that a hook belongs to, and its side. */
export type Moment = `${'run' | 'window' | 'batch' | 'row'}.${'before' | 'after'}`

/** A hook with its place in the configuration. */
export interface PlacedHook {
  readonly hook: Hook
  /** Name in events and keys, e.g. `window.after.0`. */
  readonly name: string
}

type Step = keyof PipelineHooks

/** The hooks of a moment: those of the pipeline before those of the stream. */
export function hooksAt(moment: Moment, all: readonly (Partial<PipelineHooks> | undefined)[]): readonly PlacedHook[] {
  const [step, side] = moment.split('.') as [Step, 'before' | 'after']
  return all.flatMap((hooks) => hooks?.[step]?.[side] ?? []).map((hook, at) => ({ hook, name: `${moment}.${at}` }))
}

/** The choice of a hook after a failure, or that of its moment. */
export function policyOf({ onFailure, ...hook }: Hook, moment: Moment): z.infer<typeof OnFailure> {
  if (onFailure !== undefined) return onFailure
  if ('sql' in hook && hook.inTransaction) return 'quarantine'
  if (moment === 'row.before') return 'reject'
  return moment.endsWith('.before') ? 'fail' : 'warn'
}

/** Every hook of a pipeline and of its streams. */
export function allHooks({
  hooks,
  tables,
}: {
  readonly hooks: PipelineHooks
  readonly tables: Readonly<Record<string, { readonly hooks: StreamHooks }>>
}): readonly Hook[] {
  return [hooks, ...Object.values(tables).map(({ hooks: own }) => own)]
    .flatMap((each) => Object.values<PipelineHooks['run']>(each))
    .flatMap(({ before, after }) => [...before, ...after])
}
