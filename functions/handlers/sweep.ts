import { toDaybreakError } from '../errors.ts'
import { relay } from '../ledger/relay.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Run } from '../pipeline/entities.ts'
import { verifyNext } from '../pipeline/load/verify.ts'
import type { Ports } from '../pipeline/ports.ts'
import { renewBuilds } from '../pipeline/work/renew-builds.ts'
import { mend, type ScheduledLook, startScheduled } from '../pipeline/work/schedule.ts'
import { sendLoads } from '../pipeline/work/send-loads.ts'
import type { Worker } from '../pipeline/work/worker.ts'

// Younger messages are on their way: the queue tries for minutes before it gives up.
const LOST_AFTER = 10 * 60_000

/** Result of a moment of the schedule. */
interface Looked {
  /** Run that began; null when nothing deserves a look. */
  readonly run: Run | null
  /** Numbers of what a sweep took up again. */
  readonly mended: Readonly<Record<string, number>>
}

/** The part of a worker that a sweep uses. */
type Sweeping = Pick<Worker, 'definitions' | 'models' | 'ports' | 'exportAudit'>

/** Does what is due at a moment of the schedule: begins a run, and in a sweep takes up what others left behind. */
export async function lookScheduled(
  definition: PipelineDefinition,
  look: ScheduledLook,
  worker: Sweeping,
): Promise<Looked> {
  const { ports } = worker
  const isSweep = look.timeZone === undefined
  const mended = isSweep ? await mendAll(worker) : {}
  if (isSweep) await tryExport(worker.exportAudit, ports)
  if (isSweep) await verifyOne(definition, ports)
  return { run: await startScheduled(definition, look, ports), mended }
}

/** Storage that is away, or a file that was changed, is no reason not to sweep. The next sweep tries again. */
async function tryExport(exportAudit: Sweeping['exportAudit'], { log }: Pick<Ports, 'log'>): Promise<void> {
  try {
    await exportAudit?.()
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    log({ severity: 'ERROR', code, message: `The audit was not exported: ${message}` })
  }
}

/** A warehouse that cannot be asked is no reason not to sweep: the loads that meet it say so. */
async function verifyOne(definition: PipelineDefinition, ports: Ports): Promise<void> {
  try {
    await verifyNext(definition, ports)
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    ports.log({
      severity: 'WARNING',
      code,
      message: `No partition was verified: ${message}`,
      pipeline: definition.name,
    })
  }
}

async function mendAll(
  worker: Pick<Worker, 'definitions' | 'ports' | 'models'>,
): Promise<Readonly<Record<string, number>>> {
  const { definitions, ports } = worker
  const { ledger, queue, clock } = ports
  // A worker that should have sent them may have died, or its run was cancelled.
  for (const pipeline of definitions.keys()) await sendLoads(pipeline, ports)
  await renewBuilds(worker)
  const sent = await relay({ ledger, queue, now: clock.now, minimumAge: LOST_AFTER, untriedOnly: true })
  const { runs, backfills } = await mend(ports)
  return { runs_taken_over: runs, backfills, messages_sent_again: sent }
}
