import { join } from 'node:path'
import { systemClock } from '../adapters/local/clock.ts'
import { readOrMakeToken } from '../adapters/local/token.ts'
import { compose, type Daybreak } from '../compose.ts'
import { loadProject, type Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { HandlerContext, OpenContext } from '../handlers/context.ts'
import type { Log } from '../pipeline/ports.ts'
import { createMemory } from '../watch/memory.ts'
import { createContext, type HttpSettings, httpSettings } from './context.ts'
import { createServingLog } from './log.ts'
import type { ServiceSite } from './site.ts'
import { watchOnce } from './watch.ts'

/** Environment, folder and log of a serving process. A test brings its own. */
interface Ambient {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly projectDir: string
  /** Takes a line of the log with its line end. */
  readonly write: (line: string) => void
}

type SiteHandler = ServiceSite['handler']

/** A project that requests are served for. */
export interface Serving {
  readonly project: Project
  readonly settings: HttpSettings
  readonly openToThisMachine: boolean
  readonly log: Log
  /** Opens the ports at the first call; once they are open they stay so, and a failure is tried again. */
  readonly open: OpenContext
  /**
   * API and dashboard around the handlers of work, where the environment says who may use them; else these handlers alone. `root` is the
   * folder that holds the program.
   */
  site(work: SiteHandler, root: string): Promise<Pick<ServiceSite, 'handler'> & Partial<Pick<ServiceSite, 'upgrades'>>>
  /** Ends work at its next safe place. */
  stop(): void
  close(): Promise<void>
}

/** Variable that lets one laptop push to itself with the token of a file, `token` in DAYBREAK_HOME. */
const OPEN_SWITCH = 'DAYBREAK_OPEN_TO_THIS_MACHINE'

/**
 * Reads the project of the environment `DAYBREAK_ENV`, `local` unless told, and prepares to serve it.
 * @throws {DaybreakError} CONFIG_INVALID, CONFIG_MISSING; CONFIG_INVALID as well for a switch that opens what must be closed.
 */
export async function prepareServing({ env, projectDir, write }: Ambient): Promise<Serving> {
  const project = await loadProject({ projectDir, environment: env.DAYBREAK_ENV || 'local', env })
  const openToThisMachine = isOpen(env, project)
  expectPlatform(env, project)
  const { environment, google } = project.environment
  const { log, traced } = createServingLog({ write, env, place: { project: google?.project, environment } })
  const localToken = openToThisMachine ? await readOrMakeToken(join(project.home, 'token')) : null
  const stopping = new AbortController()
  let opening: Promise<{ daybreak: Daybreak; context: HandlerContext }> | null = null

  const openAll = async () => {
    const daybreak = await compose(project, { log, clock: systemClock, signal: stopping.signal })
    void daybreak.work?.(stopping.signal)
    const memory = createMemory()
    const watch = () => watchOnce(project, daybreak, memory)
    const options = { stopping: stopping.signal, traced, watch, ...(localToken !== null && { localToken }) }
    const context = createContext(daybreak.worker, project, options)
    return { daybreak, context }
  }
  const opened = async () => {
    opening ??= openAll().catch((error: unknown) => {
      opening = null
      throw error
    })
    return await opening
  }
  let site: ServiceSite | null = null
  return {
    project,
    settings: httpSettings(project.environment),
    openToThisMachine,
    log,
    open: async () => (await opened()).context,
    async site(work, root) {
      const { auth } = project.environment
      if (auth === undefined || auth.kind === 'loopback') return { handler: work }
      const { createServiceSite } = await import('./site.ts')
      const open = async () => (await opened()).daybreak
      const version = env.K_REVISION ?? 'local'
      site = await createServiceSite({
        project,
        auth,
        open,
        work,
        root,
        env,
        version,
        traced,
        stopping: stopping.signal,
      })
      return site
    },
    stop: () => stopping.abort(new DaybreakError('CANCELLED', 'the process is ending')),
    async close() {
      await site?.close()
      const open = await opening?.catch(() => null)
      await open?.daybreak.close()
    },
  }
}

/** Tokens without a signature are for where something in front has checked it. @throws {DaybreakError} CONFIG_INVALID. */
function expectPlatform(env: Ambient['env'], { environment }: Project): void {
  if (environment.http?.signatures !== 'platform' || env.K_SERVICE !== undefined) return
  const message = `\`http.signatures: platform\` of the environment ${environment.environment} is for Cloud Run; nothing checks tokens in front of this process`
  throw new DaybreakError('CONFIG_INVALID', message)
}

function isOpen(env: Ambient['env'], { environment }: Project): boolean {
  if (!['1', 'true'].includes(env[OPEN_SWITCH] ?? '')) return false
  // Cloud Run sets K_SERVICE in every container; an environment with `http` names accounts whose tokens are accepted.
  if (env.K_SERVICE === undefined && !environment.http) return true
  const message = `${OPEN_SWITCH} is for one laptop: not on Cloud Run, and not in the environment ${environment.environment}`
  throw new DaybreakError('CONFIG_INVALID', message)
}
