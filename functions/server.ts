import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createServingLog } from './compose/log.ts'
import { toDaybreakError } from './errors.ts'
import { startServer } from './http/server.ts'
import { all, served, write } from './index.ts'

/**
 * What the container runs, and `npm start`: all handlers by path on one port. `PORT` (8080) and `HOST` say where; told to end
 * by SIGTERM, it takes no more requests, lets those at hand end or stop at a safe place, and leaves with 0.
 */
async function main(): Promise<void> {
  // Otherwise the framework answers a defect with its message, which may hold anything.
  process.env.NODE_ENV ||= 'production'
  const serving = await served()
  const { settings, openToThisMachine, project, log } = serving
  const server = await startServer({
    ...(await serving.site(all, dirname(dirname(resolve(process.argv[1] ?? ''))))),
    // A caller without a token must be on this machine.
    host: process.env.HOST || (openToThisMachine ? '127.0.0.1' : '0.0.0.0'),
    port: Number(process.env.PORT || 8080),
    maxBodyBytes: settings.maxBodyBytes,
  })
  log({ severity: 'INFO', message: `Serving ${project.environment.environment} on port ${server.port}` })
  if (!openToThisMachine && !project.environment.http)
    log({
      severity: 'WARNING',
      message: 'Pushes are refused: no `http` in the environment, and not open to this machine',
    })

  const end = once(async (code: number) => {
    await server.drain(settings.drain, serving.stop)
    serving.stop()
    await Promise.race([serving.close(), wait(FAREWELL)]).catch(() => undefined)
    process.exit(code)
  })
  process.on('SIGTERM', () => end(0)).on('SIGINT', () => end(0))
  // An unhandled rejection belongs to one request at most; the others must not notice.
  process.on('unhandledRejection', (reason) => log({ severity: 'ERROR', ...told(reason, 'Unhandled rejection') }))
  // After an uncaught exception nothing in memory can be trusted.
  process.on('uncaughtException', (error) => {
    log({ severity: 'ERROR', ...told(error, 'Uncaught exception') })
    void end(1)
  })
  // Opened before the first request: a starting instance has its processor for free.
  await serving
    .open()
    .catch((error: unknown) => log({ severity: 'ERROR', ...told(error, 'The ports do not open yet') }))
}

// The connections of clients that do not close in time end with the process.
const FAREWELL = 500

function once(end: (code: number) => Promise<void>): (code: number) => void {
  let isEnding = false
  return (code) => {
    if (!isEnding) void end(code)
    isEnding = true
  }
}

function told(thrown: unknown, what: string) {
  const { code, message, stack } = toDaybreakError(thrown)
  return { message: `${what}: ${message}`, code, ...(stack && code === 'INTERNAL' && { stack }) }
}

main().catch((error: unknown) => {
  const { log } = createServingLog({ write, env: process.env })
  log({ severity: 'ERROR', ...told(error, 'The process cannot serve') })
  process.exitCode = 2
})
