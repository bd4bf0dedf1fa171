import { spawn } from 'node:child_process'
import { mkdir, open as openFile, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ApiClient, ApiProblem, createClient } from '../functions/api/contract/client.ts'
import { logFolder, readServeFile, type ServeFile } from '../functions/compose/serve.ts'
import type { Project } from '../functions/config/project.ts'
import { DaybreakError } from '../functions/errors.ts'
import type { Context } from './context.ts'
import type { Options } from './options.ts'

/** A port of a flag. @throws {DaybreakError} USAGE_INVALID. */
export function readPort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new DaybreakError('USAGE_INVALID', `${flag} ${JSON.stringify(text)} is no port; expected 0 to 65535`)
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** A server of this project that answers. */
export interface RunningServe extends ServeFile {
  readonly call: ApiClient
}

/** The server of this project; null when none answers. A file that a dead process left says nothing. */
export async function findServer(project: Pick<Project, 'home'>): Promise<RunningServe | null> {
  const file = await readServeFile(project)
  const token = await readFile(join(project.home, 'token'), 'utf8').catch(() => null)
  if (file === null || token === null) return null
  const call = createClient({
    base: `http://127.0.0.1:${file.port}`,
    headers: () => ({ authorization: `Bearer ${token.trim()}` }),
  })
  try {
    await call('GET /api/me')
    return { ...file, call }
  } catch (error) {
    // Another program may have taken the port since.
    if (error instanceof TypeError || error instanceof ApiProblem) return null
    throw error
  }
}

/** The server of this project. @throws {DaybreakError} NOT_FOUND. */
export async function expectServer(project: Pick<Project, 'home'>): Promise<RunningServe> {
  const running = await findServer(project)
  if (running) return running
  throw new DaybreakError('NOT_FOUND', 'no server runs for this project', { details: { next: 'daybreak start' } })
}

const LOOK_EVERY = 200
const PATIENCE = 120_000

interface Background {
  readonly port: number
  readonly isApiOnly: boolean
  readonly options: Options
  readonly context: Context
}

/** Starts `daybreak serve` in the background, and waits until it answers. @throws {DaybreakError} STATE_CONFLICT, RUN_FAILED. */
export async function startInBackground(
  project: Project,
  { port, isApiOnly, options, context }: Background,
): Promise<RunningServe> {
  const known = await findServer(project)
  if (known)
    throw new DaybreakError('STATE_CONFLICT', `a server runs already: process ${known.pid} on port ${known.port}`)
  const path = join(logFolder(project), 'serve.log')
  const log = await openLog(path)
  const [command = '', ...args] = [
    ...context.program,
    ...['serve', '--port', String(port), '--env', options.environment, '--project-dir', options.projectDir],
    ...(isApiOnly ? ['--api-only'] : []),
  ]
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { ...context.env, DAYBREAK_HOME: project.home },
  })
  child.unref()
  await log.close()
  let hasEnded = false
  child.on('exit', () => {
    hasEnded = true
  })
  const deadline = context.clock.now() + PATIENCE
  while (!hasEnded && context.clock.now() < deadline && !context.signal.aborted) {
    const running = await findServer(project)
    if (running && running.pid === child.pid) return running
    await context.clock.sleep(LOOK_EVERY, context.signal)
  }
  const tail = (await readFile(path, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' ')
  throw new DaybreakError('RUN_FAILED', `the server did not start: ${tail}`, { details: { next: 'daybreak serve' } })
}

/** Tells a server to end, and waits until it has. */
export async function stopServer({ pid }: Pick<RunningServe, 'pid'>, { clock }: Pick<Context, 'clock'>): Promise<void> {
  process.kill(pid, 'SIGTERM')
  const deadline = clock.now() + PATIENCE
  while (isAlive(pid) && clock.now() < deadline) await clock.sleep(LOOK_EVERY)
  if (isAlive(pid)) throw new DaybreakError('STATE_CONFLICT', `process ${pid} does not end`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function openLog(path: string) {
  await mkdir(dirname(path), { recursive: true })
  return await openFile(path, 'a', 0o600)
}
