import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLogFiles } from '../adapters/local/log-files.ts'
import { readStaticFiles } from '../adapters/local/static-files.ts'
import { readOrMakeToken } from '../adapters/local/token.ts'
import { docsHandler } from '../api/docs.ts'
import { apiHandler } from '../api/handle.ts'
import type { LimitTable } from '../api/limits.ts'
import { keysHandler, siteHandler } from '../api/site.ts'
import { compose, type Daybreak } from '../compose.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { byPath } from '../handlers/all.ts'
import { isWorkRequest } from '../handlers/routes.ts'
import { keepSchedule } from '../handlers/scheduler.ts'
import { type RunningServer, startServer } from '../http/server.ts'
import { createLoopbackSessions, type LoopbackSessions } from '../http/session.ts'
import type { StaticFiles } from '../http/static.ts'
import { openLive } from '../live/channel.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { keepWatch } from '../watch/keep.ts'
import { createMemory } from '../watch/memory.ts'
import { createApiContext, loopbackAuthentication } from './api.ts'
import { createContext, httpSettings } from './context.ts'
import { laptopTokens } from './token-keys.ts'
import { tokenPrincipal } from './token-principal.ts'
import { watchOnce } from './watch.ts'

/** Clock, log and places of a process that serves a laptop. */
export interface ServeOptions {
  readonly clock: Clock
  /** Told of what happens, in addition to the files of the log. */
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
  /** 0 takes a free one. */
  readonly port: number
  readonly version: string
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  /** Folder of the built dashboard; null for none. */
  readonly dashboard: string | null
  /** Without it the process only answers: nothing is looked for, and no message is delivered. */
  readonly isWorking?: boolean
  readonly limits?: LimitTable
}

/** A process that serves a laptop. */
export interface Served {
  readonly port: number
  readonly daybreak: Daybreak
  readonly sessions: LoopbackSessions
  /** A link that signs in once. */
  link(): string
  /** Takes no more requests, lets work end or stop at a safe place, and closes everything. */
  close(): Promise<void>
}

/** A process that serves this project, as its file says: `serve.json` in DAYBREAK_HOME. */
export interface ServeFile {
  readonly pid: number
  readonly port: number
  readonly environment: string
}

const DRAIN = 9_000
const HOST = '127.0.0.1'

/** Folder of the log of a process that serves. */
export function logFolder({ home }: Pick<Project, 'home'>): string {
  return join(home, 'logs')
}

/** API, dashboard, schedule and worker in one process, for the person at this machine alone. */
export async function serveLaptop(project: Project, options: ServeOptions): Promise<Served> {
  expectLaptop(project)
  const { clock, env, program, version } = options
  const files = await openLogFiles(logFolder(project), () => clock.now())
  const log: Log = (entry) => {
    files.log(entry)
    options.log(entry)
  }
  const stopping = new AbortController()
  const token = await readOrMakeToken(join(project.home, 'token'))
  const sessions = createLoopbackSessions({ token, now: () => clock.now() })
  const daybreak = await compose(project, { log, clock, signal: stopping.signal })
  try {
    const { maxBodyBytes } = httpSettings(project.environment)
    const now = () => clock.now()
    const tokens = await laptopTokens(project, now)
    const proven = { ledger: daybreak.people, now, tokens, grants: null }
    const api = createApiContext(daybreak, project, {
      ...{ log, version, env, program, maxBodyBytes },
      authentication: loopbackAuthentication(sessions, (text) => tokenPrincipal(text, proven)),
      tokens,
      runLog: { read: (runId) => files.read(runId), link: () => null },
      stopping: stopping.signal,
      ...(options.limits && { limits: options.limits }),
    })
    const pages = options.dashboard === null ? null : await readStaticFiles(options.dashboard)
    const server = await listen(options.port, {
      handler: siteHandler({
        api: apiHandler(async () => api),
        work: workPaths(daybreak, project, { token, stopping: stopping.signal }),
        docs: docsHandler,
        keys: keysHandler(async () => tokens),
        sessions,
        files: () => pages satisfies StaticFiles | null,
      }),
      maxBodyBytes,
      upgrades: openLive({
        read: (after) => daybreak.people.reads.changesAfter(after),
        admit: async (seen) => sessions.authenticate(seen),
        log,
      }),
    })
    await writeServeFile(project, { pid: process.pid, port: server.port, environment: project.environment.environment })
    const work = options.isWorking === false ? [] : startWork(daybreak, { project, signal: stopping.signal, log })
    return {
      port: server.port,
      daybreak,
      sessions,
      link: () => `http://${HOST}:${server.port}/?token=${sessions.issue()}`,
      async close() {
        const stop = () => stopping.abort(new DaybreakError('CANCELLED', 'the process is ending'))
        await server.drain(DRAIN, stop)
        stop()
        await Promise.all(work)
        await daybreak.close()
        await rm(serveFile(project), { force: true })
        await files.close()
      },
    }
  } catch (error) {
    stopping.abort()
    await daybreak.close().catch(() => undefined)
    throw error
  }
}

/** The process that serves this project; null when none says so. It may have died since. */
export async function readServeFile(project: Pick<Project, 'home'>): Promise<ServeFile | null> {
  try {
    return JSON.parse(await readFile(serveFile(project), 'utf8'))
  } catch {
    return null
  }
}

function serveFile({ home }: Pick<Project, 'home'>): string {
  return join(home, 'serve.json')
}

async function writeServeFile(project: Project, content: ServeFile): Promise<void> {
  await mkdir(project.home, { recursive: true })
  await writeFile(serveFile(project), `${JSON.stringify(content)}\n`, { mode: 0o600 })
}

/** The signs of one person are for a machine that one person owns. @throws {DaybreakError} CONFIG_INVALID. */
function expectLaptop({ environment: { environment, queue } }: Project): void {
  if (queue.kind === 'local') return
  const message = `the environment ${environment} has \`queue: { kind: ${queue.kind} }\`, whose messages go to a service; \`daybreak serve\` is for environments of one machine`
  throw new DaybreakError('CONFIG_INVALID', message)
}

/** @throws {DaybreakError} USAGE_INVALID for a port that is taken. */
async function listen(
  port: number,
  options: Pick<Parameters<typeof startServer>[0], 'handler' | 'maxBodyBytes' | 'upgrades'>,
): Promise<RunningServer> {
  try {
    return await startServer({ ...options, host: HOST, port })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error
    const message = `--port ${port} is taken by another process; expected a free port, or 0 for any`
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak serve --port 0' } })
  }
}

interface WorkOptions {
  readonly token: string
  readonly stopping: AbortSignal
}

/** Paths of work and health, as a container answers them. */
function workPaths(daybreak: Daybreak, project: Project, { token, stopping }: WorkOptions) {
  const watch = () => watchOnce(project, daybreak)
  const context = createContext(daybreak.worker, project, { stopping, localToken: token, watch })
  const handler = byPath(async () => context)
  return (path: string, method: string) => (isWorkRequest(path, method) ? handler : null)
}

interface Working {
  readonly project: Project
  readonly signal: AbortSignal
  readonly log: Log
}

/** The schedule, the worker and the watch, until the signal aborts. One that fails is told, and the pages stay. */
function startWork(daybreak: Daybreak, { project, signal, log }: Working): readonly Promise<void>[] {
  const told = (what: string) => (error: unknown) => {
    const { code, message } = toDaybreakError(error)
    log({ severity: 'ERROR', code, message: `${what} stopped: ${message}` })
  }
  const memory = createMemory()
  return [
    keepSchedule(daybreak.worker, signal).catch(told('The schedule')),
    (daybreak.work?.(signal) ?? Promise.resolve()).catch(told('The worker')),
    keepWatch(() => watchOnce(project, daybreak, memory), daybreak.ports, signal).catch(told('The watch')),
  ]
}
