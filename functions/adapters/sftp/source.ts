import { BrokenCircuitError } from 'cockatiel'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { withRetry } from '../../lib/retry.ts'
import type { Clock, Log, SourceConnector } from '../../pipeline/ports.ts'
import { openLink } from './client.ts'
import { type SftpSettings, serverName } from './config.ts'
import type { SftpLink } from './link.ts'
import { expectRoot } from './root.ts'
import { processServers, type SftpServer, type SftpServers } from './servers.ts'
import { openSession } from './session.ts'

/** Server, limits, clock and log of a source. */
interface SftpSourceOptions extends SftpSettings {
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
  /** Shared by all connectors that must keep to one server's limits together. */
  readonly servers?: SftpServers
}

/** Files on an SFTP server: pinned host key, key login, bounded connections, retries with a circuit breaker. */
export function openSftpSource(options: SftpSourceOptions): SourceConnector {
  const { clock, log, random, servers = processServers, ...settings } = options
  const name = serverName(settings)
  const server = servers.of(settings)
  return {
    name,
    async connect(signal) {
      const context = { settings, server, openFor: servers.openFor, clock, log }
      const link = await withRetry(async () => await expectRoot(await attempt(context, signal), settings.root), {
        attempts: settings.attempts,
        sleep: clock.sleep,
        random,
        signal,
        // An open circuit outlasts any pause; the work does better to come back later.
        isWorthRetrying: ({ code, retryable }) => retryable && code !== 'SOURCE_CIRCUIT_OPEN',
        onRetry: ({ code, message }, tries) =>
          log({
            severity: 'WARNING',
            code,
            message: `${message}; attempt ${tries + 1} of ${settings.attempts} follows`,
          }),
      })
      return openSession(link, { settings, log })
    },
  }
}

interface Attempt {
  readonly settings: SftpSettings
  readonly server: SftpServer
  readonly openFor: number
  readonly clock: Clock
  readonly log: Log
}

async function attempt(context: Attempt, signal?: AbortSignal): Promise<SftpLink> {
  const { settings, server, clock } = context
  server.restore(clock.now())
  const release = await server.slots.acquire(signal).catch(() => {
    throw new DaybreakError('CANCELLED', `cancelled while waiting for a connection to ${serverName(settings)}`)
  })
  try {
    const link = await server.breaker.execute(() => openLink(settings, server.memory, signal))
    const uncount = server.countOpen()
    return withRelease(link, () => {
      uncount()
      release()
    })
  } catch (error) {
    if (error instanceof DaybreakError && error.code === 'SOURCE_UNREACHABLE') shrink(context)
    release()
    throw explainOpenCircuit(context, error)
  }
}

/** Runs `release` once, at the first close of the connection. */
function withRelease(link: SftpLink, release: () => void): SftpLink {
  let released = false
  return {
    ...link,
    async close() {
      await link.close()
      if (released) return
      released = true
      release()
    },
  }
}

/** A server that cuts one connection too many is used with as many as stand. */
function shrink({ settings, server, clock, log }: Attempt): void {
  if (!server.shrink(clock.now())) return
  const message = `${serverName(settings)} refused one more connection than ${server.open}; continuing with that many`
  log({ severity: 'WARNING', code: 'SOURCE_UNREACHABLE', message })
}

function explainOpenCircuit({ settings, server, openFor }: Attempt, error: unknown): unknown {
  if (!(error instanceof BrokenCircuitError)) return error
  const last = server.breaker.lastFailure
  const why = last && 'error' in last ? toDaybreakError(last.error).message : 'it failed several times'
  return new DaybreakError(
    'SOURCE_CIRCUIT_OPEN',
    `${serverName(settings)} is left alone for ${openFor} ms after several failures in a row; the last one: ${why}`,
  )
}
