import { openTokenVerifier } from '../adapters/oidc/verifier.ts'
import type { EnvironmentConfig, PipelineConfig } from '../config/config.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import { fileOf } from '../contract/contract.ts'
import { DaybreakError } from '../errors.ts'
import type { HandlerContext, Inbox } from '../handlers/context.ts'
import { type Authenticate, byLocalToken, byToken } from '../http/access.ts'
import type { Instant } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { Worker } from '../pipeline/work/worker.ts'

/** How requests are stopped, authenticated and traced. */
interface ContextOptions {
  readonly stopping: AbortSignal
  /** On one laptop: the token of this machine, instead of those of Google. */
  readonly localToken?: string
  readonly traced?: HandlerContext['traced']
  /** Without it a push that asks for a pass of the watch fails. */
  readonly watch?: () => Promise<unknown>
}

/** Settings of HTTP in the environment, durations in milliseconds. */
export interface HttpSettings {
  readonly maxBodyBytes: number
  readonly timeBudget: number
  readonly drain: number
  readonly gather: number
}

// Defaults without `http`: one laptop, where seconds cost nothing.
const LOCAL: HttpSettings = { maxBodyBytes: 1_048_576, timeBudget: 540_000, drain: 9_000, gather: 1_000 }

/** HTTP settings of an environment, durations in milliseconds; fixed ones where it has no `http`. */
export function httpSettings({ http }: EnvironmentConfig): HttpSettings {
  if (!http) return LOCAL
  return {
    maxBodyBytes: http.maxBodyBytes,
    timeBudget: toMilliseconds(http.timeBudget),
    drain: toMilliseconds(http.drain),
    gather: toMilliseconds(http.gather),
  }
}

/** A project with its ports open, as handlers of requests work with it. */
export function createContext(worker: Worker, project: Project, options: ContextOptions): HandlerContext {
  const { environment, pipelines } = project
  const { ports } = worker
  const { maxBodyBytes, timeBudget, gather } = httpSettings(environment)
  return {
    worker: options.watch ? withWatch(worker, options.watch) : worker,
    maxBodyBytes,
    timeBudget,
    gather,
    authenticate: options.localToken ? byLocalToken(options.localToken) : authenticator(environment, ports.clock.now),
    now: () => ports.clock.now(),
    log: ports.log,
    stopping: options.stopping,
    traced: options.traced ?? ((_, work) => work()),
    inboxes: [...pipelines.values()].flatMap((pipeline) => inboxOf(pipeline, project)),
    dependencies: {
      ledger: () => ports.ledger.runs({ limit: 1 }),
      objects: () => ports.objects.size('readiness'),
    },
    async recordFailure({ code, message }, path) {
      const reason = { code, message }
      const at = ports.clock.now()
      await ports.ledger.apply([
        {
          change: 'incident_opened',
          ...incidentCause.unknownMessage(path),
          severity: 'error',
          reason,
          runId: null,
          at,
        },
      ])
    },
  }
}

/** A worker that also takes the minutes of the watch. */
function withWatch(worker: Worker, watch: () => Promise<unknown>): Worker {
  const handlers = new Map(worker.handlers).set('notify', async () => void (await watch()))
  return { ...worker, handlers }
}

function inboxOf(config: PipelineConfig, { environment: { sources }, contracts }: Project): readonly Inbox[] {
  const { pipeline } = config
  const source = sources[config.source]
  if (source?.kind !== 'gcs') return []
  const files = [...(contracts.get(pipeline)?.values() ?? [])].map(fileOf)
  const layout = config.kind === 'files' ? { layout: { path: config.path, files, cut: config.schedule.cut } } : {}
  return [{ pipeline, bucket: source.bucket, root: source.root, ...layout }]
}

// Google writes its name both ways, depending on who asks for the token.
const GOOGLE = ['https://accounts.google.com', 'accounts.google.com']
const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs'

function authenticator({ http, google, environment }: EnvironmentConfig, now: () => Instant): Authenticate {
  if (!http) {
    const message = `environment ${environment} has no \`http\`, so no token can be accepted`
    return async () => {
      throw new DaybreakError('UNAUTHENTICATED', message)
    }
  }
  const local = google?.endpoints?.identity
  const verifierFor = (audience: string) =>
    openTokenVerifier({
      issuers: local ? [local] : GOOGLE,
      jwksUrl: local ? `${local}/oauth2/v3/certs` : GOOGLE_KEYS,
      audience,
      now,
      signatures: http.signatures,
    })
  return byToken({
    push: { verify: verifierFor(http.audience), accounts: http.pushAccounts },
    caller: { verify: verifierFor(http.callerAudience ?? http.audience), accounts: http.callerAccounts },
  })
}
