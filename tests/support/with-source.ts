import type { RetryOptions } from '../../functions/lib/retry.ts'
import { withRetry } from '../../functions/lib/retry.ts'

interface Connector<Connection> {
  connect(signal?: AbortSignal): Promise<Connection>
}

/**
 * Runs the work on a connection of its own, and again from the start on a fresh one when it fails in a way that may pass.
 * Closes the connection in every case.
 */
export function withSource<Connection extends { close(): Promise<void> }, Result>(
  connector: Connector<Connection>,
  work: (connection: Connection) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  return withRetry(async () => {
    const connection = await connector.connect(options.signal)
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  }, options)
}
