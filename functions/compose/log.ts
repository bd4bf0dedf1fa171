import { randomBytes } from 'node:crypto'
import { systemClock } from '../adapters/local/clock.ts'
import { openCloudLog } from '../adapters/logging/log.ts'
import { createTracing, type Tracing } from '../adapters/logging/trace.ts'
import { createIds } from '../lib/id.ts'
import type { Log } from '../pipeline/ports.ts'

/** Where a process that serves tells what happens, and what ties its lines to the request they are about. */
interface ServingLog {
  readonly log: Log
  readonly traced: Tracing['traced']
}

/** Output and names of the log of a process that serves. */
interface ServingLogOptions {
  readonly write: (line: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Once the project is read: its Google project and its environment. */
  readonly place?: { readonly project: string | undefined; readonly environment: string }
}

/** One JSON object a line, as Cloud Logging takes it apart. `K_SERVICE` and `K_REVISION` are set by Cloud Run. */
export function createServingLog({ write, env, place }: ServingLogOptions): ServingLog {
  const tracing = createTracing()
  const log = openCloudLog({
    write,
    now: systemClock.now,
    newId: createIds({ now: systemClock.now, randomBytes }),
    project: place?.project,
    service: { name: env.K_SERVICE ?? 'daybreak', version: env.K_REVISION ?? 'local' },
    ...(place && { labels: { environment: place.environment } }),
    trace: tracing.current,
  })
  return { log, traced: tracing.traced }
}
