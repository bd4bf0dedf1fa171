import { type CircuitBreakerPolicy, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { DaybreakError } from '../../errors.ts'
import { createSemaphore, type Semaphore } from '../../lib/semaphore.ts'
import type { HostKeyMemory } from './client.ts'
import { type SftpSettings, serverName } from './config.ts'

/** State that all connectors to one server and user share. */
export interface SftpServer {
  readonly slots: Semaphore
  readonly breaker: CircuitBreakerPolicy
  /** Memory of its host keys. */
  readonly memory: HostKeyMemory
  /** Connections that are open now. */
  readonly open: number
  /** Counts an open connection, until the result is called. */
  countOpen(): () => void
  /** From now on no more connections than are open; false when that is no change, or none is open. */
  shrink(now: number): boolean
  /** Gives back what `shrink` took, ten minutes later. Instants are epoch milliseconds. */
  restore(now: number): void
}

/** The servers of this process, so that all connectors to one of them together keep to its limits. */
export interface SftpServers {
  /** Milliseconds that an open circuit stays open. */
  readonly openFor: number
  of(settings: SftpSettings): SftpServer
}

const SHRUNK_FOR = 600_000

/** A registry of its own; `failures` in a row open the circuit of a server for `openFor` milliseconds. */
export function createSftpServers({ failures = 5, openFor = 30_000 } = {}): SftpServers {
  const servers = new Map<string, SftpServer>()
  return {
    openFor,
    of(settings) {
      const name = serverName(settings)
      const server = servers.get(name) ?? createServer(settings.connections, { failures, openFor })
      servers.set(name, server)
      return server
    },
  }
}

function createServer(connections: number, { failures, openFor }: { failures: number; openFor: number }): SftpServer {
  const slots = createSemaphore(connections)
  let open = 0
  let shrunkUntil = 0
  return {
    slots,
    memory: { matched: null },
    // A connection refused while others stand is the server's limit, and no sign that it is down.
    breaker: circuitBreaker(
      handleWhen((error) => error instanceof DaybreakError && error.retryable && open === 0),
      { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: openFor },
    ),
    get open() {
      return open
    },
    countOpen() {
      open++
      return () => {
        open--
      }
    },
    shrink(now) {
      if (open === 0 || slots.limit <= open) return false
      slots.resize(open)
      shrunkUntil = now + SHRUNK_FOR
      return true
    },
    restore(now) {
      if (slots.limit < connections && now >= shrunkUntil) slots.resize(connections)
    },
  }
}

/** The servers of this process. */
export const processServers = createSftpServers()
