import { DaybreakError } from '../../errors.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { type EndedWork, type RunEventSources, runEvents, withinLinks } from '../../models/lineage/openlineage.ts'
import { MODELS } from '../../models/order.ts'
import type {
  HeldBuild,
  IdleBuild,
  IdlePartition,
  LineageTarget,
  Message,
  PendingBuild,
  PendingPartition,
  QuarantinedPartition,
} from '../entities.ts'
import type { LineageReceiver, Ports } from '../ports.ts'
import { newMessage } from './run.ts'
import type { AloneHandler, Worker } from './worker.ts'

type Recording = Pick<Ports, 'newId' | 'clock'>

interface Following {
  readonly targets: readonly LineageTarget[]
  readonly ports: Recording
}

/** Run events of a load that is over, one message for each receiver: each is tried again on its own. */
export function lineageOfLoad(
  ended: IdlePartition | QuarantinedPartition,
  pending: PendingPartition,
  { targets, ports }: Following,
): readonly Message[] {
  const { pipeline, stream, window, epoch, rows, totals, updatedAt } = ended
  const work: EndedWork = {
    table: `${pipeline}.${stream}`,
    ...{ window, epoch, rows, totals, checks: [], bytes: null },
    ...{ startedAt: Math.min(pending.updatedAt, updatedAt), endedAt: updatedAt },
    error: ended.state === 'quarantined' ? ended.reason : null,
  }
  return messagesOf(work, { pipeline, targets, ports })
}

/** Run events of a build that is over. */
export function lineageOfBuild(
  ended: IdleBuild | HeldBuild,
  pending: PendingBuild,
  { targets, ports }: Following,
): readonly Message[] {
  const { model, window, epoch, checks, updatedAt } = ended
  const work: EndedWork = {
    table: `${MODELS}.${model}`,
    ...{ window, epoch, rows: pending.staged.rows, totals: {}, bytes: pending.staged.bytes },
    ...{ startedAt: Math.min(pending.updatedAt, epoch * 1000, updatedAt), endedAt: updatedAt },
    checks: checks.map(({ name, effect, failed }) => ({ name, effect, failed })),
    error: ended.state === 'held' ? ended.reason : null,
  }
  return messagesOf(work, { pipeline: MODELS, targets, ports })
}

function messagesOf(
  ended: EndedWork,
  { pipeline, targets, ports }: Following & { readonly pipeline: string },
): readonly Message[] {
  return targets.map((to) => newMessage({ kind: 'lineage', pipeline, to, ended }, null, ports))
}

/** Receivers, and the sources of events about a table. */
export interface LineageSending {
  /** Null where the environment does not name it any more. */
  receiver(target: LineageTarget): Promise<LineageReceiver | null>
  sourcesOf(table: string): Promise<RunEventSources>
}

/** The work of a `lineage`: sends START and the end of one load or build. A table that is configured no more has none. */
export function lineageHandler({ receiver, sourcesOf }: LineageSending): AloneHandler {
  return async (work) => {
    if (work.kind !== 'lineage') throw new TypeError(`a message of the kind ${work.kind} is none of lineage`)
    const opened = await receiver(work.to)
    if (opened === null)
      throw new DaybreakError('CONFIG_MISSING', `the environment has no receiver \`lineage.${work.to}\` any more`)
    const sources = await sourcesOf(work.ended.table)
    if (!sources.graph.nodes.has(work.ended.table)) return
    for (const event of runEvents(work.ended, sources)) await opened.send(withinLinks(event, opened.mostLinks))
  }
}

// A message is published within seconds. After that its worker is gone.
const SENDING = 10_000

/** Publishes run events again that were recorded a while ago and are not sent: the queue of a process that died forgot them. */
export async function resendLineage({ lineage, ports }: Pick<Worker, 'lineage' | 'ports'>): Promise<void> {
  if (!lineage) return
  const { ledger, queue, clock } = ports
  const open = await ledger.messages({ kind: 'lineage', states: ['pending'] })
  const lost = open.filter(
    ({ createdAt }) => createdAt <= clock.now() - SENDING || isFromTheFuture(createdAt, clock.now()),
  )
  if (lost.length > 0) await queue.publish(lost)
}
