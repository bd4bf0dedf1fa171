import { toDaybreakError } from '../errors.ts'
import { type Delivery, messageIdOf, type Push, parsePush, pushHandler } from '../http/push.ts'
import type { Message } from '../pipeline/entities.ts'
import type { Ports } from '../pipeline/ports.ts'
import { advanceBackfills } from '../pipeline/work/backfill.ts'
import { handle } from '../pipeline/work/handle.ts'
import { applied, isTerminal } from '../pipeline/work/record.ts'
import { releaseLoads } from '../pipeline/work/release.ts'
import type { HandlerContext, OpenContext } from './context.ts'

/** A handler of messages of the ledger: what a queue sent is only an id, and the row says what is to be done. */
export function messageHandler(open: OpenContext) {
  return pushHandler(open, async (delivery, context) => handleMessage(parsePush(delivery.body), delivery, context))
}

/** Handles the message that a push names. Throws what another delivery may mend. */
export async function handleMessage(
  push: Push,
  { signal, deadline }: Delivery,
  context: HandlerContext,
): Promise<void> {
  const { ports } = context.worker
  const id = messageIdOf(push)
  const message = await ports.ledger.message(id)
  if (message === null) {
    // A ledger that was restored from a backup knows nothing of it; the next sweep looks at what it was about.
    return ports.log({ severity: 'WARNING', message: `Message ${id} is not in the ledger`, code: 'NOT_FOUND' })
  }
  try {
    await untilUndisputed(() => handle(message, { ...context.worker, signal, deadline }))
  } catch (error) {
    await recordAttempt(message, error, ports)
    // Nothing waits for an `ingest` that has failed. If this fails as well, the next one to end looks again.
    if (message.work.kind === 'ingest') await releaseLoads(message.work.pipeline, ports).catch(() => 0)
    throw error
  }
  await moveBackfill(message, ports)
}

const DISPUTES = 3

/** Another copy of a message was faster: what is left of it is seen at once, and costs no delivery. */
async function untilUndisputed(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (toDaybreakError(error).code !== 'LEDGER_CONFLICT' || attempt === DISPUTES) throw error
    }
  }
}

/** What the last delivery failed of, so that a dead letter can say why it is one. Nothing depends on it. */
async function recordAttempt(message: Message, error: unknown, { ledger }: Ports): Promise<void> {
  const { code, message: text } = toDaybreakError(error)
  const stored = await ledger.message(message.id).catch(() => null)
  if (stored?.state !== 'pending') return
  const failed = { ...stored, attempts: stored.attempts + 1, reason: { code, message: text } }
  await applied([{ change: 'message', message: failed }], ledger).catch(() => false)
}

/** The last message of a run of a backfill begins its next run; if it dies here, the next sweep does. */
async function moveBackfill({ runId, work }: Message, ports: Ports): Promise<void> {
  const run = runId === null ? null : await ports.ledger.run(runId)
  // All of them: the end of one may be what another waits for. And a load ends those that other runs wait for.
  if (work.kind === 'load' || (run?.backfillId && isTerminal(run))) await advanceBackfills(ports)
}
