import type { HttpFunction } from '@google-cloud/functions-framework'
import { z } from 'zod'
import { toDaybreakError } from '../errors.ts'
import { type Delivery, messageIdOf, type Push, parsePush, pushHandler } from '../http/push.ts'
import type { Message } from '../pipeline/entities.ts'
import type { Ports } from '../pipeline/ports.ts'
import { advanceBackfills } from '../pipeline/work/backfill.ts'
import { handle, recordFailure } from '../pipeline/work/handle.ts'
import { isTerminal } from '../pipeline/work/record.ts'
import type { HandlerContext, OpenContext } from './context.ts'
import { SCHEDULED } from './scheduled.ts'

/**
 * Takes pushes of the topic of a kind of work. What Daybreak published is only an id, and the row of the ledger says what is to be
 * done; what the scheduler published has no row.
 */
export function messageHandler(kind: string, open: OpenContext): HttpFunction {
  const scheduled = SCHEDULED.get(kind)
  return pushHandler(open, async (delivery, context) => {
    const push = parsePush(delivery.body)
    if (!scheduled || isOfLedger(push)) return await handleMessage(push, delivery, context)
    await scheduled.take(push, context)
  })
}

const isOfLedger = ({ data }: Push): boolean => z.object({ messageId: z.string() }).safeParse(data).success

/** Handles the message that a push names. Throws what another delivery may mend. */
async function handleMessage(push: Push, { signal, deadline }: Delivery, context: HandlerContext): Promise<void> {
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
