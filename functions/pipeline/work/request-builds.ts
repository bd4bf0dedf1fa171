import { MODELS } from '../../models/order.ts'
import type { BusinessDate, Message } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { newMessage } from './run.ts'
import { sendBuilds } from './send-builds.ts'
import type { Worker } from './worker.ts'

/** Builds of some dates to record; none for a date whose build waits already. */
export async function newBuilds(
  windows: readonly BusinessDate[],
  ports: Pick<Ports, 'ledger' | 'newId' | 'clock'>,
): Promise<readonly Message[]> {
  const waiting = await ports.ledger.waitingBuilds(windows)
  const known = new Set(waiting.flatMap(({ work }) => ('window' in work ? [work.window] : [])))
  return windows
    .filter((window) => !known.has(window))
    .map((window) => newMessage({ kind: 'build', pipeline: MODELS, window }, null, ports))
}

/** Records builds of some dates for a person, and sends those that are ready. Building again what is built is free. */
export async function requestBuilds(
  windows: readonly BusinessDate[],
  worker: Pick<Worker, 'models' | 'ports'>,
): Promise<void> {
  const messages = await newBuilds(windows, worker.ports)
  await worker.ports.ledger.apply(messages.map((message) => ({ change: 'message', message }) as const))
  await sendBuilds(worker, windows)
}
