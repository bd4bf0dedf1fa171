import { DaybreakError } from '../../errors.ts'
import { affectedBy, type ModelPartition } from '../../models/affected.ts'
import { compiledOf, type ModelSet } from '../../models/model-set.ts'
import { MODELS } from '../../models/order.ts'
import { buildTogether } from '../build/build-together.ts'
import { ensureBuilt } from '../build/ensure-built.ts'
import type { BuildPorts, BuildTask, Ensured } from '../build/task.ts'
import type { HeldBuild, IdleBuild, IdlePartition, Message, PendingBuild, Work } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { lineageOfBuild } from './lineage.ts'
import { newMessage } from './run.ts'
import type { Ending, Worker } from './worker.ts'

type BuildWork = Extract<Work, { kind: 'build' }>

// Query jobs take seconds but can queue for hours. After this time the message goes back to the queue, so the instance is free.
const LONGEST_WAIT = 120_000

/** The message that follows from a loaded partition: the models of its window are to be built. It waits in the ledger, as loads do. */
export function buildAfter({ window }: IdlePartition, ports: Pick<Ports, 'newId' | 'clock'>): Message {
  return newMessage({ kind: 'build', pipeline: MODELS, window }, null, ports)
}

/**
 * The work of a `build`: makes every partition of a model that depends on the window equal to its inputs, each after those it
 * reads. One that is held stops what reads it, and nothing else.
 */
export async function build({ window }: BuildWork, worker: Worker): Promise<Ending> {
  const sets = (await worker.models?.inUse(worker.ports)) ?? []
  const busy: string[] = []
  for (const { set, owned, environment } of sets) {
    for (const one of affectedBy(compiledOf(set), window)) {
      if (!owned.has(one.model)) continue
      const ensured = await ensurePartition({ ...one, set, environment }, worker)
      if (ensured?.outcome === 'pending') busy.push(`${one.model} of ${one.window}`)
    }
  }
  // Another set, if it was applied meanwhile.
  for (const used of (await worker.models?.inUse(worker.ports)) ?? []) await worker.models?.show(used, worker.ports)
  if (busy.length === 0) return { end: 'done' }
  throw new DaybreakError('WAREHOUSE_BUSY', `the jobs of ${busy.join(', ')} are still running`)
}

/** A partition of a model, and the set that it is built with. */
interface PartitionRequest extends ModelPartition {
  readonly set: ModelSet
  readonly environment: string
  readonly force?: boolean
  readonly isBegun?: boolean
}

type Building = Pick<Worker, 'ports' | 'signal' | 'deadline' | 'lineage'>

/** A partition with the answer about it. */
interface EnsuredPartition extends ModelPartition {
  /** Null for a model that the set does not have. */
  readonly ensured: Ensured | null
}

/**
 * Makes partitions equal to their inputs, in their order: those of one model that follow each other by one statement for each step
 * where the warehouse can, and what is left of them one by one.
 */
export async function* ensurePartitions(
  partitions: readonly ModelPartition[],
  request: Omit<PartitionRequest, keyof ModelPartition>,
  building: Building,
): AsyncGenerator<EnsuredPartition> {
  const byModel = Map.groupBy(partitions, ({ model }) => model)
  for (const group of byModel.values()) {
    const tasks = group.flatMap((one) => taskOf({ ...one, ...request }, building) ?? [])
    const begun = await buildTogether(tasks, portsOf(building))
    for (const one of group) {
      const ensured = await ensurePartition({ ...one, ...request, isBegun: begun.has(one.window) }, building)
      yield { ...one, ensured }
    }
  }
}

/** Makes one partition equal to its inputs, within the time of the worker. Null for a model that the set does not have. */
async function ensurePartition(request: PartitionRequest, building: Building): Promise<Ensured | null> {
  const task = taskOf(request, building)
  return task && (await ensureBuilt(task, portsOf(building)))
}

/** @throws {DaybreakError} CANCELLED when the work was stopped. */
function taskOf(
  { model: name, ...request }: PartitionRequest,
  { ports, signal, deadline }: Building,
): BuildTask | null {
  const model = request.set.get(name)
  if (!model) return null
  if (signal?.aborted) throw new DaybreakError('CANCELLED', 'the work was stopped between two partitions of models')
  const budget = deadline === undefined ? LONGEST_WAIT : Math.min(LONGEST_WAIT, deadline - ports.clock.now())
  return { ...request, model, budget, ...(signal && { signal }) }
}

function portsOf({ ports, lineage: targets }: Building): BuildPorts {
  const ended = targets && {
    messagesOf: (build: IdleBuild | HeldBuild, pending: PendingBuild) =>
      lineageOfBuild(build, pending, { targets, ports }),
    publish: (messages: readonly Message[]) => ports.queue.publish(messages),
  }
  return { ...ports, ...(ended && { ended }) }
}
