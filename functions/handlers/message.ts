import { toDaybreakError } from '../errors.ts'
import { type Delivery, messageIdOf, type Push, parsePush, pushHandler } from '../http/push.ts'
import type { Message } from '../pipeline/entities.ts'
import type { Ports } from '../pipeline/ports.ts'
import { advanceBackfills } from '../pipeline/work/backfill.ts'
import { handle, recordFailure } from '../pipeline/work/handle.ts'
import { isTerminal } from '../pipeline/work/record.ts'
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
    await recordFailure(message, error, ports)
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

/** The last message of a run of a backfill begins its next run; if it dies here, the next sweep does. */
async function moveBackfill({ runId, work }: Message, ports: Ports): Promise<void> {
  const run = runId === null ? null : await ports.ledger.run(runId)
  // All of them: the end of one may be what another waits for. And a load ends those that other runs wait for.
  if (work.kind === 'load' || (run?.backfillId && isTerminal(run))) await advanceBackfills(ports)
}
