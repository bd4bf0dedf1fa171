import { DaybreakError } from '../../errors.ts'
import { applied } from '../apply.ts'
import type { Instant, Message, Work } from '../entities.ts'
import { baseOf, toIdle } from '../load/row.ts'
import type { Change, Ports } from '../ports.ts'
import { isTerminal } from './record.ts'
import { startRun } from './run.ts'

/** All dead messages, or those of a kind, a pipeline or an age in milliseconds. */
interface DeadFilter {
  readonly kind?: Work['kind']
  readonly pipeline?: string
  readonly minAge?: number
  readonly maxAge?: number
}

/** Messages by id, all dead ones of a run, or dead ones by what they are. */
export type ReplayRequest = { readonly messages: readonly string[] } | { readonly runId: string } | DeadFilter

/** A dead message, and what became of it: sent again itself, or a new run in place of a plan whose run is over. */
interface Replayed {
  readonly message: string
  /** Null for work that no run waits for. */
  readonly run: string | null
}

/** Messages that were given up on, oldest first; not those that a person cancelled. */
export async function listDeadMessages(ledger: Pick<Ports['ledger'], 'messages'>): Promise<readonly Message[]> {
  const dead = await ledger.messages({ states: ['dead'] })
  return dead.filter(({ reason }) => reason?.code !== 'CANCELLED')
}

/**
 * Sends dead messages again. Safe to repeat: one that is pending already is only sent once more, one that is done is left.
 * @throws {DaybreakError} NOT_FOUND for an id of no message or no run.
 */
export async function replay(
  request: ReplayRequest,
  { actor }: { readonly actor: string },
  ports: Ports,
): Promise<readonly Replayed[]> {
  const messages = await find(request, ports)
  const replayed: Replayed[] = []
  for (const message of messages) if (message.state !== 'done') replayed.push(await revive(message, actor, ports))
  return replayed
}

async function find(request: ReplayRequest, { ledger, clock }: Ports): Promise<readonly Message[]> {
  if ('runId' in request) {
    const dead = await ledger.messages({ runId: request.runId, states: ['dead'] })
    if (dead.length > 0 || (await ledger.run(request.runId)) !== null) return dead
    throw new DaybreakError('NOT_FOUND', `there is no run ${JSON.stringify(request.runId)}`)
  }
  if (!('messages' in request)) return await findDead(request, { ledger, now: clock.now() })
  return await Promise.all(
    request.messages.map(async (id) => {
      const message = await ledger.message(id)
      if (message !== null) return message
      throw new DaybreakError('NOT_FOUND', `there is no message ${JSON.stringify(id)}`)
    }),
  )
}

// A request has to answer; what is left is asked for again.
const MOST_AT_ONCE = 1_000

async function findDead(
  { kind, pipeline, minAge = 0, maxAge = Number.POSITIVE_INFINITY }: DeadFilter,
  { ledger, now }: { readonly ledger: Ports['ledger']; readonly now: Instant },
): Promise<readonly Message[]> {
  const dead = await listDeadMessages(ledger)
  return dead
    .filter(
      ({ work }) =>
        (kind === undefined || work.kind === kind) && (pipeline === undefined || work.pipeline === pipeline),
    )
    .filter(({ createdAt }) => now - createdAt >= minAge && now - createdAt <= maxAge)
    .slice(0, MOST_AT_ONCE)
}

async function revive(message: Message, actor: string, ports: Ports): Promise<Replayed> {
  const { ledger, queue, clock } = ports
  const run = await (message.runId === null ? null : ledger.run(message.runId))
  // A run that has ended plans nothing any more; one that was cancelled does nothing any more.
  const isOver = run !== null && isTerminal(run)
  const entry = { at: clock.now(), actor, action: 'message.replay', subject: message.id, details: message.work.kind }
  if (isOver && (message.work.kind === 'tick' || run.state === 'cancelled' || run.state === 'timed_out')) {
    const { pipeline, scope } = run
    const key = { text: `replay/${message.id}/${message.version}`, at: message.createdAt }
    const next = await startRun({ pipeline, trigger: 'http', scope, key }, ports)
    // The new run stands for it from now on; a second caller at the same time gets the same one.
    const ended = { change: 'message', message: { ...message, state: 'done' } } as const
    await applied([ended, { change: 'audit', entry }], ledger)
    return { message: message.id, run: next.id }
  }
  const now = clock.now()
  const alive: Message = { ...message, state: 'pending', attempts: 0, notBefore: now, reason: null, sentAt: now }
  if (message.state === 'dead')
    await ledger.apply([
      { change: 'message', message: alive },
      { change: 'audit', entry },
      ...(await release(message, ports)),
    ])
  await queue.publish([alive])
  return { message: message.id, run: message.runId }
}

/**
 * Lets a quarantined partition be tried again, since a person asks for it. If its last job may still run, the partition waits
 * for that job: a second one must not start next to it.
 */
async function release({ work }: Message, ports: Ports): Promise<readonly Change[]> {
  if (work.kind !== 'load') return []
  const partition = await ports.ledger.partition(work.pipeline, work.stream, work.window)
  if (partition?.state !== 'quarantined') return []
  const { loading, jobId } = partition
  const isRunning = await ports.destination(work.pipeline).isRunning(jobId)
  const released = isRunning ? ({ ...baseOf(partition), state: 'pending', loading, jobId } as const) : toIdle(partition)
  return [{ change: 'partition', partition: { ...released, updatedAt: ports.clock.now() } }]
}
