import { join } from 'node:path'
import { readStaticFiles } from '../adapters/local/static-files.ts'
import { openCloudRunLog } from '../adapters/logging/run-log.ts'
import type { RunLog } from '../api/context.ts'
import { docsHandler } from '../api/docs.ts'
import { apiHandler } from '../api/handle.ts'
import { type Hooks, hookHandler } from '../api/hooks.ts'
import { type SignIn, signInHandler } from '../api/sign-in.ts'
import { keysHandler, serviceHandler } from '../api/site.ts'
import type { Daybreak } from '../compose.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { HandlerContext } from '../handlers/context.ts'
import { isWorkRequest } from '../handlers/routes.ts'
import { refuseUpgrade, type Upgrade, type Upgrades } from '../http/upgrade.ts'
import { type LiveChannel, openLive, SERVICE_PACE } from '../live/channel.ts'
import { createApiContext } from './api.ts'
import { type ServedAuth, serviceAuthentication, verifierOf } from './authentication.ts'
import { httpSettings } from './context.ts'
import { grantsOf } from './grants.ts'
import { openPersonSessions } from './person-sessions.ts'
import { openSecrets } from './secrets.ts'
import { serviceTokens } from './token-keys.ts'

type Handler = ReturnType<typeof apiHandler>

/** An open project, and what its site is served with. */
interface SiteOptions {
  readonly project: Project
  readonly auth: ServedAuth
  readonly open: () => Promise<Daybreak>
  /** Handler of paths of work and health. */
  readonly work: Handler
  /** Folder that holds this program. */
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stopping: AbortSignal
  readonly traced: HandlerContext['traced']
  readonly version: string
}

/** The site of a service, and what it holds open. */
export interface ServiceSite {
  readonly handler: Handler
  /** Takes the WebSockets that follow changes. */
  readonly upgrades: Upgrades
  close(): Promise<void>
}

/** API and dashboard of a service, for people whom the `auth` of its environment lets in. */
export async function createServiceSite(options: SiteOptions): Promise<ServiceSite> {
  const { work, root } = options
  // The image keeps the built dashboard where a checkout has it.
  const files = await readStaticFiles(join(root, 'dashboard', 'dist'))
  let opening: ReturnType<typeof openApi> | null = null
  const open = async () => {
    opening ??= openApi(options).catch((error: unknown) => {
      opening = null
      throw error
    })
    return await opening
  }
  return {
    handler: serviceHandler({
      api: apiHandler(async () => (await open()).context),
      work: (path, method) => (isWorkRequest(path, method) ? work : null),
      docs: docsHandler,
      keys: keysHandler(async () => (await open()).context.tokens),
      files: () => files,
      hooks: hookHandler(async () => (await open()).hooks),
      signIn:
        options.auth.kind === 'oidc' && options.auth.signIn ? signInHandler(async () => signInOf(await open())) : null,
    }),
    upgrades: upgradesOf(
      async () => (await open()).live,
      async () => (await opening?.catch(() => null))?.live ?? null,
    ),
    async close() {
      await (await opening?.catch(() => null))?.close()
    },
  }
}

/** Upgrades of a channel that opens with the first of them. */
function upgradesOf(open: () => Promise<LiveChannel>, opened: () => Promise<LiveChannel | null>): Upgrades {
  return {
    take(upgrade: Upgrade) {
      const end = () => upgrade.socket.destroy()
      upgrade.socket.on('error', end)
      open()
        .then((live) => live.take(upgrade))
        .catch((error) => refuseUpgrade(upgrade, error))
        .finally(() => upgrade.socket.off('error', end))
    },
    leave: async () => await (await opened())?.leave(),
  }
}

async function openApi({ project, auth, open, root, env, stopping, traced, version }: SiteOptions) {
  const daybreak = await open()
  const { clock, log } = daybreak.ports
  const now = () => clock.now()
  const secrets = await openSecrets(project, { clock, log })
  const runLog = runLogOf(project)
  const reference = auth.tokenKey
  const tokens = reference === undefined ? null : await serviceTokens(project, reference, { secrets, now })
  const { maxBodyBytes } = httpSettings(project.environment)
  const grants = grantsOf(project, daybreak.people, now)
  const verify = verifierOf(auth, project, now)
  const sessions = auth.kind === 'oidc' ? openPersonSessions(auth, { secrets, now, verify, grants }) : null
  const authentication = serviceAuthentication(auth, project, { ledger: daybreak.people, now, tokens, sessions })
  const context = createApiContext(daybreak, project, {
    ...{ log, version, env, maxBodyBytes, stopping, traced, tokens, authentication, runLog },
    program: [process.execPath, join(root, 'cli', 'daybreak.mjs')],
  })
  const live = openLive({
    read: (after) => daybreak.people.reads.changesAfter(after),
    admit: (seen) => authentication.admit(seen),
    log,
    pace: SERVICE_PACE,
  })
  const hooks: Hooks = {
    ...{ ledger: daybreak.people, environment: project.environment.environment, maxBodyBytes, now, log },
    newId: () => daybreak.ports.newId(),
    async secretsOf(name) {
      const channels = project.notify?.channels ?? {}
      const channel = Object.hasOwn(channels, name) ? channels[name] : undefined
      if (channel?.kind !== 'pagerduty' || channel.webhook === undefined) return null
      const all = await secrets.active(channel.webhook)
      return all.map((secret) => Buffer.from(new TextDecoder().decode(secret).trim()))
    },
  }
  return {
    context,
    hooks,
    live,
    sessions,
    authentication,
    close: async () => void (await Promise.all([secrets.close(), runLog.close()])),
  }
}

/** Sign-ins of an open site. The audit has each of them. @throws {DaybreakError} NOT_FOUND without sessions. */
function signInOf({ sessions, authentication, context }: Awaited<ReturnType<typeof openApi>>): SignIn {
  if (sessions === null) throw new DaybreakError('NOT_FOUND', 'this server has no sign-ins')
  const { ledger, ports, now, log } = context
  return {
    log,
    begin: (to) => sessions.begin(to),
    async finish(sent, cookie) {
      const { identity, ...ended } = await sessions.finish(sent, cookie)
      const { name, role } = await authentication.person(identity)
      const entry = { at: now(), actor: name, role, action: 'session.begin', subject: name, details: '' }
      await ledger.apply([{ change: 'audit', entry: { ...entry, requestId: ports.newId() } }])
      return ended
    },
  }
}

/** On Google Cloud the lines of a run are read where they are kept; elsewhere the output of the process has them. */
function runLogOf({ environment: { google } }: Project): RunLog & { close(): Promise<void> } {
  if (google)
    return openCloudRunLog({ project: google.project, region: google.region, endpoint: google.endpoints?.logging })
  return {
    // biome-ignore lint/correctness/useYield: the lines are elsewhere
    async *read() {
      throw new DaybreakError('NOT_FOUND', 'the log of this service is not here; it is at its output')
    },
    link: () => null,
    close: async () => undefined,
  }
}
